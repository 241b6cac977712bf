//! Members that the server sets itself, or that are set once, are taken from nobody: no operation has them in passing.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{World, with_payload};

/// What would be worth something to whoever could set it.
const WORTH: [&str; 14] = [
    "id",
    "client_id",
    "audience",
    "identifier",
    "is_system",
    "global",
    "tenant",
    "subject_type",
    "default_for",
    "created_at",
    "revision",
    "sealed",
    "kid",
    "callback_url_template",
];

#[tokio::test]
async fn what_is_worth_something_is_refused_by_name_where_it_is_not_asked_for() {
    let world = World::start().await;
    let mut taken = Vec::new();
    for operation in with_payload() {
        let usual: Value = serde_json::from_str(&world.body(operation).await).unwrap();
        for name in WORTH {
            if operation.payload_schema().unwrap()["properties"].get(name).is_some() {
                taken.push(format!("{} {name}", operation.id()));
                continue;
            }
            let mut body = usual.clone();
            body[name] = json!(true);
            let answer = world.send_json(operation, body.to_string()).await;
            let message = format!("Payload validation error: 'Additional properties not allowed: {name}'.");
            assert_eq!(answer.json()["message"], message, "{operation:?}");
        }
    }
    assert_snapshot!(taken.join("\n"), @r"
    post_client-grants client_id
    post_client-grants audience
    post_client-grants subject_type
    post_client-grants default_for
    post_resource-servers identifier
    post_credentials kid
    ");
}
