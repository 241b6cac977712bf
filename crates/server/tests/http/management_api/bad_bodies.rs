//! Bodies that are too long, too deep, of no known type, or no JSON that can be trusted.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use grantd_schema::Operation;
use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, World, assert_is_error, with_payload};
use crate::support::Answer;

const LIMIT: usize = 1024 * 1024;

async fn create(body: impl Into<Body>) -> Answer {
    World::start().await.send_json(Operation::CreateOrganization, body).await
}

#[tokio::test]
async fn a_body_of_a_byte_more_than_a_mebibyte_is_too_long() {
    assert_snapshot!(create(" ".repeat(LIMIT + 1)).await.wire(), @r#"
        413 Payload Too Large
        {"statusCode":413,"error":"Request Entity Too Large","message":"Payload content length greater than maximum allowed: 1048576"}
    "#);
    let world = World::start().await;
    for operation in with_payload() {
        let answer = world.send_json(operation, vec![b'['; LIMIT + 1]).await;
        assert_eq!(answer.status, 413, "{operation:?}: {}", answer.text);
        assert_is_error(&answer);
    }
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_as_it_comes() {
    let pieces = (0..=1024).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1024])));
    assert_eq!(create(Body::from_stream(stream::iter(pieces))).await.status, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_so() {
    let pieces = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))];
    assert_snapshot!(create(Body::from_stream(stream::iter(pieces))).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload stream closed prematurely","errorCode":"invalid_body"}
    "#);
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_read() {
    let mut body = json!({"name": "x"}).to_string();
    body.push_str(&" ".repeat(LIMIT - body.len()));
    assert_eq!(create(body).await.status, 201);
}

#[tokio::test]
async fn a_body_that_is_nested_too_deeply_is_refused() {
    assert_snapshot!(create("[".repeat(10_000)).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid request payload JSON format: recursion limit exceeded at line 1 column 128","errorCode":"invalid_body"}
    "#);
    let objects = format!("{}1{}", r#"{"name":"#.repeat(10_000), "}".repeat(10_000));
    assert_snapshot!(create(objects).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid request payload JSON format: recursion limit exceeded at line 1 column 1017","errorCode":"invalid_body"}
    "#);
    let metadata = format!(r#"{{"name":"x","metadata":{}1{}}}"#, r#"{"a":"#.repeat(100), "}".repeat(100));
    assert_eq!(create(metadata).await.status, 400);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    assert_snapshot!(create("{").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid request payload JSON format: EOF while parsing an object at line 1 column 1","errorCode":"invalid_body"}
    "#);
    assert_snapshot!(create(&b"{\"name\": \"\xff\"}"[..]).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid request payload JSON format: invalid unicode code point at line 1 column 11","errorCode":"invalid_body"}
    "#);
    for body in [
        "{'name': 'x'}",
        "{\"name\": \"x\",}",
        "name=x",
        "\u{feff}{\"name\": \"x\"}",
        "{\"name\": \"x\"} {}",
        "NaN",
        "{\"name\": \"a\nb\"}",
        "{\"name\": \"\\ud800\"}",
        "{\"name\": \"\\udc00\\ud800\"}",
        "{\"name\": 01}",
        "{\"name\": \"\\x41\"}",
        "{\"name\": \"x\"",
        "//x\n{}",
        "\0",
        " ",
        "\t\r\n",
    ] {
        let answer = create(body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errorCode"]),
            (400, &json!("invalid_body")),
            "{body:?}"
        );
        assert_is_error(&answer);
    }
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused() {
    assert_snapshot!(create(r#"{"name": "a", "name": "b"}"#).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Invalid request payload JSON format: duplicate member \"name\" at line 1 column 26","errorCode":"invalid_body"}
    "#);
    for body in [r#"{"name": "a", "n\u0061me": "a"}"#, r#"{"name": "a", "metadata": {"x": "1", "x": "2"}}"#] {
        assert_eq!(create(body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn types_that_are_not_understood_are_refused() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", world.app.token());
    let of_type = async |content_type: &str, name: &str| {
        let headers = [("authorization", &*bearer), ("content-type", content_type)];
        world.send(Operation::CreateOrganization, &headers, json!({"name": name}).to_string()).await
    };
    assert_snapshot!(of_type("text/plain", "x").await.wire(), @r#"
        415 Unsupported Media Type
        {"statusCode":415,"error":"Unsupported Media Type","message":"Unsupported Media Type"}
    "#);
    for unknown in
        ["application/xml", "multipart/form-data; boundary=x", "text/json", "application/jsonx", "x", "*/*"]
    {
        let answer = of_type(unknown, "x").await;
        assert_eq!(answer.status, 415, "{unknown}");
        assert_is_error(&answer);
    }
    for (number, known) in [
        "application/json;charset=utf-8",
        "APPLICATION/JSON",
        " application/json ; x",
        "application/merge-patch+json",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(of_type(known, &format!("x{number}")).await.status, 201, "{known}");
    }
    let untyped = [("authorization", &*bearer)];
    let answer = world.send(Operation::CreateOrganization, &untyped, r#"{"name": "y"}"#).await;
    assert_eq!(answer.status, 201, "without a type it is taken for JSON");
}

#[tokio::test]
async fn what_is_no_object_is_refused_by_every_operation_that_takes_a_body() {
    let world = World::start().await;
    for operation in with_payload() {
        for (body, found) in [
            ("", "null"),
            ("null", "null"),
            ("[]", "array"),
            ("\"x\"", "string"),
            ("5", "integer"),
            ("1.5", "number"),
            ("true", "boolean"),
        ] {
            let answer = world.send_json(operation, body).await;
            let message = format!("Payload validation error: 'Expected type object but found type {found}'.");
            let expected = json!({"statusCode": 400, "error": "Bad Request", "message": message, "errorCode": "invalid_body"});
            assert_eq!(answer.text, expected.to_string(), "{operation:?} {body:?}");
        }
    }
}

#[tokio::test]
async fn a_grant_has_at_most_a_thousand_scopes() {
    let world = World::start().await;
    let body = |count: usize| {
        let scope: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        json!({"scope": scope})
    };
    let path = format!("/client-grants/{}", world.grant);
    assert_snapshot!(world.app.patch(&path, body(10_000)).await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Array is too long (10000), maximum 1000' on property scope (Scopes allowed for this client grant).","errorCode":"invalid_body"}
    "#);
    assert_eq!(world.app.patch(&path, body(1001)).await.status, 400);
    let answer = world.app.patch(&path, body(1000)).await;
    assert_eq!(answer.json()["scope"].as_array().unwrap().len(), 1000);
    assert_eq!(world.app.get(&path).await.text, answer.text);
}

#[tokio::test]
async fn control_characters_are_kept_or_refused_and_harm_nothing() {
    let world = World::start().await;
    let strange = [
        "\0",
        "a\0b",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{fffd}",
        "\u{10ffff}",
        "\u{feff}",
    ];
    for text in strange {
        let grant = format!("/client-grants/{}", world.grant);
        let answer = world.app.patch(&grant, json!({"scope": [text]})).await;
        assert_eq!(answer.json()["scope"], json!([text]), "{text:?}: {}", answer.text);
        assert_eq!(world.app.get(&grant).await.json()["scope"], json!([text]));
        for (path, body) in [
            ("/resource-servers", json!({"identifier": text, "name": text})),
            ("/clients", json!({"name": text, "client_metadata": {text: text}})),
            ("/organizations", json!({"name": "x", "display_name": text, "metadata": {text: text}})),
            ("/organizations", json!({"name": text})),
            ("/client-grants", json!({"client_id": text, "audience": API})),
            ("/client-grants", json!({"client_id": world.client, "audience": text, "subject_type": "user"})),
        ] {
            let answer = world.app.post(path, body.clone()).await;
            assert!(!answer.status.is_server_error(), "{text:?} {body}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn numbers_are_whole_when_they_are_and_refused_when_they_cannot_be() {
    let world = World::start().await;
    let path = format!("/resource-servers/{}", world.api);
    for (number, expected) in [
        ("86400.0", Some("86400")),
        ("1e3", Some("1000")),
        ("12.5e1", Some("125")),
        ("0", Some("0")),
        ("-0", Some("0")),
        ("-0.0", Some("0")),
        ("2592000", Some("2592000")),
        ("1e308", None),
        ("1e400", None),
        ("-1e400", None),
        ("1e-400", Some("0")),
        ("0.5", None),
        ("-1", None),
        ("9007199254740993", None),
        ("18446744073709551616", None),
        ("2592000.0000001", None),
        ("1e", None),
        ("0x10", None),
        ("\"60\"", None),
        ("true", None),
    ] {
        let body = format!(r#"{{"token_lifetime": {number}}}"#);
        let answer = world.send_json(Operation::UpdateResourceServer, body).await;
        let Some(expected) = expected else {
            assert_eq!(answer.status, 400, "{number}: {}", answer.text);
            assert_is_error(&answer);
            continue;
        };
        assert_eq!(answer.status, 200, "{number}: {}", answer.text);
        let read = world.app.get(&path).await.text;
        for text in [&answer.text, &read] {
            assert!(text.contains(&format!("\"token_lifetime\":{expected},")), "{number}: {text}");
        }
    }
}

#[tokio::test]
async fn a_body_on_an_operation_that_takes_none_is_not_looked_at() {
    for operation in Operation::ALL.iter().filter(|operation| operation.payload_schema().is_none()) {
        let answer = World::start().await.send_json(*operation, "{\"tea\"").await;
        assert_eq!(answer.status.as_u16(), operation.success(), "{operation:?}: {}", answer.text);
    }
}
