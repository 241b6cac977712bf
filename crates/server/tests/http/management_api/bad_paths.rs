//! Paths, queries and methods that mean nothing here.

use http::Request;
use insta::assert_snapshot;

use super::fixtures::{Requests, World, assert_is_error};
use crate::support::App;

#[tokio::test]
async fn an_unknown_path_is_not_found_with_or_without_a_token() {
    let app = App::start().await;
    let request = Request::post("/api/v2/teapots").body("{}".into()).unwrap();
    assert_snapshot!(app.send(request).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Not Found"}
    "#);
    for path in
        ["/teapots", "/", "", "/client-grants/", "//client-grants", "/client-grants/x/y", "/Client-Grants"]
    {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["message"].as_str()),
            (404, Some("Not Found")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_an_unknown_path() {
    let app = App::start().await;
    assert_snapshot!(app.call("PUT", "/client-grants", None).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"Not Found"}
    "#);
    for (method, path) in [
        ("DELETE", "/client-grants"),
        ("POST", "/client-grants/x"),
        ("PUT", "/clients/x"),
        ("OPTIONS", "/clients"),
        ("TRACE", "/clients"),
        ("GET", "/clients/x/rotate-secret"),
        ("POST", "/tenants/settings"),
        ("BREW", "/clients"),
    ] {
        let answer = app.call(method, path, None).await;
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_is_error(&answer);
    }
}

#[tokio::test]
async fn escapes_that_are_none_stay_as_they_are() {
    let app = App::start().await;
    for id in ["%zz", "%", "%4", "%%", "%00", "%0a", "%2e%2e", "%2F", "..%2f..%2fclients", "%F0%9F%A6%80"] {
        let answer = app.get(&format!("/client-grants/{id}")).await;
        // PostgreSQL cannot look for a text with U+0000.
        let status = if id == "%00" && app.is_on_postgres() { 400 } else { 404 };
        assert_eq!(answer.status, status, "{id}: {}", answer.text);
        assert_is_error(&answer);
    }
}

#[tokio::test]
async fn a_path_that_is_not_utf8_is_refused() {
    let app = App::start().await;
    assert_snapshot!(app.get("/client-grants/%ff").await.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Path validation error: the path is not UTF-8","errorCode":"invalid_uri"}
    "#);
    for path in ["/clients/%C3%28", "/organizations/name/%80", "/resource-servers/https:%2F%2F%ED%A0%80"] {
        assert_eq!(app.get(path).await.json()["errorCode"], "invalid_uri", "{path}");
    }
}

#[tokio::test]
async fn long_paths_and_queries_are_answered() {
    let world = World::start().await;
    let long = "x".repeat(60_000);
    for path in [
        format!("/client-grants/{long}"),
        format!("/clients/{long}"),
        format!("/resource-servers/{}", "%25".repeat(15_000)),
        format!("/organizations/name/{long}"),
        format!("/organizations/{long}"),
        format!("/organizations/{long}/client-grants"),
        format!("/{long}"),
        format!("/client-grants?audience={long}"),
        format!("/client-grants?{long}=1"),
        format!("/clients?q={}", "a:b%20AND%20".repeat(4000)),
        format!("/clients?fields={}", "name,".repeat(10_000)),
        format!("/client-grants?from={long}"),
        format!("/resource-servers?{}", "identifiers=x&".repeat(4000)),
        format!("/client-grants?{}", "&".repeat(60_000)),
    ] {
        let answer = world.app.get(&path).await;
        assert!(!answer.status.is_server_error(), "{}", answer.text);
        if answer.status.is_client_error() {
            assert_is_error(&answer);
        }
    }
}

#[tokio::test]
async fn strange_queries_are_answered() {
    let app = App::start().await;
    for query in [
        "audience=%",
        "audience=%zz",
        "audience=%ff",
        "audience=%00",
        "%ff=1",
        "%00=1",
        "=",
        "audience",
        "audience[]=x",
        "audience[a]=x",
        "audience=a&audience=b",
        "page=%31",
        "page=1e2",
        "page=+1",
        "page=0x1",
        "page=01",
        "include_totals=TRUE",
        "include_totals=1",
        "from=%00",
        "take=5&take=6",
        "client_id='%20OR%201=1%20--",
    ] {
        let answer = app.get(&format!("/client-grants?{query}")).await;
        assert!(!answer.status.is_server_error(), "{query}: {}", answer.text);
        if answer.status.is_client_error() {
            assert_is_error(&answer);
        }
    }
}

#[tokio::test]
async fn an_identifier_that_looks_like_sql_names_nothing() {
    let world = World::start().await;
    for id in ["'%20OR%20'1'='1", "x';DROP%20TABLE%20client_grants;--", "%25", "_"] {
        assert_eq!(world.app.get(&format!("/client-grants/{id}")).await.status, 404, "{id}");
        assert_eq!(world.app.delete(&format!("/client-grants/{id}")).await.status, 204, "{id}");
    }
    assert_eq!(world.app.get(&format!("/client-grants/{}", world.grant)).await.status, 200);
}
