//! Access tokens that were revoked before they expired, in the order in which they expire: nobody is told that an
//! entry has gone from the store, so a snapshot lets go of its own, by the same rule.

use grantd_model::{RevokedToken, Timestamp, TokenId};
use imbl::{HashMap, OrdSet};

/// The revoked tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Denylist {
    ends: HashMap<TokenId, Timestamp>,
    by_end: OrdSet<(Timestamp, TokenId)>,
}

impl Denylist {
    /// Whether a token is revoked. One that has expired does not count for another reason.
    pub(crate) fn contains(&self, token: &TokenId, now: Timestamp) -> bool {
        self.ends.get(token).is_some_and(|end| *end > now)
    }

    pub(crate) fn insert(&mut self, revoked: RevokedToken) {
        let RevokedToken { token, expires_at, client_id: _ } = revoked;
        if let Some(former) = self.ends.insert(token.clone(), expires_at) {
            self.by_end.remove(&(former, token.clone()));
        }
        self.by_end.insert((expires_at, token));
    }

    /// Lets go of what has expired long ago, and of all that has expired where there are too many.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.forget_until(RevokedToken::ended_long_ago(now));
        if self.ends.len() > RevokedToken::MOST {
            self.forget_until(now);
        }
    }

    fn forget_until(&mut self, last: Timestamp) {
        while let Some(first) = self.by_end.get_min().filter(|(end, _)| *end <= last).cloned() {
            self.by_end.remove(&first);
            self.ends.remove(&first.1);
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

impl FromIterator<RevokedToken> for Denylist {
    fn from_iter<I: IntoIterator<Item = RevokedToken>>(revoked: I) -> Self {
        let mut denylist = Self::default();
        revoked.into_iter().for_each(|revoked| denylist.insert(revoked));
        denylist
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revoked(token: &str, expires_at: u64) -> RevokedToken {
        RevokedToken {
            token: token.into(),
            client_id: "client".into(),
            expires_at: Timestamp::from_seconds(expires_at),
        }
    }

    #[test]
    fn an_entry_counts_until_its_token_expires() {
        let denylist: Denylist = [revoked("a", 10)].into_iter().collect();
        assert!(denylist.contains(&"a".into(), Timestamp::from_millis(9_999)));
        assert!(!denylist.contains(&"a".into(), Timestamp::from_seconds(10)));
        assert!(!denylist.contains(&"b".into(), Timestamp::from_seconds(1)));
    }

    #[test]
    fn what_expired_a_day_ago_is_let_go_and_nothing_else() {
        let entries = [revoked("a", 10), revoked("b", 20), revoked("c", 10), revoked("b", 30)];
        let mut denylist: Denylist = entries.into_iter().collect();
        assert_eq!(denylist.len(), 3);
        denylist.forget(Timestamp::from_seconds(86_409));
        assert_eq!(denylist.len(), 3);
        assert!(denylist.contains(&"a".into(), Timestamp::from_seconds(9)), "the clock was ahead");
        denylist.forget(Timestamp::from_seconds(86_420));
        assert_eq!(denylist.len(), 1);
        assert!(denylist.contains(&"b".into(), Timestamp::from_seconds(20)));
        denylist.forget(Timestamp::from_seconds(86_430));
        assert_eq!((denylist.len(), denylist.by_end.len()), (0, 0));
    }

    #[test]
    fn what_has_expired_is_let_go_at_once_where_there_are_too_many() {
        let mut denylist: Denylist =
            (0..RevokedToken::MOST).map(|number| revoked(&number.to_string(), 10)).collect();
        denylist.forget(Timestamp::from_seconds(10));
        assert_eq!(denylist.len(), RevokedToken::MOST);
        denylist.insert(revoked("one more", 11));
        denylist.forget(Timestamp::from_seconds(10));
        assert_eq!((denylist.len(), denylist.by_end.len()), (1, 1));
    }
}
