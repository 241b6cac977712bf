//! When secrets were last used, as far as it is not written yet.
//!
//! A token must not wait for a write, so a use only moves a mark in memory, once a minute and secret; the writer
//! takes what has moved every few seconds. What an unclean stop loses is what was marked since then.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use grantd_model::{ClientId, ClientSecretId, Timestamp};

/// Secrets with a mark at most, about 100 bytes each. The uses of others go unnoticed until marks are free again.
const MOST: usize = 100_000;
/// How far a mark moves at least, in milliseconds.
const STEP: u64 = 60_000;

/// A use of a secret.
#[derive(Clone, Debug)]
pub(crate) struct SecretUse {
    /// Whose secret.
    pub(crate) client: ClientId,
    /// Which.
    pub(crate) secret: ClientSecretId,
    /// When.
    pub(crate) at: Timestamp,
}

/// When a secret was last used, and what of it is written. Both in milliseconds.
struct Mark {
    at: AtomicU64,
    written: AtomicU64,
}

type Marks = HashMap<(ClientId, ClientSecretId), Mark>;

/// The marks of all secrets that were used lately.
#[derive(Default)]
pub(crate) struct SecretUses(RwLock<Marks>);

impl SecretUses {
    /// Notes a use. Within a minute of the last one it is a look-up and nothing more.
    pub(crate) fn note(&self, client: &ClientId, secret: ClientSecretId, now: Timestamp) {
        let key = (client.clone(), secret);
        if let Some(mark) = self.read().get(&key) {
            if now.millis() / STEP > mark.at.load(Ordering::Relaxed) / STEP {
                mark.at.fetch_max(now.millis(), Ordering::Relaxed);
            }
            return;
        }
        let mut marks = self.write();
        if marks.len() < MOST {
            let new = || Mark { at: AtomicU64::new(0), written: AtomicU64::new(0) };
            marks.entry(key).or_insert_with(new).at.fetch_max(now.millis(), Ordering::Relaxed);
        }
    }

    /// The last use that is marked here.
    pub(crate) fn last(&self, client: &ClientId, secret: ClientSecretId) -> Option<Timestamp> {
        let marks = self.read();
        let mark = marks.get(&(client.clone(), secret))?;
        Some(Timestamp::from_millis(mark.at.load(Ordering::Relaxed)))
    }

    /// Some uses that are not written yet, so many at most.
    pub(crate) fn unwritten(&self, most: usize) -> Vec<SecretUse> {
        let marks = self.read();
        let moved = marks.iter().filter_map(|((client, secret), mark)| {
            let at = mark.at.load(Ordering::Relaxed);
            let moved = at != mark.written.load(Ordering::Relaxed);
            let at = Timestamp::from_millis(at);
            moved.then(|| SecretUse { client: client.clone(), secret: *secret, at })
        });
        moved.take(most).collect()
    }

    /// Remembers that these are written. Where marks run short, those with nothing unwritten are given up.
    pub(crate) fn wrote(&self, uses: Vec<SecretUse>) {
        let marks = self.read();
        for used in uses {
            if let Some(mark) = marks.get(&(used.client, used.secret)) {
                mark.written.store(used.at.millis(), Ordering::Relaxed);
            }
        }
        let short = marks.len() > MOST / 2;
        drop(marks);
        if short {
            let unwritten =
                |mark: &Mark| mark.at.load(Ordering::Relaxed) != mark.written.load(Ordering::Relaxed);
            self.write().retain(|_, mark| unwritten(mark));
        }
    }

    /// Nothing that panics runs under the lock, so that a poisoned one is whole all the same.
    fn read(&self) -> RwLockReadGuard<'_, Marks> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Marks> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> ClientSecretId {
        ClientSecretId::parse(&format!("sec_{number:016x}")).unwrap_or_default()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_mark_moves_once_a_minute_and_never_back() {
        let (uses, client, secret) = (SecretUses::default(), "a".into(), ClientSecretId::default());
        assert_eq!(uses.last(&client, secret), None);
        for (now, marked) in [(61, 61), (119, 61), (120, 120), (60, 120), (3_600, 3_600)] {
            uses.note(&client, secret, at(now));
            assert_eq!(uses.last(&client, secret), Some(at(marked)));
        }
        assert_eq!(uses.last(&"b".into(), secret), None);
    }

    #[test]
    fn what_is_written_is_not_written_again_until_it_moves() {
        let (uses, client, secret) = (SecretUses::default(), "a".into(), ClientSecretId::default());
        uses.note(&client, secret, at(60));
        let taken = uses.unwritten(10);
        assert_eq!(taken.len(), 1);
        uses.note(&client, secret, at(120));
        uses.wrote(taken);
        assert_eq!(uses.unwritten(10).len(), 1, "it moved meanwhile");
        uses.wrote(uses.unwritten(10));
        assert_eq!(uses.unwritten(10).len(), 0);
        assert_eq!(uses.last(&client, secret), Some(at(120)), "it is still known");
    }

    #[test]
    fn there_are_only_so_many_marks_and_written_ones_make_room() {
        let (uses, client) = (SecretUses::default(), "a".into());
        for number in 0..=MOST {
            uses.note(&client, id(number), at(60));
        }
        assert_eq!(uses.read().len(), MOST);
        uses.wrote(uses.unwritten(MOST - 1));
        assert_eq!(uses.read().len(), 1, "what is not written stays");
        uses.note(&client, id(MOST + 1), at(60));
        assert_eq!(uses.unwritten(10).len(), 2);
    }
}
