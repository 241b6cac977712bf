//! What holds for every operation: who is let in, and in which order a request is refused.
//!
//! The table of operations drives all of it, so that an operation without a route, or with one that skips a
//! check, fails here.

use std::sync::LazyLock;

use grantd_decision::Authorization;
use grantd_model::{Client, ClientId, ResourceServerId, Scope, Secret, SigningKey, management_api};
use grantd_schema::Operation;
use grantd_token::{TokenSigner, issue};
use serde_json::{Value, json};

use super::fixtures::{MANAGEMENT, World, assert_is_error, with_payload};
use crate::support::{Answer, App, CountedEntropy, ISSUER, NOW, rsa_key};

const BAD_HEADER: &str = r#"{"statusCode":400,"error":"Bad Request","message":"Bad HTTP authentication header format","errorCode":"Bearer"}"#;
const INVALID: &str = r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}"#;
const EXPIRED: &str = r#"{"statusCode":401,"error":"Unauthorized","message":"Expired token received for JSON Web Token validation","attributes":{"error":"Expired token received for JSON Web Token validation"}}"#;

fn assert_refused(operation: Operation, answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status.as_u16(), &*answer.text), (status, body), "{operation:?}");
    assert_is_error(answer);
    assert_eq!(answer.headers["cache-control"], "no-store");
}

/// A token like the administrator's, made with this key for this audience by this issuer.
fn forged(key: &SigningKey, audience: &str, issuer: &str) -> String {
    let api = management_api(ResourceServerId::from("000000000000000000000001"), audience.into());
    let body = json!({"name": "x"}).as_object().cloned().unwrap();
    let client = Client::from_request(ClientId::from("administration"), Secret::from("x"), body).unwrap();
    let scopes = api.scope_set();
    let scope: Vec<&Scope> = scopes.iter().collect();
    let authorization = Authorization {
        client: &client,
        api: &api,
        scope: scope.into_iter().collect(),
        organization: None,
        names_organization: false,
        confirmation: None,
    };
    let signer = TokenSigner::parse(key).unwrap();
    issue(&authorization, issuer, &signer, NOW, &CountedEntropy::default()).unwrap().access_token
}

async fn own_key(app: &App) -> SigningKey {
    app.store.signing_keys().await.unwrap().remove(0)
}

#[tokio::test]
async fn every_operation_has_a_route() {
    let world = World::start().await;
    for operation in Operation::ALL {
        let answer = world.send(*operation, &[], "").await;
        assert_ne!(answer.status, 404, "{operation:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn without_a_token_nobody_is_let_in() {
    let world = World::start().await;
    for operation in Operation::ALL {
        let answer = world.send(*operation, &[], "{").await;
        let body = r#"{"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}"#;
        assert_refused(*operation, &answer, 401, body);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_a_bad_request() {
    let world = World::start().await;
    let token = world.app.token();
    let headers = [
        "Basic YTpi",
        "Bearer",
        "Bearer ",
        "bearer",
        "Bearer opaque",
        "Bearer a.b",
        "Bearer a.b.c.d",
        &token,
        &format!("Token {token}"),
        &format!("Bearer {token} x"),
        "Bearer a.b.c x",
    ];
    for operation in Operation::ALL {
        for header in headers {
            let answer = world.send(*operation, &[("authorization", header)], "{").await;
            assert_refused(*operation, &answer, 400, BAD_HEADER);
        }
        let bearer = format!("Bearer {token}");
        let twice = [("authorization", &*bearer), ("authorization", &bearer)];
        assert_refused(*operation, &world.send(*operation, &twice, "").await, 400, BAD_HEADER);
    }
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let world = World::start().await;
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
        let header = format!("{scheme} {}", world.app.token());
        let answer = world.send(Operation::ListClientGrants, &[("authorization", &header)], "").await;
        assert_eq!(answer.status, 200, "{scheme:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_expired_token_is_told_so() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", world.app.token());
    let before = world.send(Operation::ListClientGrants, &[("authorization", &bearer)], "").await;
    assert_eq!(before.status, 200, "it was good before");
    world.app.advance(86_400);
    world.app.follower.catch_up().await.unwrap();
    for operation in Operation::ALL {
        let answer = world.send(*operation, &[("authorization", &bearer)], "{").await;
        assert_refused(*operation, &answer, 401, EXPIRED);
        assert_eq!(answer.headers["www-authenticate"], "Bearer error=\"invalid_token\"");
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_api_or_not_of_this_server_is_invalid() {
    static OTHER: LazyLock<SigningKey> = LazyLock::new(|| rsa_key(&CountedEntropy::default()));
    let world = World::start().await;
    let key = own_key(&world.app).await;
    let good = forged(&key, MANAGEMENT, ISSUER);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0";
    let mut same_kid = OTHER.clone();
    same_kid.kid = key.kid.clone();
    let mut other_kid = OTHER.clone();
    other_kid.kid = "another".into();
    let tokens = [
        forged(&key, "https://api.test/", ISSUER),
        forged(&key, "https://auth.test/api/v2", ISSUER),
        forged(&key, MANAGEMENT, "https://evil.test/"),
        forged(&same_kid, MANAGEMENT, ISSUER),
        forged(&other_kid, MANAGEMENT, ISSUER),
        format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        format!("{signed}."),
        format!("{none}.{claims}.{signature}"),
        format!("{none}.{claims}."),
        format!("{header}.{header}.{signature}"),
        "a.b.c".to_owned(),
        "..".to_owned(),
    ];
    for operation in Operation::ALL {
        let answer = world.send(*operation, &[("authorization", &format!("Bearer {good}"))], "").await;
        assert!(![401, 403].contains(&answer.status.as_u16()), "{operation:?}: {}", answer.text);
        for token in &tokens {
            let bearer = format!("Bearer {token}");
            let answer = world.send(*operation, &[("authorization", &bearer)], "{").await;
            assert_refused(*operation, &answer, 401, INVALID);
            assert_eq!(answer.headers["www-authenticate"], "Bearer error=\"invalid_token\"");
        }
    }
}

/// A token with every scope but those that the operation takes.
fn token_without(app: &App, operation: Operation) -> String {
    let api = management_api(ResourceServerId::from("x"), MANAGEMENT.into());
    let scopes: Vec<String> = api.scope_set().iter().map(Scope::to_string).collect();
    let others: Vec<&String> =
        scopes.iter().filter(|scope| !operation.scopes().contains(&scope.as_str())).collect();
    assert!(others.len() < scopes.len(), "{operation:?} takes a scope that the Management API has");
    app.token_with_scopes(&others)
}

fn insufficient(operation: Operation) -> String {
    let scopes = operation.scopes();
    if operation.needs_every_scope() {
        format!("Insufficient scope; expected {}.", scopes.join(" and "))
    } else {
        format!("Insufficient scope, expected any of: {}", scopes.join(", "))
    }
}

#[tokio::test]
async fn a_missing_scope_is_told_before_anything_else() {
    let world = World::start().await;
    for operation in Operation::ALL {
        let bearer = format!("Bearer {}", token_without(&world.app, *operation));
        let expected = json!({
            "statusCode": 403, "error": "Forbidden",
            "message": insufficient(*operation),
            "errorCode": "insufficient_scope",
        });
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let nobodys = operation
            .path()
            .replace("{id}", "x")
            .replace("{grant_id}", "x")
            .replace("{name}", "X")
            .replace("{kid}", "x");
        let nobodys = format!("{nobodys}?unknown=1");
        for (path, body) in [(world.path(*operation), ""), (nobodys, "{")] {
            let answer = world.send_to(*operation, &path, &headers, body).await;
            assert_refused(*operation, &answer, 403, &expected.to_string());
        }
    }
}

#[tokio::test]
async fn each_scope_of_an_operation_suffices_to_be_let_in() {
    let world = World::start().await;
    for operation in Operation::ALL {
        let sets = operation.scopes().iter().map(|scope| vec![*scope]);
        let all = operation.needs_every_scope().then(|| operation.scopes().to_vec());
        let sets: Vec<_> = if let Some(all) = all { vec![all] } else { sets.collect() };
        for scopes in sets {
            let bearer = format!("Bearer {}", world.app.token_with_scopes(&scopes));
            let path = format!("{}?unknown=1", world.path(*operation));
            let answer = world.send_to(*operation, &path, &[("authorization", &bearer)], "").await;
            assert_eq!(answer.json()["errorCode"], "invalid_query_string", "{operation:?} {scopes:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_before_the_body() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", world.app.token());
    let expected = json!({
        "statusCode": 400, "error": "Bad Request",
        "message": "Query validation error: 'Additional properties not allowed: unknown'.",
        "errorCode": "invalid_query_string",
    });
    for operation in Operation::ALL {
        let path = format!("{}?unknown=1", world.path(*operation));
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let answer = world.send_to(*operation, &path, &headers, "{").await;
        assert_refused(*operation, &answer, 400, &expected.to_string());
    }
}

#[tokio::test]
async fn an_unknown_member_of_the_body_is_refused_before_anything_is_looked_up() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", world.app.token());
    let mut operations = 0;
    for operation in with_payload() {
        let mut body = json!({"unknown": 1});
        let required = operation.payload_schema().unwrap()["required"].clone();
        for name in required.as_array().into_iter().flatten().filter_map(Value::as_str) {
            body[name] = json!("x");
        }
        let expected = json!({
            "statusCode": 400, "error": "Bad Request",
            "message": "Payload validation error: 'Additional properties not allowed: unknown'.",
            "errorCode": "invalid_body",
        });
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let nobodys = operation.path().replace("{id}", "x");
        let nobodys = nobodys
            .replace("{client_id}", "x")
            .replace("{credential_id}", "x")
            .replace("{discovery_domain_id}", "x");
        for path in [world.path(operation), nobodys] {
            let answer = world.send_to(operation, &path, &headers, body.to_string()).await;
            assert_refused(operation, &answer, 400, &expected.to_string());
        }
        operations += 1;
    }
    assert_eq!(operations, 19);
}

#[tokio::test]
async fn every_operation_succeeds_with_its_status() {
    for operation in Operation::ALL {
        let world = World::start().await;
        let body = world.body(*operation).await;
        let answer = world.send_json(*operation, body).await;
        assert_eq!(answer.status.as_u16(), operation.success(), "{operation:?}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.text.is_empty(), operation.success() == 204, "{operation:?}");
    }
}
