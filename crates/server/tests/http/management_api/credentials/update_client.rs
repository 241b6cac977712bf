//! `PATCH /clients/{id}` with authentication methods

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{CERTIFICATE, P256, RSA, Robot, cert_subject_dn, methods, public_key, x509_cert};
use crate::management_api::fixtures::{Requests, text};

#[tokio::test]
async fn a_key_takes_the_place_of_the_secret_and_gives_it_back() {
    let robot = Robot::start().await;
    robot.change(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
    let secret = text(&robot.app.get(&robot.path).await.json(), "client_secret");
    let key = robot.credential(public_key(P256, "ES256")).await;
    let body = json!({
        "client_authentication_methods": methods("private_key_jwt", &[&key]), "token_endpoint_auth_method": null,
    });
    let answer = robot.change(body).await;
    assert_snapshot!(answer.shown_without_certificate(), @r#"
        200 OK
        {
          "tenant": "auth.test",
          "client_id": "Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk",
          "name": "Robot",
          "global": false,
          "is_first_party": true,
          "grant_types": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials"
          ],
          "client_authentication_methods": {
            "private_key_jwt": {
              "credentials": [
                {
                  "id": "cred_UDimHTu4ZeZAg54giDU7vV"
                }
              ]
            }
          },
          "is_token_endpoint_ip_header_trusted": false,
          "oidc_conformant": false,
          "sso_disabled": false,
          "cross_origin_authentication": false,
          "custom_login_page_on": true,
          "jwt_configuration": {
            "secret_encoded": false,
            "lifetime_in_seconds": 36000,
            "alg": "RS256"
          },
          "refresh_token": {
            "rotation_type": "non-rotating",
            "expiration_type": "non-expiring",
            "leeway": 0,
            "token_lifetime": 2592000,
            "infinite_token_lifetime": true,
            "infinite_idle_token_lifetime": true,
            "idle_token_lifetime": 1296000
          },
          "app_type": "non_interactive",
          "signing_keys": [
            {
              "cert": "(a certificate)",
              "pkcs7": "(a bag of certificates)",
              "subject": "deprecated"
            }
          ]
        }
    "#);
    assert_eq!(robot.app.get(&robot.path).await.json(), answer.json());
    let back = json!({
        "client_authentication_methods": null, "signed_request_object": null,
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let client = robot.change(back).await.json();
    assert_eq!(client.get("client_authentication_methods"), None);
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(client["client_secret"], secret);
}

#[tokio::test]
async fn two_keys_count_while_one_takes_over_from_the_other() {
    let robot = Robot::start().await;
    let [one, other] =
        [robot.credential(public_key(P256, "ES256")).await, robot.credential(public_key(RSA, "PS256")).await];
    for ids in [vec![&*one], vec![&*other, &*one], vec![&*other]] {
        let answer = robot.enable("private_key_jwt", &ids).await;
        assert_eq!(answer.json()["client_authentication_methods"], methods("private_key_jwt", &ids));
    }
    assert_eq!(robot.app.delete(&format!("{}/{one}", robot.credentials())).await.status, 204);
}

#[tokio::test]
async fn each_method_has_its_type_of_credential() {
    let robot = Robot::start().await;
    for (method, body) in [
        ("private_key_jwt", public_key(P256, "ES256")),
        ("tls_client_auth", cert_subject_dn("CN=robot")),
        ("self_signed_tls_client_auth", x509_cert(CERTIFICATE)),
    ] {
        let id = robot.credential(body).await;
        let answer = robot.enable(method, &[&id]).await;
        assert_eq!(answer.json()["client_authentication_methods"], methods(method, &[&id]));
    }
}

#[tokio::test]
async fn a_method_without_credentials_lets_nobody_in() {
    let robot = Robot::start().await;
    let answer = robot.enable("private_key_jwt", &[]).await.json();
    assert_eq!(answer["client_authentication_methods"], methods("private_key_jwt", &[]));
    assert_eq!(answer.get("client_secret"), None);
}

#[tokio::test]
async fn keys_for_signed_requests_are_named_in_the_same_way() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(RSA, "RS256")).await;
    let object = json!({"required": true, "credentials": [{"id": key}]});
    let answer = robot.change(json!({"signed_request_object": object})).await.json();
    assert_eq!(answer["signed_request_object"], object);
}

#[tokio::test]
async fn the_methods_are_shown_to_who_may_read_keys_or_credentials() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    robot.enable("private_key_jwt", &[&key]).await;
    for (scope, shown) in [
        ("read:clients", false),
        ("read:client_summary", false),
        ("read:client_keys", true),
        ("read:client_credentials", true),
    ] {
        let client = robot.app.call_holding(&[scope], "GET", &robot.path, None).await.json();
        let seen: Option<&Value> = client.get("client_authentication_methods");
        assert_eq!(seen.is_some(), shown, "{scope}");
        assert_eq!(client.get("client_secret"), None, "{scope}");
    }
    let path = format!("{}?fields=client_authentication_methods", robot.path);
    let mut named = robot.app.get(&path).await.json();
    named.as_object_mut().unwrap().shift_remove("signing_keys");
    assert_eq!(named, json!({"client_authentication_methods": methods("private_key_jwt", &[&key])}));
    let renamed =
        robot.app.call_holding(&["update:clients"], "PATCH", &robot.path, Some(json!({"name": "x"})));
    assert_eq!(renamed.await.json().get("client_authentication_methods"), None);
}

#[tokio::test]
async fn either_scope_changes_the_methods() {
    let robot = Robot::start().await;
    let body = json!({"client_authentication_methods": methods("private_key_jwt", &[])});
    for scope in ["update:clients", "update:client_credentials"] {
        let answer = robot.app.call_holding(&[scope], "PATCH", &robot.path, Some(body.clone())).await;
        assert_eq!(answer.status, 200, "{scope}: {}", answer.text);
    }
    let answer = robot.app.call_holding(&["update:client_keys"], "PATCH", &robot.path, Some(body)).await;
    assert_eq!(answer.status, 403);
}
