//! Whether a history of concurrent operations has an order that explains it: each takes effect at one moment between
//! its call and its return, and returns what a single thing with that state would return (linearizability; Herlihy and
//! Wing, 1990). The search goes through the history once and takes an operation only when one that returns needs it
//! (Lowe, Testing for Linearizability, 2017).

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation<O> {
    /// When it was called.
    pub called: u64,
    /// When it returned. None: nobody knows what became of it, so it took effect at any later moment or never.
    pub returned: Option<u64>,
    /// What it was, and what it returned.
    pub what: O,
}

/// One way in which the history may have gone so far: the state, and which of the operations that have not returned yet
/// have taken effect.
type Way<S> = (S, BTreeSet<usize>);

/// Finds out whether the operations have such an order from this state. `apply` gives the state after an operation, or
/// none where it would not have returned what it did. The error is the number of the operation that nothing explains.
pub fn explain<S: Clone + Eq + Hash, O>(
    first: S,
    operations: &[Operation<O>],
    apply: impl Fn(&S, &O) -> Option<S>,
) -> Result<(), usize> {
    // At one moment, calls come first: what touches, overlaps.
    let calls = operations.iter().enumerate().map(|(number, operation)| (operation.called, false, number));
    let returns = operations.iter().enumerate();
    let returns = returns.filter_map(|(number, operation)| Some((operation.returned?, true, number)));
    let mut moments: Vec<(u64, bool, usize)> = calls.chain(returns).collect();
    moments.sort_unstable();

    let mut open: BTreeSet<usize> = BTreeSet::new();
    let mut ways: HashSet<Way<S>> = HashSet::from([(first, BTreeSet::new())]);
    for (_, returns, number) in moments {
        if !returns {
            open.insert(number);
            continue;
        }
        let (mut looked_at, mut through) = (HashSet::new(), HashSet::new());
        let mut waiting: Vec<Way<S>> = ways.drain().collect();
        while let Some(way) = waiting.pop() {
            let (state, done) = &way;
            if done.contains(&number) {
                let mut done = done.clone();
                done.remove(&number);
                through.insert((state.clone(), done));
            } else if !looked_at.contains(&way) {
                for next in open.difference(done) {
                    if let Some(state) = apply(state, &operations[*next].what) {
                        let mut done = done.clone();
                        done.insert(*next);
                        waiting.push((state, done));
                    }
                }
                looked_at.insert(way);
            }
        }
        open.remove(&number);
        ways = through;
        if ways.is_empty() {
            return Err(number);
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Write(u8),
    Read(u8),
}

/// The history of a variable that begins as 0.
fn variable(operations: &[(u64, Option<u64>, Act)]) -> Result<(), usize> {
    let operations: Vec<_> = operations
        .iter()
        .map(|(called, returned, what)| Operation { called: *called, returned: *returned, what: *what })
        .collect();
    explain(0, &operations, |state, act| match act {
        Act::Write(value) => Some(*value),
        Act::Read(value) => (value == state).then_some(*state),
    })
}

#[test]
fn explains_what_has_an_order() {
    let write = |called, returned, value| (called, Some(returned), Act::Write(value));
    let read = |called, returned, value| (called, Some(returned), Act::Read(value));
    assert_eq!(variable(&[]), Ok(()));
    assert_eq!(variable(&[write(0, 1, 1), read(2, 3, 1)]), Ok(()));
    // While it is written, either may be read, and after the new value the new one.
    assert_eq!(variable(&[write(0, 9, 1), read(1, 2, 0), read(3, 4, 1), read(5, 6, 1)]), Ok(()));
    // Two at once, in either order.
    assert_eq!(variable(&[write(0, 5, 1), write(0, 5, 2), read(6, 7, 1)]), Ok(()));
    assert_eq!(variable(&[write(0, 5, 1), write(0, 5, 2), read(6, 7, 2)]), Ok(()));
    // The one that is called last may be the first, and one that was called first the last.
    assert_eq!(variable(&[write(0, 9, 1), write(1, 2, 2), read(3, 4, 2), read(10, 11, 1)]), Ok(()));
    // What touches, overlaps.
    assert_eq!(variable(&[write(0, 5, 1), read(5, 6, 0)]), Ok(()));
}

#[test]
fn what_was_not_answered_may_have_happened_late_or_never() {
    let lost = (0, None, Act::Write(1));
    let read = |called, value| (called, Some(called + 1), Act::Read(value));
    assert_eq!(variable(&[lost, read(2, 0), read(4, 0)]), Ok(()));
    assert_eq!(variable(&[lost, read(2, 1), read(4, 1)]), Ok(()));
    assert_eq!(variable(&[lost, read(2, 0), read(4, 1)]), Ok(()));
    assert_eq!(variable(&[lost, read(2, 1), read(4, 0)]), Err(2));
    // Once, not twice; and not before it was called.
    let write = (3, Some(4), Act::Write(2));
    assert_eq!(variable(&[lost, read(1, 1), write, read(5, 2), read(7, 1)]), Err(4));
    assert_eq!(variable(&[(5, None, Act::Write(1)), read(1, 1)]), Err(1));
}

#[test]
fn refuses_what_has_none() {
    let write = |called, returned, value| (called, Some(returned), Act::Write(value));
    let read = |called, returned, value| (called, Some(returned), Act::Read(value));
    // An old value after the new one was there: a stale read.
    assert_eq!(variable(&[write(0, 1, 1), read(2, 3, 0)]), Err(1));
    // A new value, and then the old one, while it is written.
    assert_eq!(variable(&[write(0, 9, 1), read(1, 2, 1), read(3, 4, 0)]), Err(2));
    // A value that nobody wrote, and one that is written only later.
    assert_eq!(variable(&[read(0, 1, 7)]), Err(0));
    assert_eq!(variable(&[read(0, 1, 1), write(2, 3, 1)]), Err(0));
    // Two readers who see two writes in different orders.
    let crossed =
        [write(0, 9, 1), write(0, 9, 2), read(1, 2, 1), read(3, 4, 2), read(1, 2, 1), read(5, 6, 1)];
    assert_eq!(variable(&crossed), Err(5));
    // A lost update: the second was answered, and is gone.
    assert_eq!(variable(&[write(0, 1, 1), write(2, 3, 2), read(4, 5, 1)]), Err(2));
}
