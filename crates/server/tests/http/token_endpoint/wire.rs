//! Requests as they are on the wire, right or wrong.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use super::scene::Stage;
use crate::support::Answer;

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

/// Posts to the token endpoint with these headers. Headers and body may name the stage's records and `{secret}`.
pub async fn post(stage: &Stage, headers: &[(&str, &str)], body: &str) -> Answer {
    post_bytes(stage, headers, filled(stage, body).into_bytes()).await
}

/// The same with a body that need not be text.
pub async fn post_bytes(stage: &Stage, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let request = headers
        .iter()
        .fold(Request::post("/oauth/token"), |request, (name, value)| request.header(*name, *value));
    stage.app.send(request.body(Body::from(body)).unwrap()).await
}

/// The usual form without credentials, and these parameters after it.
pub fn form(more: &str) -> String {
    format!("grant_type=client_credentials&audience=https://orders{more}")
}

/// The usual form with the client's credentials, and these parameters after it.
pub fn signed_form(more: &str) -> String {
    form(&format!("&client_id={{client}}&client_secret={{secret}}{more}"))
}

/// The value of an Authorization header with these credentials.
pub fn basic(stage: &Stage, credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(filled(stage, credentials)))
}

fn filled(stage: &Stage, text: &str) -> String {
    let text = stage.filled(text);
    if text.contains("{secret}") { text.replace("{secret}", stage.secret()) } else { text }
}
