//! A credential stands for all that its client may: who may less does not register it or let it count.

use serde_json::{Value, json};

use super::{ED25519, P256, Robot, cert_subject_dn, methods, public_key};
use crate::management_api::fixtures::{MANAGEMENT, Requests, grant, system_grant};
use crate::support::Answer;

const HOLDING: [&str; 4] =
    ["create:client_credentials", "update:client_credentials", "update:clients", "update:client_keys"];

/// A client that holds `delete:clients`, which the callers of these tests do not.
async fn powerful() -> Robot {
    let robot = Robot::start().await;
    let id = robot.path.trim_start_matches("/clients/");
    grant(&robot.app, json!({"client_id": id, "audience": MANAGEMENT, "scope": ["delete:clients"]})).await;
    robot
}

fn assert_takeover(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(answer.text.contains("do not hold yourself: delete:clients"), "{}", answer.text);
}

#[tokio::test]
async fn who_may_less_than_a_client_does_not_take_it_over() {
    let robot = powerful().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let call = async |method: &str, path: &str, body: Value| {
        robot.app.call_holding(&HOLDING, method, path, Some(body)).await
    };
    let credential = format!("{}/{key}", robot.credentials());
    assert_takeover(&call("POST", &robot.credentials(), public_key(ED25519, "EdDSA")).await);
    assert_takeover(&call("PATCH", &credential, json!({"expires_at": null})).await);
    for changed in [methods("private_key_jwt", &[&key]), Value::Null] {
        let body = json!({"client_authentication_methods": changed});
        assert_takeover(&call("PATCH", &robot.path, body).await);
    }
    assert_eq!(call("PATCH", &robot.path, json!({"name": "x"})).await.status, 200);
    assert_eq!(robot.enable("private_key_jwt", &[&key]).await.status, 200, "who holds as much may");
}

#[tokio::test]
async fn the_administration_client_keeps_something_to_prove_itself_with() {
    let robot = Robot::start().await;
    system_grant(&robot.app, robot.path.trim_start_matches("/clients/")).await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let subject = robot.credential(cert_subject_dn("CN=robot")).await;
    let refused = |answer: &Answer| (answer.status.as_u16(), answer.json()["errorCode"].clone());
    let expected = (403, json!("operation_not_supported"));
    assert_eq!(refused(&robot.enable("private_key_jwt", &[]).await), expected);
    assert_eq!(refused(&robot.enable("tls_client_auth", &[&subject]).await), expected);
    assert_eq!(robot.enable("private_key_jwt", &[&key]).await.status, 200);
    assert_eq!(refused(&robot.enable("private_key_jwt", &[]).await), expected);

    let path = format!("{}/{key}", robot.credentials());
    let soon = json!({"expires_at": "2026-01-02T03:05:00Z"});
    assert_eq!(refused(&robot.app.patch(&path, soon.clone()).await), expected, "its only key has no end");
    let spare = robot.credential(public_key(ED25519, "EdDSA")).await;
    assert_eq!(robot.enable("private_key_jwt", &[&key, &spare]).await.status, 200);
    assert_eq!(robot.app.patch(&path, soon).await.status, 200, "the other stays");
    let alone = robot.enable("private_key_jwt", &[&key]).await;
    assert_eq!(refused(&alone), expected, "a key that will expire proves nothing then");
    let body = json!({"client_authentication_methods": null});
    assert_eq!(robot.change(body).await.status, 200);
}
