//! Any JSON at all: whatever is sent, the answer is a success or says what is wrong.

use grantd_schema::Operation;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Number, Value, json};

use super::fixtures::{World, assert_is_error, with_payload};

fn operations() -> impl Strategy<Value = Operation> {
    proptest::sample::select(with_payload().collect::<Vec<_>>())
}

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z_]{0,12}",
        Just("x".repeat(700)),
        Just("https://example.com/x".to_owned()),
        Just("org_0123456789abcdef".to_owned()),
        Just("cgr_0123456789abcdef".to_owned()),
        Just("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----".to_owned()),
    ]
}

fn numbers() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
        (-5_i64..100).prop_map(Value::from),
        proptest::sample::select(vec![
            json!(-0.0),
            json!(1e308),
            json!(86_400.0),
            json!(2_592_000),
            json!(0.5)
        ]),
    ]
}

/// JSON without any plan.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        numbers(),
        strings().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((strings(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// JSON that a schema would often take: where most code is reached.
fn fitting(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(allowed) = schema["enum"].as_array() {
        return prop_oneof![9 => proptest::sample::select(allowed.clone()), 1 => anything()].boxed();
    }
    for name in ["anyOf", "oneOf"] {
        if let Some(branches) = schema[name].as_array() {
            return proptest::strategy::Union::new(branches.iter().map(fitting)).boxed();
        }
    }
    let named: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let kinds: Vec<BoxedStrategy<Value>> = named.iter().map(|name| of_type(name, schema)).collect();
    if kinds.is_empty() {
        return anything().boxed();
    }
    let kinds = proptest::strategy::Union::new(kinds);
    prop_oneof![30 => kinds, 1 => anything()].boxed()
}

fn of_type(name: &str, schema: &Value) -> BoxedStrategy<Value> {
    match name {
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" | "number" => {
            let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
            let inside = (least.unwrap_or(0)..=most.unwrap_or(1000)).prop_map(Value::from);
            prop_oneof![9 => inside, 1 => numbers()].boxed()
        }
        "array" => {
            let items =
                if schema["items"].is_object() { fitting(&schema["items"]) } else { anything().boxed() };
            proptest::collection::vec(items, 0..4).prop_map(Value::from).boxed()
        }
        "object" => object(schema),
        _ => strings().prop_map(Value::from).boxed(),
    }
}

fn object(schema: &Value) -> BoxedStrategy<Value> {
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty())
    else {
        return proptest::collection::vec((strings(), strings()), 0..3)
            .prop_map(|members| {
                members.into_iter().map(|(name, text)| (name, text.into())).collect::<Map<_, _>>().into()
            })
            .boxed();
    };
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|required| required.iter().any(|held| held == name))
    };
    let (always, sometimes): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| is_required(name));
    let one = |(name, member): (&String, &Value)| {
        let name = name.clone();
        fitting(member).prop_map(move |value| (name.clone(), value)).boxed()
    };
    let always: Vec<_> = always.into_iter().map(one).collect();
    let sometimes: Vec<_> = sometimes.into_iter().map(one).collect();
    let some = match sometimes.len() {
        0 => Just(Vec::new()).boxed(),
        count => {
            proptest::sample::subsequence(sometimes, 0..=count.min(5)).prop_flat_map(|chosen| chosen).boxed()
        }
    };
    (always, some)
        .prop_map(|(always, some)| always.into_iter().chain(some).collect::<Map<_, _>>().into())
        .boxed()
}

/// Sends this many bodies and looks at every answer.
fn throw(cases: u32, bodies: &impl Strategy<Value = (Operation, Value)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::start());
    let config =
        Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let outcome = TestRunner::new(config).run(bodies, |(operation, body)| {
        let answer = runtime.block_on(world.send_json(operation, body.to_string()));
        prop_assert!(!answer.status.is_server_error(), "{operation:?} {body}: {}", answer.text);
        if answer.status.is_client_error() {
            assert_is_error(&answer);
        } else {
            prop_assert_eq!(answer.status.as_u16(), operation.success());
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn any_json_is_answered() {
    throw(400, &(operations(), anything()));
}

#[test]
fn json_that_almost_fits_is_answered() {
    let bodies = operations().prop_flat_map(|operation| {
        let schema = operation.payload_schema().unwrap();
        (Just(operation), object(schema))
    });
    throw(600, &bodies);
}
