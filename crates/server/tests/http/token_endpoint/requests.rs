//! Forms, and what is around them: method, path, media type, length.

use axum::body::Body;
use http::{Request, StatusCode};

use super::scene::{Stage, assert_uncached};
use super::wire::{FORM, JSON, form, post, post_bytes, signed_form};
use crate::support::Answer;

const GRANTED: &str = "200 [read write]";
const LIMIT: usize = 64 * 1024;

async fn line(stage: &Stage, body: &str) -> String {
    stage.in_a_line(&post(stage, &[("content-type", FORM)], body).await)
}

#[tokio::test]
async fn the_media_type_is_a_form_or_json() {
    let stage = Stage::usual().await;
    for media_type in [
        FORM,
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded;charset=ISO-8859-1",
        "Application/X-WWW-Form-Urlencoded",
        " application/x-www-form-urlencoded ",
    ] {
        let answer = post(&stage, &[("content-type", media_type)], &signed_form("")).await;
        assert_eq!(stage.in_a_line(&answer), GRANTED, "{media_type}");
    }
    let unsupported = "415 invalid_request: \
                       The body must be application/x-www-form-urlencoded or application/json";
    for media_type in
        ["text/plain", "multipart/form-data; boundary=x", "application/jwt", "", "application/xml"]
    {
        let answer = post(&stage, &[("content-type", media_type)], &signed_form("")).await;
        assert_eq!(stage.in_a_line(&answer), unsupported, "{media_type}");
    }
    assert_eq!(stage.in_a_line(&post(&stage, &[], &signed_form("")).await), unsupported);
}

#[tokio::test]
async fn the_path_may_end_in_a_slash_and_its_query_is_not_looked_at() {
    let stage = Stage::usual().await;
    let parameters = stage.parameters(&[]);
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    for path in ["/oauth/token/", "/oauth/token?audience=https://nowhere&scope=delete&client_secret=x"] {
        let request = Request::post(path).header("content-type", FORM);
        let answer = stage.app.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(stage.in_a_line(&answer), GRANTED, "{path}");
    }
    let request = Request::post(format!("/oauth/token?{body}")).header("content-type", FORM);
    let answer = stage.app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(stage.in_a_line(&answer), "400 invalid_request: Missing required parameter: grant_type");
}

/// The media type alone says how a body is read, and nothing is taken from two places.
#[tokio::test]
async fn a_body_is_read_in_one_way_and_its_query_is_not_looked_at_in_json_either() {
    let stage = Stage::usual().await;
    let parameters = stage.parameters(&[]).into_iter();
    let json: serde_json::Map<String, serde_json::Value> =
        parameters.map(|(name, value)| (name, value.into())).collect();
    let json = serde_json::to_string(&json).unwrap();
    let form = stage.filled(&signed_form("")).replace("{secret}", stage.secret());
    let missing = "400 invalid_request: Missing required parameter: grant_type";
    for (media_type, body, expected) in
        [(JSON, &json, GRANTED), (FORM, &json, missing), (FORM, &form, GRANTED)]
    {
        let path = "/oauth/token?audience=https://nowhere&scope=delete";
        let request = Request::post(path).header("content-type", media_type);
        let answer = stage.app.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(stage.in_a_line(&answer), expected, "{media_type} {body}");
    }
    let answer = post(&stage, &[("content-type", JSON)], &form).await;
    assert!(stage.in_a_line(&answer).starts_with("400 invalid_request: Invalid JSON: "));
}

#[tokio::test]
async fn other_methods_are_not_allowed_and_not_cached() {
    let stage = Stage::usual().await;
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/oauth/token").body(Body::empty()).unwrap();
        let answer = stage.app.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers["allow"], "POST");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["pragma"], "no-cache");
        assert_eq!(answer.text, "");
    }
}

#[tokio::test]
async fn parameters_that_are_not_known_are_ignored() {
    let stage = Stage::usual().await;
    for more in
        ["&test=value", "&test=1&test=2", "&", "&=", "&&x", "&Scope=delete", "&scope[]=delete", "&%ff=x"]
    {
        assert_eq!(line(&stage, &signed_form(more)).await, GRANTED, "{more}");
    }
}

#[tokio::test]
async fn a_parameter_stands_there_once() {
    let stage = Stage::usual().await;
    for name in ["grant_type", "client_id", "client_secret", "audience"] {
        for value in ["", "x", "https://orders"] {
            let answer = line(&stage, &signed_form(&format!("&{name}={value}"))).await;
            assert_eq!(answer, format!("400 invalid_request: Duplicate parameter: {name}"));
        }
    }
    for name in ["scope", "organization", "client_assertion", "client_assertion_type", "%73cope"] {
        let answer = line(&stage, &signed_form(&format!("&{name}=read&{name}=read"))).await;
        let name = name.replace("%73", "s");
        assert_eq!(answer, format!("400 invalid_request: Duplicate parameter: {name}"));
    }
    // RFC 8707 §2 allows several, and one token for several APIs is not issued.
    let answer = line(&stage, &signed_form("&resource=https://orders&resource=https://orders")).await;
    assert_eq!(answer, "400 invalid_target: Only one resource can be requested");
}

#[tokio::test]
async fn an_empty_value_is_none() {
    let stage = Stage::usual().await;
    let more = "&scope=&organization=&resource=&client_assertion=&client_assertion_type";
    assert_eq!(line(&stage, &signed_form(more)).await, GRANTED);
    let missing = "400 invalid_request: Missing required parameter: grant_type";
    for body in ["", "grant_type=", "grant_type", "audience=x"] {
        assert_eq!(line(&stage, body).await, missing);
    }
    for body in
        [form(""), form("&client_id={client}&client_secret="), form("&client_id=&client_secret={secret}")]
    {
        assert_eq!(line(&stage, &body).await, "401 access_denied: Unauthorized", "{body}");
    }
}

#[tokio::test]
async fn grant_types_that_are_not_offered_are_named() {
    let stage = Stage::usual().await;
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    for name in ["password", "refresh_token", "Client_Credentials", "client-credentials", exchange] {
        let parameters = stage.ask(&[("grant_type", name)]).await;
        let expected = format!("400 unsupported_grant_type: Unsupported grant type: {name}");
        assert_eq!(stage.in_a_line(&parameters), expected);
    }
}

/// With `;` between its parameters a whole body is the grant type, secret and all.
#[tokio::test]
async fn what_is_no_grant_type_is_not_repeated() {
    let stage = Stage::usual().await;
    let long = "x".repeat(101);
    for name in ["client_credentials;client_id=a;client_secret=b", "client_credentials\0", "a b", &long] {
        let answer = stage.ask(&[("grant_type", name)]).await;
        let expected = "400 unsupported_grant_type: Unsupported grant type: not a grant type";
        assert_eq!(stage.in_a_line(&answer), expected);
    }
}

#[tokio::test]
async fn what_is_not_utf8_is_malformed() {
    let stage = Stage::usual().await;
    let malformed = "400 invalid_request: The request body is not UTF-8";
    for value in ["%ff", "%c3", "a%80b"] {
        assert_eq!(line(&stage, &signed_form(&format!("&scope={value}"))).await, malformed);
    }
    let mut body = form("&client_id=").into_bytes();
    body.push(0xff);
    let answer = post_bytes(&stage, &[("content-type", FORM)], body).await;
    assert_eq!(stage.in_a_line(&answer), malformed);
}

#[tokio::test]
async fn percent_signs_that_encode_nothing_stay() {
    let stage = Stage::usual().await;
    for (sent, read) in [("%zz", "%zz"), ("%", "%"), ("%4", "%4"), ("%00", "\0"), ("a+b%20c", "a b c")] {
        let answer = line(&stage, &signed_form("").replace("https://orders", sent)).await;
        assert_eq!(answer, format!("403 access_denied: Service not enabled within domain: {read}"));
    }
}

/// A signed form of exactly so many bytes.
fn form_of(stage: &Stage, length: usize) -> Vec<u8> {
    let mut body = stage.filled(&signed_form("&test=")).replace("{secret}", stage.secret());
    body.push_str(&"a".repeat(length - body.len()));
    body.into_bytes()
}

#[tokio::test]
async fn a_body_has_at_most_64_kib() {
    let stage = Stage::usual().await;
    let answer = post_bytes(&stage, &[("content-type", FORM)], form_of(&stage, LIMIT)).await;
    assert_eq!(stage.in_a_line(&answer), GRANTED);
    let too_long = "413 invalid_request: The request body is too long";
    for length in [LIMIT + 1, 10 * LIMIT] {
        let answer = post_bytes(&stage, &[("content-type", FORM)], form_of(&stage, length)).await;
        assert_eq!(stage.in_a_line(&answer), too_long);
    }
    let answer = stage.ask(&[("scope", &"s".repeat(100_000))]).await;
    assert_eq!(stage.in_a_line(&answer), too_long);
}

#[tokio::test]
async fn long_values_are_repeated_in_part() {
    let stage = Stage::usual().await;
    let scopes = "x ".repeat(30_000);
    let long = "x".repeat(60_000);
    let description = |answer: &Answer| answer.json()["error_description"].as_str().unwrap().to_owned();
    for parameter in [("scope", long.as_str()), ("scope", &scopes), ("audience", &long)] {
        let answer = stage.ask(&[parameter]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(description(&answer).len() < 700);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let stage = Stage::usual().await;
    let pieces = [Ok(bytes::Bytes::from("grant_type=")), Err(std::io::Error::other("broken"))];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let request = Request::post("/oauth/token").header("content-type", FORM).body(body).unwrap();
    let answer = stage.app.send(request).await;
    assert_uncached(&answer);
    assert_eq!(stage.in_a_line(&answer), "400 invalid_request: the request body broke off");
}
