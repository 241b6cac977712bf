//! `PATCH /clients/{client_id}/credentials/{credential_id}`

use insta::assert_snapshot;
use serde_json::json;

use super::{CERTIFICATE, P256, Robot, cert_subject_dn, complaint, public_key, x509_cert};
use crate::management_api::fixtures::{Requests, client};

#[tokio::test]
async fn an_expiry_is_set_moved_and_taken_away() {
    let robot = Robot::start().await;
    let path = format!("{}/{}", robot.credentials(), robot.credential(public_key(P256, "ES256")).await);
    robot.advance(60).await;
    let set = robot.app.patch(&path, json!({"expires_at": "2096-05-13T09:33:13Z"})).await;
    assert_snapshot!(set.wire(), @r#"
        200 OK
        {"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"public_key","kid":"QoMG9ialmfb601BGxNmSFfR5EuT75i5tmVFgeOKlDS4","alg":"ES256","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:05:05.000Z","expires_at":"2096-05-13T09:33:13.000Z"}
    "#);
    assert_eq!(robot.app.get(&path).await.text, set.text);
    let moved = robot.app.patch(&path, json!({"expires_at": "2030-01-01T00:00:00+01:00"})).await;
    assert_eq!(moved.json()["expires_at"], "2029-12-31T23:00:00.000Z");
    let taken = robot.app.patch(&path, json!({"expires_at": null})).await;
    assert_snapshot!(taken.wire(), @r#"
        200 OK
        {"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"public_key","kid":"QoMG9ialmfb601BGxNmSFfR5EuT75i5tmVFgeOKlDS4","alg":"ES256","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:05:05.000Z"}
    "#);
}

#[tokio::test]
async fn a_key_that_has_expired_may_be_given_more_time() {
    let robot = Robot::start().await;
    let path = format!("{}/{}", robot.credentials(), robot.credential(public_key(P256, "ES256")).await);
    robot.app.patch(&path, json!({"expires_at": "2026-01-02T03:05:00Z"})).await;
    robot.advance(3600).await;
    let past = robot.app.patch(&path, json!({"expires_at": "2026-01-02T03:06:00Z"})).await;
    assert_eq!(complaint(&past), "the credential has expired: `expires_at` must be in the future");
    assert_eq!(robot.app.patch(&path, json!({"expires_at": null})).await.status, 200);
}

#[tokio::test]
async fn only_the_expiry_of_a_key_changes() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    for (name, value) in [("name", json!("x")), ("pem", json!(P256)), ("kid", json!("1234567890"))] {
        let answer = robot.app.patch(&format!("{}/{key}", robot.credentials()), json!({name: value})).await;
        assert_eq!(complaint(&answer), format!("'Additional properties not allowed: {name}'."));
    }
    let body = json!({"expires_at": "2096-05-13T09:33:13Z"});
    for other in [x509_cert(CERTIFICATE), cert_subject_dn("CN=robot")] {
        let path = format!("{}/{}", robot.credentials(), robot.credential(other).await);
        let answer = robot.app.patch(&path, body.clone()).await;
        assert_eq!(complaint(&answer), "`expires_at` applies to public_key credentials only");
    }
}

#[tokio::test]
async fn what_is_not_there_or_anothers_is_not_found() {
    let robot = Robot::start().await;
    let id = robot.credential(public_key(P256, "ES256")).await;
    let body = json!({"expires_at": null});
    let missing = robot.app.patch(&format!("{}/cred_1", robot.credentials()), body.clone()).await;
    assert_eq!(
        (missing.status.as_u16(), &missing.json()["errorCode"]),
        (404, &json!("inexistent_credential"))
    );
    let other = client(&robot.app).await;
    let anothers = robot.app.patch(&format!("/clients/{other}/credentials/{id}"), body.clone()).await;
    assert_eq!(anothers.text, missing.text);
    let nobodys = robot.app.patch(&format!("/clients/nobody/credentials/{id}"), body).await;
    assert_eq!((nobodys.status.as_u16(), &nobodys.json()["errorCode"]), (404, &json!("inexistent_client")));
}
