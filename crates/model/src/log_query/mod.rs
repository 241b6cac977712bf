//! Searching the log: the documented subset of Lucene's syntax (Auth0: Log search query syntax).
//!
//! A query is parsed once, and then asked of entries. Values are whole texts and compared byte by byte, as Auth0's index
//! keeps them untokenised; what a query asks of the date, the type or the client of every match is told as
//! [`LogBounds`], so that not all entries need to be looked at.

mod fields;
mod parse;
mod pattern;
mod search;

pub use self::fields::LogFields;
pub use self::parse::LogQueryFault;

use crate::{ClientId, Timestamp};
use pattern::Pattern;

/// The longest query, in bytes.
pub const LONGEST_LOG_QUERY: usize = 2_048;

/// A query that entries match or do not.
#[derive(Clone, Debug, PartialEq)]
pub struct LogQuery(Node);

/// What a match must be, as far as the query says it of all matches. Unset members do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBounds {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// Of this `type`.
    pub kind: Option<String>,
    /// Of this client.
    pub client_id: Option<ClientId>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Every entry.
    All,
    /// A field has a value; without a field, one of those that bare terms look at.
    Term(Option<Field>, Pattern),
    /// A field lies between two values.
    Between(Field, Bound, Bound),
    /// The date lies in these milliseconds, the last one included.
    During(u64, u64),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    Open,
    Including(String),
    Excluding(String),
}

macro_rules! fields {
    ($($name:ident $text:literal)*) => {
        /// A field that can be searched.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Field { $($name),* }

        impl Field {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$name)),*];
        }
    };
}

fields! {
    Audience "audience"
    ClientId "client_id"
    ClientName "client_name"
    Connection "connection"
    ConnectionId "connection_id"
    Date "date"
    Description "description"
    Hostname "hostname"
    Ip "ip"
    LogId "log_id"
    OrganizationId "organization_id"
    OrganizationName "organization_name"
    Scope "scope"
    Strategy "strategy"
    StrategyType "strategy_type"
    Type "type"
    UserAgent "user_agent"
    UserId "user_id"
    UserName "user_name"
}

/// Where a term without a field is looked for (Auth0).
const BARE: [Field; 7] = [
    Field::ClientName,
    Field::Connection,
    Field::Description,
    Field::Ip,
    Field::LogId,
    Field::Type,
    Field::UserName,
];

impl LogQuery {
    /// Reads a query; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, LogQueryFault> {
        parse::query(text).map(Self)
    }

    /// Reads a query in the older way (Auth0: `search`): values that fields begin with, whatever their case, or are in
    /// quotes; all of them have to be there. Whatever is no field is looked for at the beginning of names.
    pub fn parse_search(text: &str) -> Result<Self, LogQueryFault> {
        search::query(text).map(Self)
    }

    /// Whether an entry with these fields matches.
    pub fn matches(&self, entry: &LogFields<'_>) -> bool {
        self.0.matches(entry)
    }

    /// How many terms and ranges an entry is compared with.
    pub fn terms(&self) -> u64 {
        self.0.terms()
    }

    /// What the query says of all its matches.
    pub fn bounds(&self) -> LogBounds {
        let mut bounds = LogBounds::default();
        self.0.narrow(&mut bounds);
        bounds
    }
}

impl Node {
    fn matches(&self, entry: &LogFields<'_>) -> bool {
        let has = |field, holds: &dyn Fn(&str) -> bool| entry.get(field).is_some_and(|value| holds(&value));
        match self {
            Self::All => true,
            Self::Term(Some(field), pattern) => has(*field, &|value| pattern.matches(value)),
            Self::Term(None, pattern) => {
                BARE.iter().any(|field| has(*field, &|value| pattern.matches(value)))
            }
            Self::Between(field, low, high) => {
                has(*field, &|value| low.is_below(value) && high.is_above(value))
            }
            Self::During(first, last) => (*first..=*last).contains(&entry.date.millis()),
            Self::And(nodes) => nodes.iter().all(|node| node.matches(entry)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(entry)),
            Self::Not(node) => !node.matches(entry),
        }
    }

    fn terms(&self) -> u64 {
        match self {
            Self::All => 0,
            Self::Term(..) | Self::Between(..) | Self::During(..) => 1,
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().map(Self::terms).sum(),
            Self::Not(node) => node.terms(),
        }
    }

    /// Only what holds for every match may narrow: what stands in a conjunction.
    fn narrow(&self, bounds: &mut LogBounds) {
        match self {
            Self::And(nodes) => nodes.iter().for_each(|node| node.narrow(bounds)),
            Self::During(first, last) => {
                bounds.from = bounds.from.max(Some(Timestamp::from_millis(*first)));
                let last = Timestamp::from_millis(*last);
                bounds.until = Some(bounds.until.map_or(last, |until| until.min(last)));
            }
            Self::Term(Some(Field::Type), Pattern::Exact(value)) => bounds.kind = Some(value.clone()),
            Self::Term(Some(Field::ClientId), Pattern::Exact(value)) => {
                bounds.client_id = Some(value.as_str().into());
            }
            _ => {}
        }
    }
}

impl Bound {
    fn is_below(&self, value: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Including(bound) => bound.as_str() <= value,
            Self::Excluding(bound) => bound.as_str() < value,
        }
    }

    fn is_above(&self, value: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Including(bound) => value <= bound.as_str(),
            Self::Excluding(bound) => value < bound.as_str(),
        }
    }
}
