//! The walker against an independent validator, and against nonsense.
//!
//! Bodies are grown from the schemas themselves by a tape of choices, with a fault slipped in now and then, so that both
//! verdicts are common and a failing case shrinks to a short tape.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "an unexpected answer is a failed test")]

use std::sync::LazyLock;

use grantd_schema::{Operation, Part, Schema, integral_numbers};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A schema without formats, compiled by both.
struct Pair {
    source: Value,
    ours: Schema,
    theirs: jsonschema::Validator,
}

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let payloads = Operation::ALL.iter().filter_map(|operation| operation.payload_schema());
    let queries = Operation::ALL.iter().map(|operation| operation.query_schema());
    let workout = workout();
    payloads
        .chain(queries)
        .chain(std::iter::repeat_n(&workout, 8))
        .map(|schema| {
            let source = without_formats(schema);
            let ours = Schema::compile(&source);
            let theirs = jsonschema::draft7::new(&source).unwrap();
            Pair { source, ours, theirs }
        })
        .collect()
});

fn without_formats(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => members
            .iter()
            // A property may itself be called "format"; the keyword's value is a string, the property's is a schema.
            .filter(|(name, member)| *name != "format" || !member.is_string())
            .map(|(name, member)| (name.clone(), without_formats(member)))
            .collect(),
        other => other.clone(),
    }
}

/// Keywords that the embedded schemas lack or bound too widely for a small body to reach.
fn workout() -> Value {
    json!({"type": "object", "properties": {
        "few": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer", "minimum": 0}},
        "distinct": {"type": "array", "uniqueItems": true, "items": {"enum": [1, "1", {"a": 1, "b": [2]}]}},
        "some": {"anyOf": [{"type": "string", "minLength": 2}, {"maximum": 5}], "type": ["string", "integer"]},
        "one": {"oneOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"type": "integer", "minimum": 9}]},
        "fixed": {"const": "x"},
        "choice": {"type": ["string", "null"], "enum": ["x", null, true]},
        "open": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "boolean"}}
    }})
}

/// Choices read one after the other; zero when they are used up.
struct Tape<'t>(std::slice::Iter<'t, u8>);

impl Tape<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % bound.max(1)
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}

fn grown(schema: &Value, tape: &mut Tape<'_>) -> Value {
    if tape.once_in(24) {
        return stray(tape);
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
        return allowed[tape.below(allowed.len())].clone();
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        return grown(&branches[tape.below(branches.len())], tape);
    }
    match kind(schema, tape).as_str() {
        "object" => object(schema, tape),
        "array" => (0..count(schema, "minItems", tape)).map(|_| grown(&schema["items"], tape)).collect(),
        "string" => string(schema, tape),
        "integer" => integer(schema, tape),
        "number" => json!(0.5),
        "boolean" => json!(tape.once_in(2)),
        "null" => Value::Null,
        _ => stray(tape),
    }
}

fn kind(schema: &Value, tape: &mut Tape<'_>) -> String {
    match &schema["type"] {
        Value::Array(types) => types[tape.below(types.len())].as_str().unwrap().to_owned(),
        other => other.as_str().unwrap_or("any").to_owned(),
    }
}

fn count(schema: &Value, minimum: &str, tape: &mut Tape<'_>) -> usize {
    let least = schema[minimum].as_u64().unwrap_or(0);
    usize::try_from(least).unwrap() + tape.below(4)
}

fn object(schema: &Value, tape: &mut Tape<'_>) -> Value {
    let mut members = Map::new();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let wanted = if required.contains(&json!(name)) { !tape.once_in(24) } else { tape.once_in(4) };
        if wanted {
            members.insert(name.clone(), grown(member, tape));
        }
    }
    if tape.once_in(16) || schema.get("properties").is_none() {
        for extra in 0..tape.below(30) {
            members.insert(format!("extra{extra}"), grown(&schema["additionalProperties"], tape));
        }
    }
    Value::Object(members)
}

fn string(schema: &Value, tape: &mut Tape<'_>) -> Value {
    let least = schema["minLength"].as_u64().unwrap_or(1);
    let most = schema["maxLength"].as_u64().unwrap_or(20);
    let length = [least, most, least + 1, least.saturating_sub(1), most + 1, 0][tape.below(6)];
    let letter = ["a", "\u{1f600}", "7", "<", "A"][tape.below(5)];
    json!(letter.repeat(usize::try_from(length).unwrap()))
}

fn integer(schema: &Value, tape: &mut Tape<'_>) -> Value {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    let most = schema["maximum"].as_i64().unwrap_or(100);
    json!([least, most, least + 1, most - 1, least - 1, most + 1][tape.below(6)])
}

fn stray(tape: &mut Tape<'_>) -> Value {
    let strays = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"a": [{}]}),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
    ];
    strays[tape.below(strays.len())].clone()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let name = prop_oneof![
            any::<String>(),
            Just("scope".to_owned()),
            Just("audience".to_owned()),
            Just("addons".to_owned()),
            Just("metadata".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_an_independent_validator(
        which in any::<prop::sample::Index>(),
        tape in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let pair = which.get(&PAIRS);
        let body = grown(&pair.source, &mut Tape(tape.iter()));
        let ours = pair.ours.check(Part::Payload, &body);
        prop_assert_eq!(ours.is_ok(), pair.theirs.is_valid(&body), "{:?} {}", ours, body);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_makes_a_check_panic(body in any_json(), which in any::<prop::sample::Index>()) {
        let operation = *which.get(Operation::ALL);
        let mut body = body;
        let _ = operation.check_payload(&body);
        integral_numbers(&mut body);
        let _ = operation.check_payload(&body);
    }

    #[test]
    fn no_text_makes_a_check_panic(
        text in any::<String>(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        brackets in "[a-c\\[\\]=&%0-9]{0,40}",
        which in any::<prop::sample::Index>(),
    ) {
        let operation = *which.get(Operation::ALL);
        for raw in [&text, &brackets] {
            let _ = operation.check_query(raw);
            let _ = operation.check_path(&[("id", raw), ("name", raw), (raw, raw)]);
            let _ = operation.form_payload(raw.as_bytes());
        }
        if let Ok(body) = operation.form_payload(&bytes) {
            let _ = operation.check_payload(&body);
        }
    }
}

#[test]
fn both_verdicts_are_common_in_what_is_grown() {
    let tape: Vec<u8> =
        (0..40_000u32).map(|n| u8::try_from((n.wrapping_mul(2_654_435_761) >> 19) & 255).unwrap()).collect();
    let mut verdicts = [0, 0];
    for choices in tape.chunks(80) {
        for pair in PAIRS.iter() {
            let body = grown(&pair.source, &mut Tape(choices.iter()));
            verdicts[usize::from(pair.theirs.is_valid(&body))] += 1;
        }
    }
    assert!(verdicts.iter().all(|count| *count > 1000), "{verdicts:?}");
}
