//! Credentials in the Authorization header, and more than one set of them.

use std::path::Path;

use axum::body::Body;
use http::{HeaderValue, Request};
use serde_json::json;

use super::scene::{Scene, Stage};
use super::wire::{FORM, basic, form, post, signed_form};
use crate::support::Answer;

const GRANTED: &str = "200 [read write]";
const UNAUTHORIZED: &str = "401 access_denied: Unauthorized";
const MALFORMED: &str = "400 invalid_request: The Authorization header is malformed";
const TWO_METHODS: &str = "400 invalid_request: More than one client authentication method was used";
const ASSERTION: &str =
    "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=e30.e30.";

async fn ask(stage: &Stage, authorization: &str, body: &str) -> Answer {
    post(stage, &[("content-type", FORM), ("authorization", authorization)], body).await
}

async fn line(stage: &Stage, authorization: &str, body: &str) -> String {
    stage.in_a_line(&ask(stage, authorization, body).await)
}

#[tokio::test]
async fn the_header_authenticates_whatever_the_case_of_its_scheme() {
    let stage = Stage::usual().await;
    let header = basic(&stage, "{client}:{secret}");
    let encoded = header.strip_prefix("Basic ").unwrap();
    for scheme in ["Basic", "basic", "BASIC"] {
        assert_eq!(line(&stage, &format!("{scheme} {encoded}"), &form("")).await, GRANTED);
    }
    assert_eq!(line(&stage, &header, &form("&client_id={client}")).await, GRANTED);
}

#[tokio::test]
async fn wrong_credentials_in_the_header_are_unauthorized_and_told_the_scheme() {
    let stage = Stage::usual().await;
    for credentials in
        ["{client}:wrong", "{client}:", "nobody:{secret}", ":{secret}", ":", "{client}:{secret} "]
    {
        let answer = ask(&stage, &basic(&stage, credentials), &form("")).await;
        assert_eq!(stage.in_a_line(&answer), UNAUTHORIZED, "{credentials}");
        assert_eq!(answer.headers["www-authenticate"], r#"Basic realm="oauth/token", charset="UTF-8""#);
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_malformed() {
    let stage = Stage::usual().await;
    let no_colon = basic(&stage, "{client}");
    let unpadded = basic(&stage, "a:bc").replace('=', "");
    let not_utf8 = "Basic /zr/";
    for header in [&no_colon, &unpadded, not_utf8, "Basic !!!", "Basic", "Basic ", "Basic a b"] {
        assert_eq!(line(&stage, header, &form("")).await, MALFORMED, "{header}");
        // Right credentials beside it do not make it better.
        assert_eq!(line(&stage, header, &signed_form("")).await, MALFORMED, "{header}");
    }
}

#[tokio::test]
async fn two_headers_are_malformed() {
    let stage = Stage::usual().await;
    let right = basic(&stage, "{client}:{secret}");
    for (first, second) in [(right.as_str(), right.as_str()), (&right, "Bearer x"), ("Bearer x", &right)] {
        let headers = [("content-type", FORM), ("authorization", first), ("authorization", second)];
        assert_eq!(stage.in_a_line(&post(&stage, &headers, &form("")).await), MALFORMED);
    }
}

#[tokio::test]
async fn other_schemes_are_not_looked_at() {
    let stage = Stage::usual().await;
    for header in ["Bearer x", "Bearer", "DPoP x", "Digest username=\"x\""] {
        assert_eq!(line(&stage, header, &signed_form("")).await, GRANTED);
        assert_eq!(line(&stage, header, &form("")).await, UNAUTHORIZED);
    }
}

/// RFC 6749 §2.3, and the decoy beside a valid secret of CVE-2026-16093.
#[tokio::test]
async fn two_methods_in_one_request_are_refused() {
    let stage = Stage::usual().await;
    let header = basic(&stage, "{client}:{secret}");
    let none = "Bearer x";
    for (header, body) in [
        (header.as_str(), form("&client_secret={secret}")),
        (&header, signed_form("")),
        (&header, form("&client_secret=wrong")),
        (&header, form(ASSERTION)),
        (&header, form("&client_assertion=x")),
        (&header, form("&client_assertion_type=x")),
        (none, signed_form(ASSERTION)),
        (none, signed_form("&client_assertion=x")),
        (none, signed_form("&client_assertion_type=x")),
    ] {
        assert_eq!(line(&stage, header, &body).await, TWO_METHODS, "{body}");
    }
    // An empty parameter is none (RFC 6749 §3.1).
    assert_eq!(line(&stage, &header, &form("&client_secret=&client_assertion=")).await, GRANTED);
}

#[tokio::test]
async fn what_is_no_assertion_proves_nothing() {
    let stage = Stage::usual().await;
    for body in [form(ASSERTION), form(&format!("&client_id={{client}}{ASSERTION}"))] {
        let answer = line(&stage, "Bearer x", &body).await;
        assert_eq!(answer, "401 invalid_client: Client authentication failed");
    }
}

#[tokio::test]
async fn half_an_assertion_is_malformed() {
    let stage = Stage::usual().await;
    let half = "400 invalid_request: client_assertion and client_assertion_type belong together";
    assert_eq!(line(&stage, "Bearer x", &form("&client_assertion=x")).await, half);
    let kind = "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:";
    assert_eq!(line(&stage, "Bearer x", &form(&format!("{kind}jwt-bearer"))).await, half);
    let other = form(&format!("&client_assertion=x{kind}saml2-bearer"));
    let unsupported = "400 invalid_request: Unsupported client_assertion_type";
    assert_eq!(line(&stage, "Bearer x", &other).await, unsupported);
}

#[tokio::test]
async fn a_client_id_that_differs_from_the_header_is_refused() {
    let stage = Stage::usual().await;
    for credentials in ["{client}:{secret}", "{client}:wrong", "nobody:x"] {
        let answer = line(&stage, &basic(&stage, credentials), &form("&client_id=another")).await;
        assert_eq!(answer, "400 invalid_request: client_id differs from the Authorization header");
    }
}

async fn with_secret(secret: &str) -> Stage {
    let mut scene = Scene::default();
    scene.afterwards.push(("PATCH", "/clients/{client}", json!({"client_secret": secret})));
    scene.make().await
}

/// Auth0 takes the credentials as they are, RFC 6749 §2.3.1 form-encoded: both work.
#[tokio::test]
async fn special_characters_work_plain_and_form_encoded() {
    for secret in ["a:b::c", "100%", "p%41+s", "a b&c=d/\"\\", "schlüssel 鍵", "+", "%%", "%25"] {
        let stage = with_secret(secret).await;
        let plain = basic(&stage, &format!("{{client}}:{secret}"));
        assert_eq!(line(&stage, &plain, &form("")).await, GRANTED, "{secret}");
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let header = basic(&stage, &format!("{{client}}:{encoded}"));
        assert_eq!(line(&stage, &header, &form("&client_id={client}")).await, GRANTED, "{secret}");
        let body = form(&format!("&client_id={{client}}&client_secret={encoded}"));
        assert_eq!(line(&stage, "Bearer x", &body).await, GRANTED, "{secret}");
    }
}

#[tokio::test]
async fn an_identifier_may_be_form_encoded_too() {
    let stage = Stage::usual().await;
    let id = stage.filled("{client}");
    let (first, rest) = id.split_at(1);
    let header = basic(&stage, &format!("%{:02x}{rest}:{{secret}}", first.as_bytes()[0]));
    assert_eq!(line(&stage, &header, &form("")).await, GRANTED);
    assert_eq!(line(&stage, &header, &form("&client_id={client}")).await, GRANTED);
}

/// What is not UTF-8 must not be replaced: all such secrets would be one.
#[tokio::test]
async fn bytes_that_are_not_text_are_no_secret() {
    let stage = with_secret("a\u{fffd}").await;
    for sent in ["a%ff", "a%80"] {
        let header = basic(&stage, &format!("{{client}}:{sent}"));
        assert_eq!(line(&stage, &header, &form("")).await, UNAUTHORIZED);
    }
    let header = basic(&stage, "{client}:a\u{fffd}");
    assert_eq!(line(&stage, &header, &form("")).await, GRANTED);
}

/// The seeds of the fuzz target of the same name: none of them authenticates, and none is our mistake.
#[tokio::test]
async fn no_header_of_the_corpus_is_more_than_refused() {
    let stage = Stage::usual().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/basic_header");
    let mut sent = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(file.unwrap().path()).unwrap();
        // What cannot be a header never gets here.
        let Ok(header) = HeaderValue::from_bytes(&seed) else { continue };
        let request =
            Request::post("/oauth/token").header("content-type", FORM).header("authorization", &header);
        let answer = stage.app.send(request.body(Body::from(form(""))).unwrap()).await;
        assert!([400, 401].contains(&answer.status.as_u16()), "{header:?}: {}", answer.text);
        sent += 1;
    }
    assert!(sent >= 20, "the seeds are gone");
}
