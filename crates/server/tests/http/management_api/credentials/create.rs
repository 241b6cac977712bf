//! `POST /clients/{client_id}/credentials`

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    CERTIFICATE, ED25519, EXPIRED_CERTIFICATE, P256, P384, RSA, RSA_PKCS1, Robot, cert_subject_dn,
    public_key, with, x509_cert,
};
use crate::management_api::fixtures::{Requests, text};

#[tokio::test]
async fn a_key_is_named_by_its_thumbprint_and_never_shown_again() {
    let robot = Robot::start().await;
    let body = json!({"credential_type": "public_key", "pem": RSA});
    assert_snapshot!(robot.register(body).await.wire(), @r#"
        201 Created
        {"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"public_key","kid":"X5H75qOOKwadEHzsidlpl5ixVyhLAkU1KycM1ZckLng","alg":"RS256","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}
    "#);
    let answer = robot.register(with(public_key(P256, "ES256"), json!({"name": "Laptop"}))).await;
    assert_snapshot!(answer.wire(), @r#"
        201 Created
        {"id":"cred_jhYQ5ZXEuoQN7Z4KJokEUb","credential_type":"public_key","kid":"QoMG9ialmfb601BGxNmSFfR5EuT75i5tmVFgeOKlDS4","alg":"ES256","name":"Laptop","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}
    "#);
}

#[tokio::test]
async fn a_key_is_the_same_in_every_wrapping() {
    let robot = Robot::start().await;
    let kid = async |pem: &str, alg: &str| text(&robot.register(public_key(pem, alg)).await.json(), "kid");
    let rsa = "X5H75qOOKwadEHzsidlpl5ixVyhLAkU1KycM1ZckLng";
    assert_eq!([kid(RSA, "RS256").await, kid(RSA_PKCS1, "RS384").await], [rsa, rsa]);
    let p256 = "QoMG9ialmfb601BGxNmSFfR5EuT75i5tmVFgeOKlDS4";
    assert_eq!([kid(P256, "ES256").await, kid(CERTIFICATE, "ES256").await], [p256, p256]);
    assert_eq!(kid(EXPIRED_CERTIFICATE, "ES256").await, p256, "a certificate is only the wrapping");
    assert_eq!(kid(ED25519, "EdDSA").await, "OOwLtBU7CQe0_YdNIbHcmDFbkN7lmI7IhgXU9YTQf6U");
}

#[tokio::test]
async fn every_algorithm_has_its_key() {
    let robot = Robot::start().await;
    for (pem, alg) in
        [(RSA, "RS256"), (RSA, "RS384"), (RSA, "PS256"), (P256, "ES256"), (P384, "ES384"), (ED25519, "EdDSA")]
    {
        let answer = robot.register(public_key(pem, alg)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["alg"]), (201, &json!(alg)), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_key_has_the_name_that_it_is_given() {
    let robot = Robot::start().await;
    let named = |pem: &str, alg: &str| with(public_key(pem, alg), json!({"kid": "my-key_2026"}));
    assert_eq!(robot.register(named(RSA, "RS256")).await.json()["kid"], "my-key_2026");
    assert_snapshot!(robot.register(named(P256, "ES256")).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: another key of the client has the same `kid`","errorCode":"invalid_body"}
    "#);
    assert_eq!(robot.register(named(RSA, "PS256")).await.status, 201, "the same key");
}

#[tokio::test]
async fn an_expiry_is_given_or_read_from_the_certificate() {
    let robot = Robot::start().await;
    let expiry = async |members: Value| {
        let answer = robot.register(with(public_key(CERTIFICATE, "ES256"), members)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json().get("expires_at").cloned().unwrap_or_default()
    };
    assert_eq!(expiry(json!({})).await, Value::Null);
    assert_eq!(expiry(json!({"parse_expiry_from_cert": false})).await, Value::Null);
    assert_eq!(expiry(json!({"parse_expiry_from_cert": true})).await, "2035-06-01T00:00:00.000Z");
    assert_eq!(expiry(json!({"expires_at": "2096-05-13T09:33:13Z"})).await, "2096-05-13T09:33:13.000Z");
    assert_eq!(
        expiry(json!({"expires_at": "2096-05-13T09:33:13.5+02:00"})).await,
        "2096-05-13T07:33:13.500Z"
    );
}

#[tokio::test]
async fn a_certificate_is_known_by_its_thumbprint_and_has_its_own_expiry() {
    let robot = Robot::start().await;
    assert_snapshot!(robot.register(x509_cert(CERTIFICATE)).await.wire(), @r#"
        201 Created
        {"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"x509_cert","thumbprint_sha256":"0OeKjZlDVG5MvSS8y1G4jkKbpnTItaKSlE9xTH83L6g","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z","expires_at":"2035-06-01T00:00:00.000Z"}
    "#);
    let named = with(x509_cert(CERTIFICATE), json!({"name": "Laptop"}));
    assert_snapshot!(robot.register(named).await.wire(), @r#"
        201 Created
        {"id":"cred_jhYQ5ZXEuoQN7Z4KJokEUb","credential_type":"x509_cert","name":"Laptop","thumbprint_sha256":"0OeKjZlDVG5MvSS8y1G4jkKbpnTItaKSlE9xTH83L6g","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z","expires_at":"2035-06-01T00:00:00.000Z"}
    "#);
}

#[tokio::test]
async fn a_subject_is_given_or_read_from_the_certificate() {
    let robot = Robot::start().await;
    let named = with(cert_subject_dn("CN=robot,O=Example GmbH,C=DE"), json!({"name": "Laptop"}));
    assert_snapshot!(robot.register(named).await.wire(), @r#"
        201 Created
        {"id":"cred_UDimHTu4ZeZAg54giDU7vV","credential_type":"cert_subject_dn","name":"Laptop","subject_dn":"CN=robot,O=Example GmbH,C=DE","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}
    "#);
    let body = json!({"credential_type": "cert_subject_dn", "pem": CERTIFICATE});
    assert_snapshot!(robot.register(body).await.wire(), @r#"
        201 Created
        {"id":"cred_jhYQ5ZXEuoQN7Z4KJokEUb","credential_type":"cert_subject_dn","subject_dn":"C=DE\nO=Example GmbH\nCN=robot","created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}
    "#);
}

#[tokio::test]
async fn a_form_does_as_well_as_json() {
    let robot = Robot::start().await;
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("credential_type", "cert_subject_dn"), ("subject_dn", "CN=robot")])
        .finish();
    let request = http::Request::post(format!("/api/v2{}", robot.credentials()))
        .header("authorization", format!("Bearer {}", robot.app.token()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .unwrap();
    let answer = robot.app.send(request).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["subject_dn"]), (201, &json!("CN=robot")));
}

#[tokio::test]
async fn a_client_has_twenty_credentials_at_most() {
    let robot = Robot::start().await;
    for number in 0..20 {
        robot.credential(cert_subject_dn(&format!("CN={number}"))).await;
    }
    assert_snapshot!(robot.register(cert_subject_dn("CN=20")).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: a client cannot have more than 20 credentials","errorCode":"invalid_body"}
    "#);
    let other = format!("/clients/{}", crate::management_api::fixtures::client(&robot.app).await);
    robot.app.create(&format!("{other}/credentials"), cert_subject_dn("CN=20")).await;
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_found() {
    let robot = Robot::start().await;
    let path = "/clients/nobody/credentials";
    assert_snapshot!(robot.app.post(path, public_key(RSA, "RS256")).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
