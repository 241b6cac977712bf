//! `GET /clients/{client_id}/credentials/{credential_id}`

use insta::assert_snapshot;

use super::{P256, Robot, public_key};
use crate::management_api::fixtures::{Requests, client};

#[tokio::test]
async fn the_answer_is_what_its_registration_showed() {
    let robot = Robot::start().await;
    let made = robot.register(public_key(P256, "ES256")).await;
    let path = format!("{}/{}", robot.credentials(), made.json()["id"].as_str().unwrap());
    let read = robot.app.call_holding(&["read:client_credentials"], "GET", &path, None).await;
    assert_eq!((read.status.as_u16(), &read.text), (200, &made.text));
}

#[tokio::test]
async fn what_is_not_there_or_anothers_is_not_found() {
    let robot = Robot::start().await;
    let id = robot.credential(public_key(P256, "ES256")).await;
    let missing = robot.app.get(&format!("{}/cred_1", robot.credentials())).await;
    assert_snapshot!(missing.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The credential does not exist","errorCode":"inexistent_credential"}
    "#);
    let other = client(&robot.app).await;
    let anothers = robot.app.get(&format!("/clients/{other}/credentials/{id}")).await;
    assert_eq!(anothers.text, missing.text);
    let nobodys = robot.app.get(&format!("/clients/nobody/credentials/{id}")).await;
    assert_snapshot!(nobodys.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
