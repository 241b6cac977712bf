//! The generated cases of Auth0's validation messages, over HTTP.

use std::fs;
use std::path::Path;

use grantd_schema::Operation;
use serde_json::{Value, json};

use super::fixtures::World;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/validation-cases.json");

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
async fn every_generated_case_gives_exactly_its_answer() {
    if !Path::new(FILE).exists() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{FILE} is not there");
        eprintln!("skipped: {FILE} is not there");
        return;
    }
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let world = World::start().await;
    for case in &cases {
        let (method, path) = case["operation"].as_str().unwrap().split_once(' ').unwrap();
        let operation = Operation::ALL.iter().find(|row| row.method() == method && row.path() == path);
        let answer = world.send_json(*operation.unwrap(), case["body"].to_string()).await;
        let expected = json!({
            "statusCode": 400, "error": "Bad Request", "message": case["message"], "errorCode": "invalid_body",
        });
        assert_eq!((answer.status.as_u16(), answer.text), (400, expected.to_string()), "{case}");
    }
    assert_eq!(cases.len(), 83);
}
