//! `DELETE /clients/{client_id}/credentials/{credential_id}`

use insta::assert_snapshot;
use serde_json::json;

use super::{P256, RSA, Robot, methods, public_key};
use crate::management_api::fixtures::{Requests, client};

#[tokio::test]
async fn a_credential_that_is_not_in_use_is_gone() {
    let robot = Robot::start().await;
    let path = format!("{}/{}", robot.credentials(), robot.credential(public_key(P256, "ES256")).await);
    let answer = robot.app.call_holding(&["delete:client_credentials"], "DELETE", &path, None).await;
    assert_eq!(answer.wire(), "204 No Content");
    assert_eq!(robot.app.get(&path).await.status, 404);
    assert_eq!(robot.app.delete(&path).await.status, 204, "once more");
    assert_eq!(robot.app.delete("/clients/nobody/credentials/cred_1").await.status, 204);
}

#[tokio::test]
async fn a_credential_in_use_stays_until_nothing_names_it() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let path = format!("{}/{key}", robot.credentials());
    robot.enable("private_key_jwt", &[&key]).await;
    let refused = robot.app.delete(&path).await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"The credential is in use by the client","errorCode":"credential_in_use"}
    "#);
    let request_key = json!({"signed_request_object": {"credentials": [{"id": key}]}});
    assert_eq!(robot.change(request_key).await.status, 200);
    robot.enable("private_key_jwt", &[]).await;
    assert_eq!(robot.app.delete(&path).await.text, refused.text);
    robot.change(json!({"signed_request_object": null})).await;
    assert_eq!(robot.app.delete(&path).await.status, 204);
}

#[tokio::test]
async fn anothers_credential_is_left_alone() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let other = client(&robot.app).await;
    assert_eq!(robot.app.delete(&format!("/clients/{other}/credentials/{key}")).await.status, 204);
    assert_eq!(robot.app.get(&format!("{}/{key}", robot.credentials())).await.status, 200);
}

#[tokio::test]
async fn credentials_go_with_their_client() {
    let robot = Robot::start().await;
    let keys = [public_key(P256, "ES256"), public_key(RSA, "RS256")];
    let [one, other] = [robot.credential(keys[0].clone()).await, robot.credential(keys[1].clone()).await];
    let body = json!({"client_authentication_methods": methods("private_key_jwt", &[&one, &other])});
    assert_eq!(robot.change(body).await.status, 200);
    assert_eq!(robot.app.delete(&robot.path).await.status, 204);
    assert_eq!(robot.app.get(&robot.credentials()).await.status, 404);
    let id = robot.path.trim_start_matches("/clients/");
    assert!(robot.app.follower.current().unwrap().credentials_of(&id.into()).is_empty());
}
