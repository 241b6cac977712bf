//! Requests in JSON.

use super::scene::Stage;
use super::wire::{JSON, post, post_bytes};

const GRANTED: &str = "200 [read write]";

/// The usual request, and these members after it.
fn body(more: &str) -> String {
    format!(
        r#"{{"grant_type":"client_credentials","client_id":"{{client}}","client_secret":"{{secret}}","audience":"https://orders"{more}}}"#
    )
}

async fn line(stage: &Stage, body: &str) -> String {
    stage.in_a_line(&post(stage, &[("content-type", JSON)], body).await)
}

#[tokio::test]
async fn json_works_like_a_form() {
    let stage = Stage::usual().await;
    assert_eq!(line(&stage, &body("")).await, GRANTED);
    assert_eq!(line(&stage, &body(r#","scope":"read""#)).await, GRANTED);
    let answer = line(&stage, &body(r#","scope":"r\u0065ad\tdelete\u0000""#)).await;
    assert_eq!(answer, "403 access_denied: Client has not been granted scopes: read\tdelete\0");
}

#[tokio::test]
async fn members_that_are_not_known_are_ignored_whatever_they_are() {
    let stage = Stage::usual().await;
    for value in ["null", "1", "[1,2]", r#"{"a":{"b":[]}}"#, "true", r#""x""#, "1e308"] {
        assert_eq!(line(&stage, &body(&format!(r#","test":{value}"#))).await, GRANTED);
    }
}

#[tokio::test]
async fn known_members_are_text() {
    let stage = Stage::usual().await;
    for value in ["1", "true", "[]", r#"["read"]"#, "{}"] {
        for name in ["scope", "organization", "client_assertion"] {
            let answer = line(&stage, &body(&format!(r#","{name}":{value}"#))).await;
            assert_eq!(answer, format!("400 invalid_request: Parameter {name} must be a string"));
        }
        let answer = line(&stage, &body(&format!(r#","resource":{value}"#))).await;
        assert_eq!(answer, "400 invalid_target: Only one resource can be requested");
        let answer = line(&stage, &format!(r#"{{"grant_type":{value}}}"#)).await;
        assert_eq!(answer, "400 invalid_request: Parameter grant_type must be a string");
        let answer =
            line(&stage, &format!(r#"{{"grant_type":"client_credentials","audience":{value}}}"#)).await;
        assert_eq!(answer, "400 invalid_request: Parameter audience must be a string");
    }
}

#[tokio::test]
async fn a_member_stands_there_once() {
    let stage = Stage::usual().await;
    for name in ["audience", "client_secret", "\\u0061udience", "test"] {
        let answer = line(&stage, &body(&format!(r#","{name}":"https://orders","{name}":"x""#))).await;
        let name = name.replace("\\u0061", "a");
        let start = format!("400 invalid_request: Invalid JSON: duplicate member {name:?} at line 1 column ");
        assert!(answer.starts_with(&start), "{answer}");
    }
}

#[tokio::test]
async fn an_empty_text_is_none() {
    let stage = Stage::usual().await;
    assert_eq!(line(&stage, &body(r#","scope":"","organization":"","resource":"""#)).await, GRANTED);
    let answer = line(&stage, r#"{"grant_type":""}"#).await;
    assert_eq!(answer, "400 invalid_request: Missing required parameter: grant_type");
}

/// Auth0's Python SDK sends `"organization": null` with every request that names none.
#[tokio::test]
async fn null_is_none() {
    let stage = Stage::usual().await;
    let nulls = r#","scope":null,"organization":null,"resource":null,"client_assertion":null"#;
    assert_eq!(line(&stage, &body(nulls)).await, GRANTED);
    let answer = line(&stage, r#"{"grant_type":null}"#).await;
    assert_eq!(answer, "400 invalid_request: Missing required parameter: grant_type");
}

#[tokio::test]
async fn what_is_not_an_object_is_malformed() {
    let stage = Stage::usual().await;
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for text in
        ["", "[]", "1", "null", r#""x""#, "{", "{}{}", "{'a':1}", r#"{"a":"\ud800"}"#, &deep, "\u{feff}{}"]
    {
        let answer = line(&stage, text).await;
        assert!(answer.starts_with("400 invalid_request: Invalid JSON: "), "{answer}");
    }
    let answer = post_bytes(&stage, &[("content-type", JSON)], b"{\"scope\":\"\xff\"}".to_vec()).await;
    assert!(stage.in_a_line(&answer).starts_with("400 invalid_request: Invalid JSON: "));
    assert_eq!(line(&stage, "{}").await, "400 invalid_request: Missing required parameter: grant_type");
}
