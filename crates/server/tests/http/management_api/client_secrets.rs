//! GET, POST, PATCH and DELETE `/grantd/v1/clients/{client_id}/secrets`

use http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{MANAGEMENT, Requests, client, grant, system_grant, text};
use crate::support::{Answer, App};

/// A request with every scope; the path is relative to `/grantd/v1/clients`.
pub async fn call(app: &App, method: &str, path: &str, body: Option<Value>) -> Answer {
    call_with(app, &app.token(), method, path, body).await
}

async fn call_with(app: &App, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/grantd/v1/clients{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map(|body| body.to_string()).unwrap_or_default().into())
        .unwrap();
    app.send(request).await
}

/// A new secret of the client: its id and its value.
pub async fn add(app: &App, client: &str, body: Value) -> (String, String) {
    let answer = call(app, "POST", &format!("/{client}/secrets"), Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    (text(&answer.json(), "id"), text(&answer.json(), "client_secret"))
}

/// What the list says of each secret.
pub async fn list(app: &App, client: &str) -> Vec<Value> {
    let answer = call(app, "GET", &format!("/{client}/secrets"), None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["secrets"].as_array().unwrap().clone()
}

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), text(&answer.json(), "errorCode"))
}

#[tokio::test]
async fn a_client_begins_with_the_secret_that_auth0s_api_shows() {
    let app = App::start().await;
    let id = client(&app).await;
    let answer = app.call_holding(&["read:client_keys"], "GET", &format!("/clients/{id}"), None).await;
    assert!(answer.json().get("further_secrets").is_none(), "nothing of ours in Auth0's bodies");
    let token = app.token_with_scopes(&["read:client_keys"]);
    let answer = call_with(&app, &token, "GET", &format!("/{id}/secrets"), None).await;
    assert_snapshot!(answer.wire(), @r#"
        200 OK
        {"secrets":[{"id":"sec_0000019b7ca98c88","label":null,"created_at":"2026-01-02T03:04:05.000Z","expires_at":null,"last_used_at":null,"expired":false,"current":true,"safe_to_remove":false}]}
    "#);
}

#[tokio::test]
async fn a_new_secret_is_shown_once() {
    let app = App::start().await;
    let id = client(&app).await;
    let token = app.token_with_scopes(&["update:client_keys"]);
    let body = json!({"label": "blue", "expires_in": 3600});
    let answer = call_with(&app, &token, "POST", &format!("/{id}/secrets"), Some(body)).await;
    let value = text(&answer.json(), "client_secret");
    assert_eq!(value.len(), 64);
    assert_snapshot!(answer.wire().replace(&value, "(64 characters)"), @r#"
        201 Created
        {"id":"sec_0000019b7ca98c89","label":"blue","created_at":"2026-01-02T03:04:05.000Z","expires_at":"2026-01-02T04:04:05.000Z","last_used_at":null,"expired":false,"current":false,"safe_to_remove":false,"client_secret":"(64 characters)"}
    "#);
    let listed = call(&app, "GET", &format!("/{id}/secrets"), None).await;
    let auth0s = app.get(&format!("/clients/{id}")).await;
    assert!(!listed.text.contains(&value) && !auth0s.text.contains(&value));
    assert_eq!(listed.json()["secrets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn no_body_asks_for_a_secret_without_label_and_end() {
    let app = App::start().await;
    let id = client(&app).await;
    let answer = call(&app, "POST", &format!("/{id}/secrets"), None).await;
    let made = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &made["label"], &made["expires_at"]),
        (201, &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn label_and_end_are_changed_one_by_one_and_null_takes_them_away() {
    let app = App::start().await;
    let id = client(&app).await;
    let (secret, _) = add(&app, &id, json!({"label": "blue"})).await;
    let path = format!("/{id}/secrets/{secret}");
    let body = json!({"expires_at": "2026-02-01T01:00:00+01:00"});
    assert_snapshot!(call(&app, "PATCH", &path, Some(body)).await.wire(), @r#"
        200 OK
        {"id":"sec_0000019b7ca98c89","label":"blue","created_at":"2026-01-02T03:04:05.000Z","expires_at":"2026-02-01T00:00:00.000Z","last_used_at":null,"expired":false,"current":false,"safe_to_remove":false}
    "#);
    let terms = async |body: Value| {
        let answer = call(&app, "PATCH", &path, Some(body)).await.json();
        (answer["label"].clone(), answer["expires_at"].clone())
    };
    let end = json!("2026-02-01T00:00:00.000Z");
    assert_eq!(terms(json!({"label": null})).await, (Value::Null, end.clone()));
    assert_eq!(terms(json!({"label": "green – ü"})).await, (json!("green – ü"), end.clone()));
    assert_eq!(terms(json!({})).await, (json!("green – ü"), end));
    assert_eq!(terms(json!({"expires_in": 60})).await.1, json!("2026-01-02T03:05:05.000Z"));
    assert_eq!(terms(json!({"expires_at": null})).await, (json!("green – ü"), Value::Null));
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let app = App::start().await;
    let id = client(&app).await;
    let (secret, _) = add(&app, &id, json!({})).await;
    for body in [
        json!([]),
        json!({"tea": 1}),
        json!({"client_secret": "chosen"}),
        json!({"label": ""}),
        json!({"label": "x".repeat(129)}),
        json!({"label": "two\nlines"}),
        json!({"label": 1}),
        json!({"expires_at": "2026-01-02T03:04:05Z"}),
        json!({"expires_at": "2036-01-01T00:00:00Z"}),
        json!({"expires_at": "tomorrow"}),
        json!({"expires_at": 1}),
        json!({"expires_in": 0}),
        json!({"expires_in": 315_360_001}),
        json!({"expires_in": 1.5}),
        json!({"expires_in": null}),
        json!({"expires_in": 60, "expires_at": "2026-02-01T00:00:00Z"}),
        json!({"expires_in": 60, "expires_at": null}),
    ] {
        for (method, path) in
            [("POST", format!("/{id}/secrets")), ("PATCH", format!("/{id}/secrets/{secret}"))]
        {
            let answer = call(&app, method, &path, Some(body.clone())).await;
            assert_eq!(refused(&answer), (400, "invalid_body".into()), "{method} {body}: {}", answer.text);
        }
    }
    assert_eq!(list(&app, &id).await.len(), 2);
}

#[tokio::test]
async fn queries_are_refused_but_for_the_time_that_a_secret_may_be_unused() {
    let app = App::start().await;
    let id = client(&app).await;
    for query in ["tea=1", "unused_for", "unused_for=", "unused_for=119", "unused_for=x", "unused_for=-1"] {
        let answer = call(&app, "GET", &format!("/{id}/secrets?{query}"), None).await;
        assert_eq!(refused(&answer), (400, "invalid_query_string".into()), "{query}: {}", answer.text);
    }
    for (method, path) in
        [("POST", ""), ("PATCH", "/sec_0000019b7ca98c88"), ("DELETE", "/sec_0000019b7ca98c88")]
    {
        let path = format!("/{id}/secrets{path}?unused_for=120");
        let answer = call(&app, method, &path, None).await;
        assert_eq!(refused(&answer), (400, "invalid_query_string".into()), "{method}: {}", answer.text);
    }
    assert_eq!(call(&app, "GET", &format!("/{id}/secrets?unused_for=120"), None).await.status, 200);
}

#[tokio::test]
async fn the_newest_other_secret_takes_the_place_of_a_removed_current_one() {
    let app = App::start().await;
    let id = client(&app).await;
    app.advance(1);
    add(&app, &id, json!({})).await;
    app.advance(1);
    let (newest, value) = add(&app, &id, json!({"label": "newest"})).await;
    let first = text(&list(&app, &id).await[0], "id");
    let answer = call(&app, "DELETE", &format!("/{id}/secrets/{first}"), None).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (204, ""));
    let current = list(&app, &id).await.into_iter().find(|secret| secret["current"] == true).unwrap();
    assert_eq!((text(&current, "id"), &current["label"]), (newest, &json!("newest")));
    assert_eq!(text(&app.get(&format!("/clients/{id}")).await.json(), "client_secret"), value);
}

#[tokio::test]
async fn the_last_live_secret_stays() {
    let app = App::start().await;
    let id = client(&app).await;
    let (short, _) = add(&app, &id, json!({"expires_in": 60})).await;
    let first = text(&list(&app, &id).await[0], "id");
    app.advance(60);
    app.follower.catch_up().await.unwrap();
    let path = format!("/{id}/secrets/{first}");
    assert_snapshot!(call(&app, "DELETE", &path, None).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"The last live secret of a client cannot be deleted; add another first","errorCode":"last_client_secret"}
    "#);
    let expired = list(&app, &id).await.pop().unwrap();
    assert_eq!((&expired["expired"], &expired["safe_to_remove"]), (&json!(true), &json!(true)));
    assert_eq!(call(&app, "DELETE", &format!("/{id}/secrets/{short}"), None).await.status, 204);
    assert_eq!(list(&app, &id).await.len(), 1);
}

#[tokio::test]
async fn a_client_has_at_most_ten_secrets_however_many_are_asked_for_at_once() {
    let app = App::start().await;
    let id = client(&app).await;
    let path = format!("/{id}/secrets");
    let answers = futures_util::future::join_all((0..15).map(|_| call(&app, "POST", &path, None))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((made, list(&app, &id).await.len()), (9, 10));
    let refused = answers.iter().find(|answer| answer.status != 201).unwrap();
    assert_snapshot!(refused.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"A client has at most 10 secrets; delete one first","errorCode":"too_many_client_secrets"}
    "#);
}

#[tokio::test]
async fn of_two_secrets_removed_at_once_one_stays() {
    let app = App::start().await;
    let id = client(&app).await;
    add(&app, &id, json!({})).await;
    let ids: Vec<String> = list(&app, &id).await.iter().map(|secret| text(secret, "id")).collect();
    let paths: Vec<String> = ids.iter().map(|secret| format!("/{id}/secrets/{secret}")).collect();
    let (one, other) =
        tokio::join!(call(&app, "DELETE", &paths[0], None), call(&app, "DELETE", &paths[1], None));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!((statuses, list(&app, &id).await.len()), ([204, 409], 1));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = App::start().await;
    let (id, other) = (client(&app).await, client(&app).await);
    let (foreign, _) = add(&app, &other, json!({})).await;
    for path in [
        format!("/{id}/secrets/{foreign}"),
        format!("/{id}/secrets/sec_"),
        format!("/{id}/secrets/{other}"),
        format!("/nobody/secrets/{foreign}"),
    ] {
        for method in ["PATCH", "DELETE"] {
            let answer = call(&app, method, &path, None).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        }
    }
    assert_snapshot!(call(&app, "DELETE", &format!("/{id}/secrets/{foreign}"), None).await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client secret does not exist","errorCode":"inexistent_client_secret"}
    "#);
    for method in ["GET", "POST"] {
        let answer = call(&app, method, "/nobody/secrets", None).await;
        assert_eq!(refused(&answer), (404, "inexistent_client".into()), "{method}");
    }
    assert_eq!(list(&app, &other).await.len(), 2);
}

#[tokio::test]
async fn they_need_the_scopes_of_client_keys() {
    let app = App::start().await;
    let id = client(&app).await;
    let all = ["read:clients", "update:clients", "read:client_credentials", "update:client_credentials"];
    let read = app.token_with_scopes(&[&all[..], &["update:client_keys"]].concat());
    assert_snapshot!(call_with(&app, &read, "GET", &format!("/{id}/secrets"), None).await.wire(), @r#"
        403 Forbidden
        {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:client_keys","errorCode":"insufficient_scope"}
    "#);
    let change = app.token_with_scopes(&[&all[..], &["read:client_keys"]].concat());
    for (method, path) in [("POST", "secrets"), ("PATCH", "secrets/sec_x"), ("DELETE", "secrets/sec_x")] {
        let answer = call_with(&app, &change, method, &format!("/{id}/{path}?tea=1"), None).await;
        assert_eq!(refused(&answer), (403, "insufficient_scope".into()), "{method}");
    }
    for method in ["GET", "POST"] {
        assert_eq!(call_with(&app, "a.b.c", method, &format!("/{id}/secrets"), None).await.status, 401);
    }
}

#[tokio::test]
async fn nobody_gives_themselves_a_secret_of_a_client_that_may_more() {
    let app = App::start().await;
    let id = client(&app).await;
    grant(&app, json!({"client_id": id, "audience": MANAGEMENT, "scope": ["delete:clients"]})).await;
    let (secret, _) = add(&app, &id, json!({})).await;
    let token = app.token_with_scopes(&["read:client_keys", "update:client_keys"]);
    for (method, path) in [("POST", ""), ("PATCH", &*format!("/{secret}")), ("DELETE", &format!("/{secret}"))]
    {
        let answer = call_with(&app, &token, method, &format!("/{id}/secrets{path}"), None).await;
        assert_eq!(answer.status, 403, "{method}: {}", answer.text);
        assert!(answer.text.contains("do not hold yourself: delete:clients"), "{}", answer.text);
        assert!(!answer.text.contains("client_secret"), "{}", answer.text);
    }
    assert_eq!(list(&app, &id).await.len(), 2);
}

#[tokio::test]
async fn the_administration_client_keeps_a_secret_that_lasts() {
    let app = App::start().await;
    let id = client(&app).await;
    system_grant(&app, &id).await;
    let first = text(&list(&app, &id).await[0], "id");
    let expire = async |secret: &str| {
        let path = format!("/{id}/secrets/{secret}");
        call(&app, "PATCH", &path, Some(json!({"expires_in": 60}))).await
    };
    assert_eq!(refused(&expire(&first).await), (403, "operation_not_supported".into()));
    let (short, _) = add(&app, &id, json!({"expires_in": 60})).await;
    let answer = call(&app, "DELETE", &format!("/{id}/secrets/{first}"), None).await;
    assert_eq!(refused(&answer), (403, "operation_not_supported".into()), "the other one will end");
    call(&app, "PATCH", &format!("/{id}/secrets/{short}"), Some(json!({"expires_at": null}))).await;
    assert_eq!(expire(&first).await.status, 200);
}

#[tokio::test]
async fn auth0s_operations_replace_the_current_secret_and_leave_the_others_alone() {
    let app = App::start().await;
    let id = client(&app).await;
    let (further, _) = add(&app, &id, json!({"label": "further"})).await;
    let first = text(&list(&app, &id).await[0], "id");
    let current = json!({"label": "current", "expires_in": 60});
    call(&app, "PATCH", &format!("/{id}/secrets/{first}"), Some(current)).await;
    app.advance(10);
    let mut former = first;
    for (method, path, body) in [
        ("POST", format!("/clients/{id}/rotate-secret"), None),
        ("PATCH", format!("/clients/{id}"), Some(json!({"client_secret": "chosen-by-somebody"}))),
    ] {
        assert_eq!(app.call(method, &path, body).await.status, 200);
        let secrets = list(&app, &id).await;
        assert_eq!((secrets.len(), &secrets[0]["id"]), (2, &json!(further)), "{method}");
        let current = &secrets[1];
        assert_eq!((&current["label"], &current["expires_at"]), (&Value::Null, &Value::Null), "{method}");
        assert_eq!((&current["current"], &current["last_used_at"]), (&json!(true), &Value::Null), "{method}");
        assert_eq!(current["created_at"], "2026-01-02T03:04:15.000Z", "{method}");
        assert_ne!(current["id"], json!(former), "{method}");
        former = text(current, "id");
    }
    let same = json!({"client_secret": "chosen-by-somebody", "name": "Renamed"});
    app.advance(10);
    assert_eq!(app.patch(&format!("/clients/{id}"), same).await.status, 200);
    assert_eq!(list(&app, &id).await[1]["id"], json!(former), "the same value again is the same secret");
}

#[tokio::test]
async fn a_deleted_client_takes_its_secrets_along() {
    let app = App::start().await;
    let id = client(&app).await;
    add(&app, &id, json!({})).await;
    app.delete(&format!("/clients/{id}")).await;
    assert_eq!(call(&app, "GET", &format!("/{id}/secrets"), None).await.status, 404);
}
