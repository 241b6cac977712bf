//! `PATCH /clients/{id}`: credentials that may not count, and members that exclude each other

use serde_json::{Value, json};

use super::{CERTIFICATE, P256, RSA, Robot, cert_subject_dn, complaint, methods, public_key, x509_cert};
use crate::management_api::fixtures::{Requests, client, text};

fn wrong_type(id: &str, needed: &str) -> String {
    format!("credential {id} must be of the type {needed}")
}

#[tokio::test]
async fn credentials_of_another_type() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let subject = robot.credential(cert_subject_dn("CN=robot")).await;
    let certificate = robot.credential(x509_cert(CERTIFICATE)).await;
    for (method, id, needed) in [
        ("private_key_jwt", &subject, "public_key"),
        ("private_key_jwt", &certificate, "public_key"),
        ("tls_client_auth", &key, "cert_subject_dn"),
        ("tls_client_auth", &certificate, "cert_subject_dn"),
        ("self_signed_tls_client_auth", &key, "x509_cert"),
        ("self_signed_tls_client_auth", &subject, "x509_cert"),
    ] {
        assert_eq!(complaint(&robot.enable(method, &[id]).await), wrong_type(id, needed), "{method}");
    }
    let object = json!({"signed_request_object": {"credentials": [{"id": certificate}]}});
    assert_eq!(complaint(&robot.change(object).await), wrong_type(&certificate, "public_key"));
}

#[tokio::test]
async fn credentials_that_are_not_the_clients() {
    let robot = Robot::start().await;
    let other = client(&robot.app).await;
    let path = format!("/clients/{other}/credentials");
    let anothers = text(&robot.app.create(&path, public_key(P256, "ES256")).await, "id");
    for id in [&*anothers, "cred_none"] {
        let expected = format!("the client has no credential with the id {id}");
        assert_eq!(complaint(&robot.enable("private_key_jwt", &[id]).await), expected);
        let object = json!({"signed_request_object": {"credentials": [{"id": id}]}});
        assert_eq!(complaint(&robot.change(object).await), expected);
    }
    let odd = robot.enable("private_key_jwt", &["key 1"]).await;
    assert!(complaint(&odd).contains("format credential-id: key 1"), "{}", odd.text);
}

#[tokio::test]
async fn too_many_credentials_or_one_twice() {
    let robot = Robot::start().await;
    let mut ids = Vec::new();
    for alg in ["RS256", "RS384", "PS256"] {
        ids.push(robot.credential(public_key(RSA, alg)).await);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let three = robot.enable("private_key_jwt", &ids).await;
    assert_eq!(complaint(&three), "`client_authentication_methods` takes at most 2 credentials");
    let twice = robot.enable("private_key_jwt", &[ids[0], ids[0]]).await;
    assert_eq!(complaint(&twice), format!("credential {} is named more than once", ids[0]));
}

#[tokio::test]
async fn more_than_one_method() {
    let robot = Robot::start().await;
    let both = json!({"private_key_jwt": {"credentials": []}, "tls_client_auth": {"credentials": []}});
    for (body, expected) in [
        (both, "'Too many properties defined (2), maximum 1'"),
        (json!({}), "'Too few properties defined (0), minimum 1'"),
        (json!({"client_secret_jwt": {"credentials": []}}), "'Additional properties not allowed"),
    ] {
        let answer = robot.change(json!({"client_authentication_methods": body})).await;
        assert!(complaint(&answer).starts_with(expected), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_secret_beside_a_key() {
    let robot = Robot::start().await;
    let key = robot.credential(public_key(P256, "ES256")).await;
    let exclusive = "`client_authentication_methods` and `token_endpoint_auth_method` are mutually exclusive";
    robot.change(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
    assert_eq!(complaint(&robot.enable("private_key_jwt", &[&key]).await), exclusive);
    robot.change(json!({"token_endpoint_auth_method": null})).await;
    assert_eq!(robot.enable("private_key_jwt", &[&key]).await.status, 200);
    let refused = [
        (json!({"token_endpoint_auth_method": "client_secret_post"}), exclusive),
        (json!({"token_endpoint_auth_method": "none"}), exclusive),
        (
            json!({"client_secret": "a new secret"}),
            "a client with `client_authentication_methods` has no client secret",
        ),
        (
            json!({"jwt_configuration": {"alg": "HS256"}}),
            "`client_authentication_methods` requires `jwt_configuration.alg` to be RS256",
        ),
    ];
    for (body, expected) in refused {
        assert_eq!(complaint(&robot.change(body.clone()).await), expected, "{body}");
    }
    let back: Value = json!({"client_authentication_methods": null, "client_secret": "a new secret"});
    assert_eq!(robot.change(back).await.json()["client_secret"], "a new secret");
}

#[tokio::test]
async fn without_rs256_for_id_tokens() {
    let robot = Robot::start().await;
    let plain = format!("/clients/{}", client(&robot.app).await);
    let body = json!({"client_authentication_methods": methods("private_key_jwt", &[])});
    assert_eq!(
        complaint(&robot.app.patch(&plain, body).await),
        "`client_authentication_methods` requires `jwt_configuration.alg` to be RS256"
    );
}
