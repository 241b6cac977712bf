//! The query language of the log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

#[path = "../../../fuzz/harness/log_query.rs"]
mod harness;

use std::fs;

use grantd_model::{
    LogBounds, LogEntry, LogEvent, LogEventKind, LogFields, LogPosition, LogQuery, LogQueryFault, Timestamp,
};
use proptest::prelude::*;

/// 2026-11-27T09:30:00.500Z
const AT: Timestamp = Timestamp::from_millis(1_795_771_800_500);

fn entry() -> LogEntry {
    let event = LogEvent {
        client_id: Some("abc123".into()),
        client_name: Some("Order \"Service\"".into()),
        ip: Some("10.1.2.3".parse().unwrap()),
        user_id: Some(""),
        audience: Some("https://orders".into()),
        ..LogEvent::new(LogEventKind::TokenDenied, AT, "Unauthorized", "t")
    };
    LogEntry { position: LogPosition(7), date: AT, text: serde_json::to_string(&event).unwrap() }
}

fn matches(query: &str) -> bool {
    let entry = entry();
    LogQuery::parse(query).unwrap_or_else(|fault| panic!("{query}: {fault}")).matches(&LogFields::of(&entry))
}

#[test]
fn what_matches_and_what_does_not() {
    let yes = [
        "",
        "  ",
        "type:feccft",
        "type:\"feccft\"",
        "client_id:abc123",
        "client_id:abc*",
        "client_id:*123",
        "client_id:a*c*23",
        "client_name:\"Order \\\"Service\\\"\"",
        "client_name:Order\\ \\\"Service\\\"",
        "Unauthorized",
        "feccft",
        "10.1.2.3",
        "user_id:\"\"",
        "type:sapi OR type:feccft",
        "type:sapi type:feccft",
        "type:(sapi OR feccft)",
        "type:(sapi feccft)",
        "NOT type:sapi",
        "-type:sapi",
        "!type:sapi",
        "type:feccft AND NOT client_id:x",
        "type:feccft && !client_id:x",
        "type:feccft -client_id:x",
        "type:sapi || type:feccft",
        "type:sapi OR NOT client_id:x",
        "type:feccft AND (client_id:x OR client_id:abc123)",
        "type:sapi AND client_id:x OR type:feccft",
        "client_id:[abc TO abd]",
        "client_id:{abc TO abd}",
        "client_id:[abc123 TO *]",
        "client_id:[* TO abc123]",
        "date:2026-11-27",
        "date:[2026-11-27 TO 2026-11-27]",
        "date:[2026-11-27T09:30:00Z TO 2026-11-27T09:30:00Z]",
        "date:{2026-11-26 TO 2026-11-28}",
        "date:[* TO 2026-11-27]",
        "date:\"2026-11-27T09:30:00.500Z\"",
        "ip:10.1.*",
        "audience:\"https://orders\"",
        "audience:https:*orders",
        "client_id:*",
        "log_id:900*0007",
        "+type:feccft",
        "type:sapi (NOT type:sapi)",
    ];
    let no = [
        "type:sapi",
        "type:FECCFT",
        "type:fecc",
        "client_id:abc12",
        "client_id:b*c123",
        "Order",
        "unauthorized",
        "abc123",
        "strategy:*",
        "organization_id:*",
        "connection:\"\"",
        "NOT type:feccft",
        "type:feccft AND type:sapi",
        "type:feccft -client_id:abc123",
        "client_id:{abc123 TO abd]",
        "client_id:[abb TO abc123}",
        "date:{2026-11-27 TO *]",
        "date:[* TO 2026-11-27}",
        "date:{2026-11-26 TO 2026-11-27}",
        "date:2026-11-26",
        "-type:feccft",
        "type:sapi AND (client_id:abc123 OR feccft)",
        "date:2026-11-27T09:30:01Z",
        "log_id:7",
    ];
    for query in yes {
        assert!(matches(query), "{query}");
    }
    for query in no {
        assert!(!matches(query), "{query}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let fault = |text: &str| LogQuery::parse(text).unwrap_err().to_string();
    let cases = [
        ("password:x", "the field \"password\" cannot be searched"),
        ("client_id:a*", "a value with a wildcard needs three other characters"),
        ("type:s?pi", "the wildcard ? is not supported"),
        ("date:yesterday", "\"yesterday\" is no date: 2026-11-27, or 2026-11-27T09:30:00Z"),
        ("type:", "a term is expected at character 6"),
        ("type:sapi AND", "a term is expected at character 14"),
        ("type:sapi OR", "a term is expected at character 13"),
        ("(type:sapi", "a closing parenthesis is expected at character 11"),
        ("type:sapi)", "the end is expected at character 10"),
        ("\"abc", "a closing quotation mark is expected at character 5"),
        ("client_id:[a b]", "TO is expected at character 14"),
        ("client_id:[a TOmato]", "TO is expected at character 14"),
        ("client_id:[a TO b", "the end of the range is expected at character 18"),
        ("[a TO b]", "a field before the range is expected at character 1"),
        ("client_id:[a* TO b]", "a value without a wildcard is expected at character 14"),
        ("abc\\", "a character is expected at character 5"),
    ];
    for (text, said) in cases {
        assert_eq!(fault(text), said, "{text}");
    }
    assert_eq!(LogQuery::parse(&"a".repeat(2049)), Err(LogQueryFault::TooLong));
    assert_eq!(LogQuery::parse(&"(".repeat(17)), Err(LogQueryFault::TooMuch));
    assert_eq!(LogQuery::parse(&"NOT ".repeat(17)), Err(LogQueryFault::TooMuch));
    assert_eq!(LogQuery::parse(&"a ".repeat(101)), Err(LogQueryFault::TooMuch));
}

#[test]
fn only_what_holds_for_every_match_narrows() {
    let bounds = |text| LogQuery::parse(text).unwrap().bounds();
    let at = |text| Timestamp::parse(text);
    let expected = LogBounds {
        from: at("2026-11-01T00:00:00Z"),
        until: at("2026-11-27T23:59:59.999Z"),
        kind: Some("sapi".to_owned()),
        client_id: Some("a".into()),
    };
    let text = "type:sapi AND client_id:a AND date:[2026-11-01 TO 2026-11-30] AND date:[* TO 2026-11-27]";
    assert_eq!(bounds(text), LogBounds { from: expected.from.or(at("1970-01-01T00:00:00Z")), ..expected });
    for text in ["type:sapi OR client_id:a", "NOT type:sapi", "type:sap*", "client_id:[a TO b]", "sapi"] {
        assert_eq!(bounds(text), LogBounds::default(), "{text}");
    }
}

#[test]
fn the_older_way_looks_at_beginnings_in_any_case() {
    let entry = entry();
    let found = |text| LogQuery::parse_search(text).unwrap().matches(&LogFields::of(&entry));
    for text in ["", "order", "application:ORDER", "client_id:ABC", "client_id:\"ABC123\"", "ord type:fecc"] {
        assert!(found(text), "{text}");
    }
    for text in ["service", "client_id:\"abc\"", "ord type:sapi", "unauthorized"] {
        assert!(!found(text), "{text}");
    }
    assert!(LogQuery::parse_search("password:x").is_err());
}

#[test]
fn what_the_fuzzer_begins_with_holds() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/log_query");
    let seeds: Vec<_> =
        fs::read_dir(seeds).unwrap().map(|seed| fs::read(seed.unwrap().path()).unwrap()).collect();
    assert!(seeds.len() >= 10);
    let read = seeds.iter().filter(|seed| LogQuery::parse(std::str::from_utf8(seed).unwrap()).is_ok());
    assert!(read.count() >= 8, "the seeds are queries");
    for seed in &seeds {
        harness::log_query(seed);
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in r#"([a-z_]{0,4}|[()\[\]{}"\\:*?!+ -]|AND|OR|NOT|TO|type:|date:|20[0-9-]{0,9}|.){0,40}"#) {
        let entry = entry();
        if let Ok(query) = LogQuery::parse(&text) {
            query.matches(&LogFields::of(&entry));
            query.bounds();
        }
        drop(LogQuery::parse_search(&text).map(|query| query.matches(&LogFields::of(&entry))));
    }

    #[test]
    fn what_matches_lies_within_the_bounds(text in "(type:feccft|client_id:abc123|date:2026-11-2[67]|date:\\[2026-11-27 TO 2026-11-28\\]|Unauthorized)( (AND|OR|AND NOT) (type:feccft|client_id:abc123|date:2026-11-2[67]|sapi)){0,3}") {
        let entry = entry();
        let query = LogQuery::parse(&text).unwrap();
        if query.matches(&LogFields::of(&entry)) {
            let bounds = query.bounds();
            prop_assert!(bounds.from.is_none_or(|from| from <= AT));
            prop_assert!(bounds.until.is_none_or(|until| until >= AT));
            prop_assert!(bounds.kind.is_none_or(|kind| kind == "feccft"));
            prop_assert!(bounds.client_id.is_none_or(|id| id.as_str() == "abc123"));
        }
    }
}
