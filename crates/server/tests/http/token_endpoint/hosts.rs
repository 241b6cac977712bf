//! Attack case 18: whoever asks chooses neither the issuer nor an address, in whichever header it names a host.

use http::Request;
use http::request::Builder;
use serde_json::json;

use super::dpop::proof;
use super::keys::P256;
use super::scene::{Stage, claims};
use super::wire::{FORM, signed_form};
use crate::support::{Answer, App};

const EVIL: [(&str, &str); 7] = [
    ("host", "evil.test"),
    ("x-forwarded-host", "evil.test"),
    ("x-forwarded-server", "evil.test"),
    ("x-original-url", "/evil"),
    ("x-rewrite-url", "/evil"),
    ("x-forwarded-prefix", "/evil"),
    ("forwarded", "host=evil.test;proto=http"),
];

/// The same request with every header that could name another host.
fn poisoned(request: Builder) -> Builder {
    EVIL.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn get(app: &App, request: Builder) -> Answer {
    app.send(request.body("".into()).unwrap()).await
}

#[tokio::test]
async fn what_is_published_names_the_issuers_host_alone() {
    let app = App::start().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ] {
        let plain = get(&app, Request::get(path)).await;
        let poisoned = get(&app, poisoned(Request::get(path))).await;
        // Caches that are shared may keep it, so it must not depend on who asks.
        assert_eq!(
            (plain.status, &plain.headers, &plain.text),
            (poisoned.status, &poisoned.headers, &poisoned.text)
        );
        assert!(!poisoned.text.contains("evil"), "{path}");
    }
}

#[tokio::test]
async fn a_token_is_the_issuers_whatever_host_was_asked() {
    let stage = Stage::usual().await;
    let body = stage.filled(&signed_form("")).replace("{secret}", stage.secret());
    let request = poisoned(Request::post("/oauth/token").header("content-type", FORM));
    let answer = stage.app.send(request.body(body.into()).unwrap()).await;
    assert_eq!(stage.in_a_line(&answer), "200 [read write]");
    assert_eq!(claims(answer.json()["access_token"].as_str().unwrap())["iss"], "https://auth.test/");
}

#[tokio::test]
async fn a_proof_for_another_host_is_refused_though_the_request_names_that_host() {
    let stage =
        Stage::with_api(json!({"proof_of_possession": {"mechanism": "dpop", "required": true}})).await;
    let body = stage.filled(&signed_form("")).replace("{secret}", stage.secret());
    for (htu, expected) in [("https://evil.test/oauth/token", 400), ("https://auth.test/oauth/token", 200)] {
        let proof = proof(&P256, jsonwebtoken::Algorithm::ES256, &json!({"htu": htu}));
        let request = Request::post("/oauth/token").header("content-type", FORM).header("dpop", proof);
        let answer = stage.app.send(poisoned(request).body(body.clone().into()).unwrap()).await;
        assert_eq!(answer.status, expected, "{htu}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_management_api_answers_as_itself_whatever_host_was_asked() {
    let app = App::recording().await;
    app.create("/organizations", json!({"name": "acme"})).await;
    app.events().await;
    let request =
        |path: &str| Request::get(path.to_owned()).header("authorization", format!("Bearer {}", app.token()));
    for path in
        ["/api/v2/logs?take=1", "/api/v2/resource-servers", "/api/v2/keys/signing", "/grantd/v1/export"]
    {
        let (plain, poisoned) = (get(&app, request(path)).await, get(&app, poisoned(request(path))).await);
        assert_eq!(
            (plain.status.as_u16(), &plain.headers, &plain.text),
            (200, &poisoned.headers, &poisoned.text)
        );
        assert!(!format!("{:?}{}", poisoned.headers, poisoned.text).contains("evil"), "{path}");
    }
}

/// The token that the token endpoint gives for an API of somebody's, with that API's name in every header.
#[tokio::test]
async fn a_token_for_another_api_does_not_manage_whatever_host_was_asked() {
    let mut stage = Stage::usual().await;
    let evil = "https://evil.test/api/v2/";
    let scope = json!(["read:clients"]);
    let api = json!({"identifier": evil, "scopes": [{"value": "read:clients"}]});
    stage.create("evil", "/resource-servers", &api).await;
    let grant = json!({"client_id": "{client}", "audience": evil, "scope": scope});
    stage.create("", "/client-grants", &grant).await;
    let answer = stage.ask(&[("audience", evil)]).await;
    assert_eq!(stage.in_a_line(&answer), "200 [read:clients]");
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    for path in ["/api/v2/clients", "/api/v2/../api/v2/clients", "/grantd/v1/settings"] {
        let request = poisoned(Request::get(path)).header("authorization", &bearer);
        let answer = get(&stage.app, request).await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
    }
    let absolute = Request::get("https://evil.test/api/v2/clients").header("authorization", &bearer);
    assert_eq!(get(&stage.app, absolute).await.status, 401);
}
