//! GET /api/v2/keys/signing/{kid}

use insta::assert_snapshot;

use super::fixtures::{Requests, text};
use crate::support::App;

#[tokio::test]
async fn each_listed_key_is_found_by_its_kid() {
    let app = App::start().await;
    for key in app.get("/keys/signing").await.json().as_array().unwrap() {
        let found = app.get(&format!("/keys/signing/{}", text(key, "kid"))).await;
        assert_eq!((found.status.as_u16(), &found.json()), (200, key));
    }
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let app = App::start().await;
    assert_snapshot!(app.get("/keys/signing/none").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Signing key not found."}
    "#);
}

#[tokio::test]
async fn nothing_private_is_shown() {
    let app = App::start().await;
    let shown = app.get("/keys/signing").await.text;
    assert!(!shown.contains("PRIVATE"), "{shown}");
    let names = "kid cert pkcs7 current next previous current_since fingerprint thumbprint revoked";
    let keys = app.get("/keys/signing").await.json();
    let current: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(current.join(" "), names);
}
