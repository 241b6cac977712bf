//! `GET /clients/{client_id}/credentials`

use insta::assert_snapshot;
use serde_json::json;

use super::{CERTIFICATE, P256, Robot, cert_subject_dn, public_key, x509_cert};
use crate::management_api::fixtures::{Requests, client};

#[tokio::test]
async fn the_newest_comes_first() {
    let robot = Robot::start().await;
    assert_eq!(robot.app.get(&robot.credentials()).await.wire(), "200 OK\n[]");
    robot.credential(public_key(P256, "ES256")).await;
    robot.credential(x509_cert(CERTIFICATE)).await;
    robot.advance(1).await;
    robot.credential(cert_subject_dn("CN=robot")).await;
    let answer =
        robot.app.call_holding(&["read:client_credentials"], "GET", &robot.credentials(), None).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        [{"id":"cred_DNk7Yd23PRruwRWvzZ4xuj","credential_type":"cert_subject_dn","subject_dn":"CN=robot","created_at":"2026-01-02T03:04:06.000Z","updated_at":"2026-01-02T03:04:06.000Z"},{"id":"cred_jhYQ5ZXEuoQN7Z4KJokEUb","credential_type":"x509_cert","thumbprint_sha256":"0OeKjZlDVG5MvSS8y1G4jkKbpnTItaKSlE9xTH83L6g","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z","expires_at":"2035-06-01T00:00:00.000Z"},{"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"public_key","kid":"QoMG9ialmfb601BGxNmSFfR5EuT75i5tmVFgeOKlDS4","alg":"ES256","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}]
    "#);
}

#[tokio::test]
async fn it_is_a_bare_array_whatever_page_is_asked_for() {
    let robot = Robot::start().await;
    robot.credential(cert_subject_dn("CN=one")).await;
    robot.credential(cert_subject_dn("CN=two")).await;
    let whole = robot.app.get(&robot.credentials()).await.text;
    for query in ["include_totals=true&per_page=50", "page=7&per_page=1", "take=1&from=x"] {
        let answer = robot.app.get(&format!("{}?{query}", robot.credentials())).await;
        assert_eq!((answer.status.as_u16(), &answer.text), (200, &whole), "{query}");
    }
    assert_eq!(robot.app.get(&format!("{}?tea=1", robot.credentials())).await.status, 400);
}

#[tokio::test]
async fn each_client_has_its_own() {
    let robot = Robot::start().await;
    robot.credential(cert_subject_dn("CN=one")).await;
    let other = client(&robot.app).await;
    assert_eq!(robot.app.get(&format!("/clients/{other}/credentials")).await.json(), json!([]));
    assert_snapshot!(robot.app.get("/clients/nobody/credentials").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
