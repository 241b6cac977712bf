//! POST /clients with credentials

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{CERTIFICATE, P256, RSA, RSA_1024, cert_subject_dn, complaint, public_key, with, x509_cert};
use crate::management_api::fixtures::{Requests, text};
use crate::support::{Answer, App};

fn described(method: &str, credentials: Value) -> Value {
    json!({
        "name": "Robot", "jwt_configuration": {"alg": "RS256"},
        "client_authentication_methods": {method: {"credentials": credentials}},
    })
}

#[tokio::test]
async fn a_client_is_made_with_the_credentials_that_it_is_described_with() {
    let app = App::start().await;
    let credentials =
        json!([with(public_key(P256, "ES256"), json!({"name": "Laptop"})), public_key(RSA, "RS256")]);
    let answer = app.post("/clients", described("private_key_jwt", credentials)).await;
    assert_snapshot!(answer.shown_without_certificate(), @r#"
        201 Created
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
                  "id": "cred_rGMoiDqokdAvrL1xTa1jkH"
                },
                {
                  "id": "cred_hV7AhZAcc1ySWfCkWqrELq"
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
            "alg": "RS256",
            "secret_encoded": false
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
          "signing_keys": [
            {
              "cert": "(a certificate)",
              "pkcs7": "(a bag of certificates)",
              "subject": "deprecated"
            }
          ]
        }
    "#);
    let made = answer.json();
    let listed = app.get(&format!("/clients/{}/credentials", text(&made, "client_id"))).await.json();
    let named = &made["client_authentication_methods"]["private_key_jwt"]["credentials"];
    assert_eq!((&named[0]["id"], &named[1]["id"]), (&listed[1]["id"], &listed[0]["id"]));
    assert_eq!((&listed[1]["name"], &listed[0]["alg"]), (&json!("Laptop"), &json!("RS256")));
}

#[tokio::test]
async fn certificates_and_subjects_have_their_methods() {
    let app = App::start().await;
    for (method, credential) in [
        ("tls_client_auth", cert_subject_dn("CN=robot")),
        ("self_signed_tls_client_auth", x509_cert(CERTIFICATE)),
    ] {
        let made = app.create("/clients", described(method, json!([credential]))).await;
        let path = format!("/clients/{}/credentials", text(&made, "client_id"));
        let listed = app.get(&path).await.json();
        let named = &made["client_authentication_methods"][method]["credentials"];
        assert_eq!(named, &json!([{"id": listed[0]["id"]}]));
    }
}

#[tokio::test]
async fn keys_for_signed_requests_are_registered_too() {
    let app = App::start().await;
    let object = json!({"required": true, "credentials": [public_key(RSA, "PS256")]});
    let made = app.create("/clients", json!({"name": "Robot", "signed_request_object": object})).await;
    let path = format!("/clients/{}/credentials", text(&made, "client_id"));
    let listed = app.get(&path).await.json();
    let expected = json!({"required": true, "credentials": [{"id": listed[0]["id"]}]});
    assert_eq!(made["signed_request_object"], expected);
    assert!(made.get("client_secret").is_some(), "requests are another matter than authentication");
}

#[tokio::test]
async fn nothing_is_made_when_a_credential_cannot_be_used() {
    let app = App::start().await;
    let weak = json!([public_key(P256, "ES256"), public_key(RSA_1024, "RS256")]);
    let answer = app.post("/clients", described("private_key_jwt", weak)).await;
    let expected = "`pem` cannot be used: the RSA modulus has 1024 bits, not 2048 to 8192";
    assert_eq!(complaint(&answer), expected);
    let twins = |kid: &str| with(public_key(P256, "ES256"), json!({"kid": kid}));
    let other = with(public_key(RSA, "RS256"), json!({"kid": "1234567890"}));
    let taken = app.post("/clients", described("private_key_jwt", json!([twins("1234567890"), other]))).await;
    assert_eq!(complaint(&taken), "another key of the client has the same `kid`");
    let three = json!([twins("1234567890"), twins("1234567891"), twins("1234567892")]);
    let many = app.post("/clients", described("private_key_jwt", three)).await;
    assert_eq!(complaint(&many), "`client_authentication_methods` takes at most 2 credentials");
    let flood = json!((0..21).map(|_| cert_subject_dn("CN=x")).collect::<Vec<_>>());
    let flooded = app.post("/clients", described("tls_client_auth", flood)).await;
    assert_eq!(complaint(&flooded), "a client cannot have more than 20 credentials");
    assert_eq!(app.get("/clients").await.json(), json!([]));
}

#[tokio::test]
async fn a_secret_and_a_key_exclude_each_other() {
    let app = App::start().await;
    let both = json!({"token_endpoint_auth_method": "client_secret_post"});
    let keys = json!([public_key(P256, "ES256")]);
    let answer = app.post("/clients", with(described("private_key_jwt", keys.clone()), both)).await;
    assert_eq!(
        complaint(&answer),
        "`client_authentication_methods` and `token_endpoint_auth_method` are mutually exclusive"
    );
    for alg in [json!({}), json!({"alg": "HS256"})] {
        let body = with(described("private_key_jwt", keys.clone()), json!({"jwt_configuration": alg}));
        assert_eq!(
            complaint(&app.post("/clients", body).await),
            "`client_authentication_methods` requires `jwt_configuration.alg` to be RS256"
        );
    }
}

#[tokio::test]
async fn strict_third_party_clients_sign_and_use_no_certificates() {
    let app = App::start().await;
    let strict = |method: &str, credential: Value| {
        let third_party = json!({"is_first_party": false, "third_party_security_mode": "strict"});
        with(described(method, json!([credential])), third_party)
    };
    app.create("/clients", strict("private_key_jwt", public_key(P256, "ES256"))).await;
    for (method, credential) in [
        ("tls_client_auth", cert_subject_dn("CN=robot")),
        ("self_signed_tls_client_auth", x509_cert(CERTIFICATE)),
    ] {
        let answer = app.post("/clients", strict(method, credential)).await;
        assert_eq!(
            complaint(&answer),
            "mTLS client authentication is not available to strict third-party clients"
        );
    }
}

#[tokio::test]
async fn who_makes_clients_does_not_register_credentials_by_that() {
    let app = App::start().await;
    let refused = |answer: &Answer| answer.json()["message"].as_str().unwrap().to_owned();
    let keys = json!([public_key(RSA_1024, "RS256")]);
    let signed = json!({"name": "x", "signed_request_object": {"credentials": keys}});
    for body in [described("private_key_jwt", json!([])), signed] {
        let answer = app.call_holding(&["create:clients"], "POST", "/clients", Some(body.clone())).await;
        let expected = "Insufficient scope, expected any of: create:client_credentials";
        assert_eq!((answer.status.as_u16(), refused(&answer).as_str()), (403, expected), "{body}");
    }
    let required = json!({"name": "x", "signed_request_object": {"required": false}});
    assert_eq!(app.call_holding(&["create:clients"], "POST", "/clients", Some(required)).await.status, 201);
}
