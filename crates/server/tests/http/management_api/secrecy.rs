//! No secret stands in an answer to who may not read it.

use grantd_schema::Operation;
use serde_json::json;

use super::fixtures::{API, Requests, World, text};
use crate::support::{Answer, App};

/// What must not be seen: a client's secret, the secret of an API that signs with one, and what a log stream shows to
/// its receiver.
async fn secrets(world: &World) -> [String; 3] {
    let api = format!("/resource-servers/{}", world.api);
    let signing = world.app.patch(&api, json!({"signing_alg": "HS256"})).await.json();
    let client = world.app.get(&format!("/clients/{}", world.client)).await.json();
    let stream = format!("/log-streams/{}", world.log_stream);
    let sink = json!({"httpEndpoint": "https://receiver.test/", "httpAuthorization": "s3cr3t authorization"});
    assert_eq!(world.app.patch(&stream, json!({"sink": sink})).await.status, 200);
    [text(&client, "client_secret"), text(&signing, "signing_secret"), text(&sink, "httpAuthorization")]
}

/// A token with every scope that the operations take but these.
fn token_without(app: &App, withheld: &[&str]) -> String {
    let mut scopes: Vec<&str> =
        Operation::ALL.iter().flat_map(|operation| operation.scopes()).copied().collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes.retain(|scope| !withheld.contains(scope));
    app.token_with_scopes(&scopes)
}

fn assert_silent(operation: Operation, answer: &Answer, secrets: &[String]) {
    assert!(!answer.status.is_server_error(), "{operation:?}: {}", answer.text);
    for secret in secrets {
        assert!(!answer.text.contains(secret), "{operation:?}: {}", answer.text);
        assert!(answer.headers.values().all(|value| value != secret.as_str()), "{operation:?}");
    }
}

#[tokio::test]
async fn no_operation_shows_a_secret_to_who_may_do_everything_but_read_secrets() {
    for operation in Operation::ALL {
        let world = World::start().await;
        let secrets = secrets(&world).await;
        let readers =
            ["read:client_keys", "read:client_credentials", "read:resource_servers", "read:log_streams"];
        let bearer = format!("Bearer {}", token_without(&world.app, &readers));
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        for body in ["", "{}", r#"{"name": "x"}"#, "{", r#"{"tea": 1}"#] {
            // What a rotation shows is the new secret, which is the point of it.
            let answer = world.send(*operation, &headers, body).await;
            assert_silent(*operation, &answer, &secrets);
        }
    }
}

#[tokio::test]
async fn no_error_repeats_a_secret_that_was_sent() {
    const SENT: &str = "s3cr3t-that-was-sent";
    let world = World::start().await;
    let bodies = [
        format!(r#"{{"client_secret": "{SENT}", "tea": 1}}"#),
        format!(r#"{{"client_secret": ["{SENT}"]}}"#),
        format!(r#"{{"client_secret": "{SENT}", "client_secret": "{SENT}"}}"#),
        format!(r#"{{"client_secret": "{SENT}" "#),
        format!(r#"{{"signing_secret": "{SENT}", "identifier": ""}}"#),
        format!(r#"{{"signing_secret": {{"x": "{SENT}"}}, "identifier": "x"}}"#),
        format!(r#"{{"token_encryption": {{"encryption_key": {{"pem": "{SENT}"}}}}, "identifier": "x"}}"#),
        format!(
            r#"{{"type": "http", "sink": {{"httpEndpoint": "https://a.test", "httpAuthorization": "{SENT}\n"}}}}"#
        ),
        format!(r#""{SENT}""#),
    ];
    for operation in Operation::ALL {
        for body in &bodies {
            let answer = world.send_json(*operation, body.clone()).await;
            if answer.status.is_client_error() {
                assert_silent(*operation, &answer, &[SENT.to_owned()]);
            }
        }
    }
}

#[tokio::test]
async fn the_key_that_tokens_are_encrypted_for_and_the_key_that_signs_them_are_not_shown() {
    let world = World::start().await;
    for path in ["/clients", "/resource-servers", "/tenants/settings", &format!("/clients/{}", world.client)]
    {
        let answer = world.app.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains("PRIVATE KEY") && !answer.text.contains("\"pem\""), "{path}");
    }
    let found = world.app.get(&format!("/resource-servers?identifiers={API}")).await;
    assert_eq!(found.json()[0].get("signing_secret"), None, "RS256 has none");
}
