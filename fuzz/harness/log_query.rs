//! Queries of the log: no text is too strange, and what a query says of all its matches is so.

use grantd_model::{LogEntry, LogFields, LogPosition, LogQuery, Timestamp};

/// 2026-11-27T09:30:00.500Z
const AT: Timestamp = Timestamp::from_millis(1_795_771_800_500);
const TEXT: &str = r#"{"date":"2026-11-27T09:30:00.500Z","type":"feccft","description":"Unauthorized","client_id":"abc123","client_name":"Order \"Service\"","ip":"10.1.2.3","user_id":""}"#;

/// Reads the input as a query in both ways, and asks it of an entry.
pub fn log_query(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let entry = LogEntry { position: LogPosition(7), date: AT, text: TEXT.to_owned() };
    let fields = LogFields::of(&entry);
    for query in [LogQuery::parse(text), LogQuery::parse_search(text)].into_iter().flatten() {
        let bounds = query.bounds();
        if query.matches(&fields) {
            assert!(bounds.from.is_none_or(|from| from <= AT), "{bounds:?}");
            assert!(bounds.until.is_none_or(|until| until >= AT), "{bounds:?}");
            assert!(bounds.kind.is_none_or(|kind| kind == "feccft"), "{text}");
            assert!(bounds.client_id.is_none_or(|id| id.as_str() == "abc123"), "{text}");
        }
    }
}
