//! Clients and APIs as they were read a moment ago, where nobody but this process writes. Whoever makes a grant asks for one
//! of each, and who makes very many asks for the same again and again.
//!
//! All is forgotten with every commit that could have changed any of them, before the commit is answered: what is
//! remembered is what a read would find. Secrets stay sealed. Another process may seal them anew, which changes no record: what
//! does not open any more is read again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantd_model::{Audience, ClientId};

use super::{clients, resource_servers};
use crate::{Change, StoreError};

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

    /// A record, opened: as it is remembered, or else as it is read. What was sealed anew since it was read does not open.
    pub(crate) async fn find<T>(
        &self,
        key: &K,
        open: impl Fn(&V) -> Result<T, StoreError>,
        read: impl AsyncFnOnce() -> Result<Option<V>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if let Some(opened) = self.get(key).and_then(|record| open(&record).ok()) {
            return Ok(Some(opened));
        }
        let forgotten = self.known().forgotten;
        // Reading is much code, and seldom.
        let Some(record) = Box::pin(read()).await? else { return Ok(None) };
        let opened = open(&record)?;
        self.remember(key, record, forgotten);
        Ok(Some(opened))
    }

    fn get(&self, key: &K) -> Option<Arc<V>> {
        self.known().records.get(key).cloned()
    }

    /// Unless all was forgotten since it began to be read: it may be older than that.
    fn remember(&self, key: &K, record: V, forgotten: u64) {
        if self.room == 0 || record.as_ref().len() > LONGEST {
            return;
        }
        let mut known = self.known();
        if known.forgotten == forgotten {
            if known.records.len() >= self.room {
                known.records.clear();
            }
            known.records.insert(key.clone(), Arc::new(record));
        }
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
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;
    use crate::Noun;

    /// What is found at a key, where a read would find this.
    async fn find<'a>(
        remembered: &Remembered<u32, &'a str>,
        key: u32,
        stored: Option<&'a str>,
    ) -> Option<&'a str> {
        remembered.find(&key, |record| Ok(*record), async || Ok(stored)).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_read_is_remembered_until_it_is_forgotten() {
        let remembered = Remembered::new(MOST);
        assert_eq!(find(&remembered, 1, Some("old")).await, Some("old"));
        assert_eq!(find(&remembered, 1, Some("new")).await, Some("old"));
        remembered.forget();
        assert_eq!(find(&remembered, 1, Some("new")).await, Some("new"));
    }

    #[tokio::test]
    async fn what_was_read_while_all_was_forgotten_is_not_remembered() {
        let remembered = Remembered::new(MOST);
        let read = async || {
            remembered.forget();
            Ok(Some("old"))
        };
        assert_eq!(remembered.find(&1, |record| Ok(*record), read).await.unwrap(), Some("old"));
        assert_eq!(find(&remembered, 1, Some("new")).await, Some("new"));
    }

    #[tokio::test]
    async fn what_is_not_there_is_looked_for_each_time() {
        let remembered = Remembered::new(MOST);
        assert_eq!(find(&remembered, 1, None).await, None);
        assert_eq!(find(&remembered, 1, Some("new")).await, Some("new"));
    }

    #[tokio::test]
    async fn what_does_not_open_any_more_is_read_again() {
        let remembered = Remembered::new(MOST);
        assert_eq!(find(&remembered, 1, Some("former key")).await, Some("former key"));
        let open = |record: &&str| match *record {
            "former key" => Err(StoreError::Sealed(Noun::Client)),
            _ => Ok(record.len()),
        };
        assert_eq!(remembered.find(&1, open, async || Ok(Some("new key"))).await.unwrap(), Some(7));
        assert_eq!(find(&remembered, 1, None).await, Some("new key"), "and remembered");
    }

    #[tokio::test]
    async fn no_more_are_remembered_than_there_is_room_for() {
        for room in [0, 1, 10] {
            let remembered = Remembered::new(room);
            for key in 0..100 {
                find(&remembered, key, Some("one")).await;
            }
            assert_eq!(remembered.known().records.len(), room);
        }
    }

    #[tokio::test]
    async fn what_is_very_long_is_not_remembered() {
        let remembered = Remembered::new(MOST);
        let text = "x".repeat(LONGEST + 1);
        find(&remembered, 1, text.get(1..)).await;
        find(&remembered, 2, Some(&text)).await;
        assert_eq!((remembered.get(&1).is_some(), remembered.get(&2).is_some()), (true, false));
    }
}
