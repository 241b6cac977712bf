//! Clients and APIs as they were read a moment ago, where nobody but this process writes. Whoever makes a grant asks for one
//! of each, and who makes very many asks for the same again and again.
//!
//! All is forgotten with every commit that could have changed any of them, before the commit is answered: what is
//! remembered is what a read would find. Secrets stay sealed. Another process may seal them anew, which changes no record: what
//! does not open any more is for the reader to read again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantd_model::{Audience, ClientId};

use super::{clients, resource_servers};
use crate::Change;

/// Records of a kind that are remembered at most.
const MOST: usize = 1024;
/// Bytes of the longest record that is remembered; nearly all are shorter than two thousand.
const LONGEST: usize = 16 * 1024;

/// What is remembered.
pub(crate) struct Records {
    pub(crate) clients: Remembered<ClientId, clients::Stored>,
    pub(crate) apis: Remembered<Audience, resource_servers::Stored>,
}

impl Records {
    /// Of a database that others write to, too, nothing is remembered.
    pub(crate) fn new(is_shared: bool) -> Self {
        let room = if is_shared { 0 } else { MOST };
        Self { clients: Remembered::new(room), apis: Remembered::new(room) }
    }

    /// Forgets what these changes could have changed: everything, but for grants.
    pub(crate) fn forget<'c>(&self, mut changes: impl Iterator<Item = &'c Change>) {
        if changes.any(|change| !matches!(change, Change::CreateClientGrant(_))) {
            self.clients.forget();
            self.apis.forget();
        }
    }
}

/// Records of one kind.
pub(crate) struct Remembered<K, V> {
    room: usize,
    known: Mutex<Known<K, V>>,
}

struct Known<K, V> {
    /// How often all was forgotten.
    forgotten: u64,
    records: HashMap<K, Arc<V>>,
}

impl<K: Clone + Eq + Hash, V: AsRef<str>> Remembered<K, V> {
    fn new(room: usize) -> Self {
        Self { room, known: Mutex::new(Known { forgotten: 0, records: HashMap::new() }) }
    }

    /// A record, if it is remembered.
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.known().records.get(key).cloned()
    }

    /// How often all was forgotten: to be asked before a record is read that shall be remembered.
    pub(crate) fn forgotten(&self) -> u64 {
        self.known().forgotten
    }

    /// A record that was read, which is remembered unless all was forgotten since: it may be older than that.
    pub(crate) fn remember(&self, key: &K, record: V, forgotten: u64) -> Arc<V> {
        let record = Arc::new(record);
        let fits = self.room > 0 && (*record).as_ref().len() <= LONGEST;
        let mut known = self.known();
        if fits && known.forgotten == forgotten {
            if known.records.len() >= self.room {
                known.records.clear();
            }
            known.records.insert(key.clone(), Arc::clone(&record));
        }
        record
    }

    fn forget(&self) {
        let mut known = self.known();
        known.forgotten += 1;
        known.records.clear();
    }

    /// Nothing that panics runs under the lock, so that a poisoned one is whole all the same.
    fn known(&self) -> MutexGuard<'_, Known<K, V>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_remembered_until_it_is_forgotten() {
        let remembered = Remembered::new(MOST);
        assert_eq!(*remembered.remember(&"a", "one", remembered.forgotten()), "one");
        assert_eq!((remembered.get(&"a").as_deref(), remembered.get(&"b")), (Some(&"one"), None));
        remembered.forget();
        assert_eq!(remembered.get(&"a"), None);
    }

    #[test]
    fn what_was_read_while_all_was_forgotten_is_not_remembered() {
        let remembered = Remembered::new(MOST);
        let before = remembered.forgotten();
        remembered.forget();
        assert_eq!(*remembered.remember(&"a", "one", before), "one");
        assert_eq!(remembered.get(&"a"), None);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        for room in [0, 1, 10] {
            let remembered = Remembered::new(room);
            (0..100).for_each(|key| drop(remembered.remember(&key, "one", remembered.forgotten())));
            assert_eq!((0..100).filter(|key| remembered.get(key).is_some()).count(), room);
        }
    }

    #[test]
    fn what_is_very_long_is_not_remembered() {
        let remembered = Remembered::new(MOST);
        for (key, length) in [("a", LONGEST), ("b", LONGEST + 1)] {
            remembered.remember(&key, "x".repeat(length), remembered.forgotten());
        }
        assert_eq!((remembered.get(&"a").is_some(), remembered.get(&"b").is_some()), (true, false));
    }
}
