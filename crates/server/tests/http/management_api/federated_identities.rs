//! `/grantd/v1/clients/{client_id}/federated_identities`

use http::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{MANAGEMENT, client, grant, text};
use crate::support::{Answer, App};

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const NOBODY: &str = "Zz9plural0Zz9plural0Zz9plural0Zz";

/// A P-256 key, public.
fn jwks() -> Value {
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": "one", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }]})
}

async fn call(app: &App, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/grantd/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map(Value::to_string).unwrap_or_default().into())
        .unwrap();
    app.send(request).await
}

/// An application with a client, and the path of its identities.
async fn start() -> (App, String) {
    let app = App::start().await;
    let path = format!("/clients/{}/federated_identities", client(&app).await);
    (app, path)
}

/// With every scope.
async fn ask(app: &App, method: &str, path: &str, body: Option<&Value>) -> Answer {
    call(app, &app.token(), method, path, body).await
}

async fn made(app: &App, path: &str, body: &Value) -> Value {
    let answer = ask(app, "POST", path, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn main_branch() -> Value {
    json!({"issuer": GITHUB, "subject": "repo:acme/app:ref:refs/heads/main"})
}

/// The wire with identifiers left out that another order of tests would change.
fn shown(answer: &Answer, ids: &[&str]) -> String {
    ids.iter().enumerate().fold(answer.wire(), |wire, (number, id)| wire.replace(id, &format!("<{number}>")))
}

#[tokio::test]
async fn an_identity_is_created_with_all_members_and_read_back() {
    let (app, path) = start().await;
    let body = json!({
        "name": "main branch", "issuer": "https://issuer.example/7",
        "claims": {"repository": "acme/app", "ref": ["refs/heads/main", "refs/tags/*"]},
        "audience": "api://grantd", "jwks": jwks(),
    });
    let created = ask(&app, "POST", &path, Some(&body)).await;
    let (id, client) = (text(&created.json(), "id"), text(&created.json(), "client_id"));
    assert!(id.starts_with("fid_") && id.len() == 26, "{id}");
    assert_snapshot!(shown(&created, &[&id, &client]), @r#"
        201 Created
        {"id":"<0>","client_id":"<1>","name":"main branch","issuer":"https://issuer.example/7","claims":{"ref":["refs/heads/main","refs/tags/*"],"repository":"acme/app"},"audience":"api://grantd","jwks":{"keys":[{"kty":"EC","crv":"P-256","kid":"one","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]},"created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}
    "#);
    let read = ask(&app, "GET", &format!("{path}/{id}"), None).await;
    assert_eq!((read.status.as_u16(), &read.text), (200, &created.text));
    let listed = ask(&app, "GET", &path, None).await;
    assert_eq!(listed.text, format!(r#"{{"federated_identities":[{}]}}"#, created.text));
}

#[tokio::test]
async fn a_change_replaces_what_it_names_and_null_removes() {
    let (app, path) = start().await;
    let created = made(&app, &path, &main_branch()).await;
    let (id, client) = (text(&created, "id"), text(&created, "client_id"));
    app.advance(5);
    let change = json!({"subject": null, "claims": {"repository": "acme/app"}, "name": "any branch"});
    let changed = ask(&app, "PATCH", &format!("{path}/{id}"), Some(&change)).await;
    assert_snapshot!(shown(&changed, &[&id, &client]), @r#"
        200 OK
        {"id":"<0>","client_id":"<1>","name":"any branch","issuer":"https://token.actions.githubusercontent.com","claims":{"repository":"acme/app"},"created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:10.000Z"}
    "#);
    let everybody = ask(&app, "PATCH", &format!("{path}/{id}"), Some(&json!({"claims": null}))).await;
    assert_eq!(everybody.status, 400, "{}", everybody.text);
}

#[tokio::test]
async fn a_deleted_identity_is_gone_and_deleting_it_again_is_no_failure() {
    let (app, path) = start().await;
    let id = text(&made(&app, &path, &main_branch()).await, "id");
    let one = format!("{path}/{id}");
    for _ in 0..2 {
        assert_eq!(ask(&app, "DELETE", &one, None).await.wire(), "204 No Content");
    }
    for method in ["GET", "PATCH"] {
        let body = (method == "PATCH").then(|| json!({"name": "x"}));
        let expected = concat!(
            r#"{"statusCode":404,"error":"Not Found","message":"The federated identity does not exist","#,
            r#""errorCode":"inexistent_federated_identity"}"#
        );
        assert_eq!(ask(&app, method, &one, body.as_ref()).await.text, expected, "{method}");
    }
    assert_eq!(ask(&app, "GET", &path, None).await.text, r#"{"federated_identities":[]}"#);
}

#[tokio::test]
async fn an_identity_is_under_its_client_only() {
    let (app, path) = start().await;
    let other = format!("/clients/{}/federated_identities", client(&app).await);
    let id = text(&made(&app, &path, &main_branch()).await, "id");
    let foreign = format!("{other}/{id}");
    assert_eq!(ask(&app, "GET", &foreign, None).await.status, 404);
    assert_eq!(ask(&app, "PATCH", &foreign, Some(&json!({"name": "x"}))).await.status, 404);
    assert_eq!(ask(&app, "DELETE", &foreign, None).await.status, 204);
    assert_eq!(ask(&app, "GET", &format!("{path}/{id}"), None).await.status, 200, "it is still there");
}

#[tokio::test]
async fn a_client_that_is_not_there_has_none() {
    let app = App::start().await;
    let path = format!("/clients/{NOBODY}/federated_identities");
    let one = format!("{path}/fid_1");
    for (method, path, body) in [
        ("GET", &path, None),
        ("POST", &path, Some(main_branch())),
        ("GET", &one, None),
        ("PATCH", &one, Some(json!({"name": "x"}))),
        ("DELETE", &one, None),
    ] {
        let answer = ask(&app, method, path, body.as_ref()).await;
        assert_eq!(answer.json()["errorCode"], "inexistent_client", "{method} {path}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_its_reason() {
    let (app, path) = start().await;
    let with = |more: Value| {
        let mut body = main_branch();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let private = {
        let mut jwks = jwks();
        jwks["keys"][0]["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
        jwks
    };
    for (body, message) in [
        (
            json!({"issuer": GITHUB}),
            "without subject and claims every token of the issuer would be the client's",
        ),
        (with(json!({"claims": {"aud": "x"}})), "a rule on aud says nothing about whose the token is"),
        (
            with(json!({"claims": {"sub": "repo:acme*"}})),
            "repo:acme* cannot be matched: `*` stands at the end, after a character that is no letter and no digit",
        ),
        (
            with(json!({"subject": "repo:acme/*"})),
            "subject is compared exactly; a rule on the claim sub takes a `*` at its end",
        ),
        (with(json!({"claims": {"": "x"}})), "a claim's name has 1 to 256 bytes"),
        (with(json!({"issuer": "github"})), "issuer is not an issuer: it does not begin with https://"),
        (with(json!({"issuer": "http://issuer.example"})), "issuer cannot be asked: only https is spoken"),
        (
            with(json!({"issuer": "https://169.254.169.254"})),
            "issuer cannot be asked: 169.254.169.254 is not a public address",
        ),
        (
            with(json!({"issuer": "https://2130706433/"})),
            "issuer cannot be asked: 127.0.0.1 is not a public address",
        ),
        (
            with(json!({"jwks_uri": "https://[::1]/keys"})),
            "jwks_uri cannot be asked: ::1 is not a public address",
        ),
        (
            with(json!({"jwks_uri": "https://issuer.example:8443/keys"})),
            "jwks_uri cannot be asked: port 8443 is not asked, only 443",
        ),
        (
            with(json!({"jwks_uri": "file:///etc/passwd"})),
            "jwks_uri cannot be fetched: it does not begin with https://",
        ),
        (
            with(json!({"jwks": jwks(), "jwks_uri": "https://issuer.example/keys"})),
            "jwks and jwks_uri exclude each other",
        ),
        (
            with(json!({"jwks": {"keys": []}})),
            "jwks cannot be used: the key set has no key that could be used",
        ),
        (with(json!({"jwks": private})), "jwks cannot be used: the key set has a private key in it"),
        (with(json!({"jwks": {}})), "jwks cannot be used: this is not a JSON Web Key Set"),
    ] {
        let answer = ask(&app, "POST", &path, Some(&body)).await;
        let told = answer.json();
        let expected = format!("Payload validation error: {message}");
        assert_eq!((answer.status.as_u16(), told["message"].as_str().unwrap()), (400, &*expected), "{body}");
        assert_eq!(told["errorCode"], "invalid_body");
    }
    assert_eq!(ask(&app, "GET", &path, None).await.text, r#"{"federated_identities":[]}"#);
}

#[tokio::test]
async fn a_body_of_another_form_is_refused() {
    let (app, path) = start().await;
    let long = "x".repeat(1025);
    for body in [
        json!({}),
        json!([]),
        json!({"issuer": GITHUB, "subject": "x", "tea": 1}),
        json!({"issuer": GITHUB, "subject": "x", "id": "fid_1"}),
        json!({"issuer": GITHUB, "subject": "x", "client_id": "x"}),
        json!({"issuer": 7, "subject": "x"}),
        json!({"issuer": "", "subject": "x"}),
        json!({"issuer": format!("https://{}", "x".repeat(505)), "subject": "x"}),
        json!({"issuer": GITHUB, "subject": ""}),
        json!({"issuer": GITHUB, "subject": null}),
        json!({"issuer": GITHUB, "subject": long}),
        json!({"issuer": GITHUB, "claims": {}}),
        json!({"issuer": GITHUB, "claims": []}),
        json!({"issuer": GITHUB, "claims": {"a": []}}),
        json!({"issuer": GITHUB, "claims": {"a": 1}}),
        json!({"issuer": GITHUB, "claims": {"a": true}}),
        json!({"issuer": GITHUB, "claims": {"a": ["x", 1]}}),
        json!({"issuer": GITHUB, "claims": {"a": {"b": "c"}}}),
        json!({"issuer": GITHUB, "claims": {"a": long}}),
        json!({"issuer": GITHUB, "claims": (0..21).map(|n| (n.to_string(), json!("x"))).collect::<Value>()}),
        json!({"issuer": GITHUB, "subject": "x", "audience": ""}),
        json!({"issuer": GITHUB, "subject": "x", "jwks": "text"}),
    ] {
        let answer = ask(&app, "POST", &path, Some(&body)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errorCode"]),
            (400, &json!("invalid_body")),
            "{body}"
        );
    }
    assert_eq!(ask(&app, "POST", &path, None).await.status, 400);
    let id = text(&made(&app, &path, &main_branch()).await, "id");
    for body in [json!({}), json!({"issuer": null}), json!({"id": "fid_2"}), json!({"created_at": "2020"})] {
        let answer = ask(&app, "PATCH", &format!("{path}/{id}"), Some(&body)).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    let query = ask(&app, "GET", &format!("{path}?page=1"), None).await;
    assert_eq!(query.json()["errorCode"], "invalid_query_string");
}

#[tokio::test]
async fn each_operation_has_a_scope_of_its_own() {
    let (app, path) = start().await;
    let one = format!("{path}/{}", text(&made(&app, &path, &main_branch()).await, "id"));
    for (method, path, scope, success) in [
        ("GET", &path, "read:client_credentials", 200),
        ("POST", &path, "create:client_credentials", 201),
        ("GET", &one, "read:client_credentials", 200),
        ("PATCH", &one, "update:client_credentials", 200),
        ("DELETE", &one, "delete:client_credentials", 204),
    ] {
        let body = match method {
            "POST" => Some(main_branch()),
            "PATCH" => Some(json!({"name": "x"})),
            _ => None,
        };
        let others: Vec<String> = ["read", "create", "update", "delete"]
            .map(|verb| format!("{verb}:client_credentials"))
            .into_iter()
            .filter(|other| other != scope)
            .chain(["update:clients".to_owned(), "update:client_keys".to_owned()])
            .collect();
        let refused = call(&app, &app.token_with_scopes(&others), method, path, body.as_ref()).await;
        let message = format!("Insufficient scope, expected any of: {scope}");
        assert_eq!((refused.status.as_u16(), &refused.json()["message"]), (403, &json!(message)), "{method}");
        let taken = call(&app, &app.token_with_scopes(&[scope]), method, path, body.as_ref()).await;
        assert_eq!(taken.status, success, "{method} {path}: {}", taken.text);
    }
    let request = Request::get(format!("/grantd/v1{path}")).body("".into()).unwrap();
    assert_eq!(app.send(request).await.status, 401);
}

/// Whoever has a token of the issuer can do what the client can.
#[tokio::test]
async fn an_identity_of_a_client_that_may_more_takes_as_much() {
    let (app, path) = start().await;
    let id = path.split('/').nth(2).unwrap();
    let existing = format!("{path}/{}", text(&made(&app, &path, &main_branch()).await, "id"));
    grant(&app, json!({"client_id": id, "audience": MANAGEMENT, "scope": ["delete:clients"]})).await;
    let scopes = ["create:client_credentials", "update:client_credentials"];
    let (body, change) = (main_branch(), json!({"subject": "mine"}));
    let attempts = [("POST", &path, &body, 201), ("PATCH", &existing, &change, 200)];
    for (method, path, body, success) in attempts {
        let refused = call(&app, &app.token_with_scopes(&scopes), method, path, Some(body)).await;
        assert_eq!(refused.status, 403, "{method}: {}", refused.text);
        assert!(refused.text.contains("do not hold yourself: delete:clients"), "{}", refused.text);
        let as_much = app.token_with_scopes(&[scopes[0], scopes[1], "delete:clients"]);
        assert_eq!(call(&app, &as_much, method, path, Some(body)).await.status, success);
    }
}

#[tokio::test]
async fn a_client_has_at_most_20() {
    let (app, path) = start().await;
    for number in 0..20 {
        made(&app, &path, &json!({"issuer": GITHUB, "subject": number.to_string()})).await;
    }
    assert_snapshot!(ask(&app, "POST", &path, Some(&main_branch())).await.wire(), @r#"
        409 Conflict
        {"statusCode":409,"error":"Conflict","message":"A client has at most 20 federated identities","errorCode":"too_many_records"}
    "#);
}

#[tokio::test]
async fn a_client_goes_with_its_identities() {
    let (app, path) = start().await;
    let id = path.split('/').nth(2).unwrap().to_owned();
    made(&app, &path, &main_branch()).await;
    assert_eq!(app.call("DELETE", &format!("/clients/{id}"), None).await.status, 204);
    assert_eq!(ask(&app, "GET", &path, None).await.json()["errorCode"], "inexistent_client");
    let snapshot = app.follower.current().unwrap();
    assert!(snapshot.federated_identities_of(&id).is_empty());
}
