//! Made-up requests: a query as a tree, which is also written down in the language, in one of several ways.

use proptest::prelude::*;

/// What is asked of the log.
#[derive(Clone, Debug)]
pub struct Asked {
    pub query: Query,
    pub sort: Option<(&'static str, bool)>,
    pub page: u64,
    pub per_page: u64,
    pub fields: Option<(Vec<&'static str>, bool)>,
    pub totals: bool,
}

#[derive(Clone, Debug)]
pub enum Query {
    /// A field is this, in quotes or not.
    Is(&'static str, String, bool),
    /// A field begins with, ends with, or has in it.
    Wild(&'static str, String, u8),
    /// One of the fields that bare terms look at is this.
    Bare(String),
    /// A field is there.
    Has(&'static str),
    /// A field lies between these; whether each end is included.
    Between(&'static str, Option<String>, Option<String>, bool, bool),
    /// The seconds since the beginning, in milliseconds, between which the date lies.
    During(Option<u64>, Option<u64>, bool, bool),
    And(Vec<Query>),
    Or(Vec<Query>, bool),
    Not(Box<Query>, u8),
}

/// Escapes what means something without quotes.
fn plain(value: &str) -> String {
    value
        .chars()
        .flat_map(|letter| {
            let special = letter.is_whitespace() || "\\\"()[]{}:*?".contains(letter);
            special.then_some('\\').into_iter().chain([letter])
        })
        .collect()
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The moment so many milliseconds after the events begin.
pub fn moment(millis: u64) -> String {
    grantd_model::Timestamp::from_millis(crate::events::BEGIN * 1000 + millis).to_string()
}

impl Query {
    pub fn text(&self) -> String {
        let ends = |low: bool, high: bool| (if low { "[" } else { "{" }, if high { "]" } else { "}" });
        let joined = |parts: &[Self], with: &str| {
            parts.iter().map(|part| format!("({})", part.text())).collect::<Vec<_>>().join(with)
        };
        match self {
            Self::Is(field, value, true) => format!("{field}:{}", quoted(value)),
            Self::Is(field, value, false) => format!("{field}:{}", plain(value)),
            Self::Wild(field, value, 0) => format!("{field}:{}*", plain(value)),
            Self::Wild(field, value, 1) => format!("{field}:*{}", plain(value)),
            Self::Wild(field, value, _) => format!("{field}:*{}*", plain(value)),
            Self::Bare(value) => quoted(value),
            Self::Has(field) => format!("{field}:*"),
            Self::Between(field, low, high, with_low, with_high) => {
                let (open, close) = ends(*with_low, *with_high);
                let end = |end: &Option<String>| end.as_deref().map_or("*".to_owned(), quoted);
                format!("{field}:{open}{} TO {}{close}", end(low), end(high))
            }
            Self::During(low, high, with_low, with_high) => {
                let (open, close) = ends(*with_low, *with_high);
                let end = |end: &Option<u64>| end.map_or("*".to_owned(), |end| quoted(&moment(end)));
                format!("date:{open}{} TO {}{close}", end(low), end(high))
            }
            Self::And(parts) => joined(parts, " AND "),
            Self::Or(parts, true) => joined(parts, " OR "),
            Self::Or(parts, false) => joined(parts, "  "),
            Self::Not(part, sign) => {
                format!("({}({}))", ["NOT ", "!", "-"][usize::from(*sign % 3)], part.text())
            }
        }
    }
}

impl Asked {
    pub fn q(&self) -> String {
        self.query.text()
    }

    pub fn as_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &self.q());
        query.append_pair("page", &self.page.to_string()).append_pair("per_page", &self.per_page.to_string());
        if let Some((field, ascending)) = self.sort {
            query.append_pair("sort", &format!("{field}:{}", if ascending { "1" } else { "-1" }));
        }
        if let Some((fields, include)) = &self.fields {
            query
                .append_pair("fields", &fields.join(","))
                .append_pair("include_fields", &include.to_string());
        }
        if self.totals {
            query.append_pair("include_totals", "true");
        }
        query.finish()
    }
}

/// A field and a value that it may have.
fn field_and_value() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        prop::sample::select(vec!["seccft", "feccft", "sapi", "SAPI"])
            .prop_map(|kind| ("type", kind.to_owned())),
        (0..13).prop_map(|number| ("client_id", format!("client{number:02}"))),
        (0..6).prop_map(|number| ("client_name", format!("Service {number}"))),
        (0..10).prop_map(|number| ("ip", format!("10.0.0.{number}"))),
        prop::sample::select(vec![
            "Unauthorized",
            "unauthorized",
            "a \"quoted\" text",
            "back\\slash: (and) [more]"
        ])
        .prop_map(|text| ("description", text.to_owned())),
        (0..4).prop_map(|number| ("organization_id", format!("org_{number}"))),
        (0..4).prop_map(|number| ("audience", format!("https://api{number}"))),
        Just(("scope", "read:a write:a".to_owned())),
        Just(("user_id", String::new())),
        Just(("user_agent", "curl/8.5".to_owned())),
        Just(("hostname", "auth.test".to_owned())),
        Just(("strategy", "x".to_owned())),
    ]
}

fn leaf() -> impl Strategy<Value = Query> {
    let end = |low: i64| {
        prop::option::weighted(0.8, (low..2_100_000_000).prop_map(|end| u64::try_from(end).unwrap()))
    };
    prop_oneof![
        4 => (field_and_value(), any::<bool>()).prop_map(|((field, value), quotes)| {
            Query::Is(field, value.clone(), quotes || value.is_empty())
        }),
        2 => (field_and_value(), 0_usize..8, 3_usize..8, 0_u8..3).prop_filter_map("three letters", |((field, value), begin, length, kind)| {
            let part: String = value.chars().skip(begin * usize::from(kind != 0)).take(length).collect();
            (part.chars().count() >= 3).then_some(Query::Wild(field, part, kind))
        }),
        1 => field_and_value().prop_filter_map("no text is no term", |(_, value)| {
            (!value.is_empty()).then_some(Query::Bare(value))
        }),
        1 => field_and_value().prop_map(|(field, _)| Query::Has(field)),
        1 => (field_and_value(), field_and_value(), any::<bool>(), any::<bool>(), 0..4).prop_map(
            |((field, low), (_, high), with_low, with_high, open)| {
                let (low, high) = (Some(low).filter(|_| open != 1), Some(high).filter(|_| open != 2));
                Query::Between(field, low, high, with_low, with_high)
            }
        ),
        2 => (end(0), end(0), any::<bool>(), any::<bool>())
            .prop_map(|(low, high, with_low, with_high)| Query::During(low, high, with_low, with_high)),
    ]
}

fn any_query() -> impl Strategy<Value = Query> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
            2 => (prop::collection::vec(inner.clone(), 2..4), any::<bool>())
                .prop_map(|(parts, word)| Query::Or(parts, word)),
            1 => (inner, any::<u8>()).prop_map(|(part, sign)| Query::Not(Box::new(part), sign)),
        ]
    })
}

pub fn any_asked() -> impl Strategy<Value = Asked> {
    let sortable = vec!["date", "date", "log_id", "type", "client_name", "ip", "organization_id", "strategy"];
    let sort = prop::option::of((prop::sample::select(sortable), any::<bool>()));
    let shown = vec!["date", "type", "log_id", "client_id", "details", "isMobile", "audience"];
    let fields = prop::option::weighted(0.3, (prop::sample::subsequence(shown, 1..5), any::<bool>()));
    let page = prop_oneof![3 => Just(0_u64), 1 => 0_u64..10];
    (any_query(), sort, page, prop_oneof![Just(0_u64), Just(1), Just(7), Just(100)], fields, any::<bool>())
        .prop_map(|(query, sort, page, per_page, fields, totals)| Asked {
            query,
            sort,
            page,
            per_page,
            fields,
            totals,
        })
}
