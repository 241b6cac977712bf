//! The exchange at the token endpoint (RFC 6749 §4.4), and what is said when there is no token.

use grantd_model::Causes;
use grantd_token::Issuer;
use serde_json::Value;

use super::proof::Proof;
use crate::Outcome;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The endpoint's answer, which has a token.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    issuer: &Issuer,
    parameters: &[(&str, &str)],
    proof: &Proof,
) -> Outcome<Value> {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend_from_slice(parameters);
    match proof {
        Proof::Secret(secret) => form.push(("client_secret", secret.expose_str())),
        Proof::Assertion(assertion) => {
            form.push(("client_assertion_type", JWT_BEARER));
            form.push(("client_assertion", assertion.expose_str()));
        }
    }
    let url = format!("{}oauth/token", issuer.url);
    let unreached = |error: reqwest::Error| format!("{url}: {}", Causes(&error.without_url()));
    let response = http.post(&url).form(&form).send().await.map_err(unreached)?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(unreached)?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if status.is_success() { Ok(answer) } else { Err(refusal(&url, status, &answer).into()) }
}

/// The token of an answer.
pub(crate) fn token(answer: &Value) -> Outcome<String> {
    let token = answer.get("access_token").and_then(Value::as_str);
    Ok(token.ok_or("the answer has no access_token")?.to_owned())
}

fn refusal(url: &str, status: reqwest::StatusCode, answer: &Value) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let told = match (text("error"), text("error_description")) {
        (Some(error), Some(description)) => format!(": {error}: {description}"),
        (Some(error), None) => format!(": {error}"),
        _ => String::new(),
    };
    let hint = match status.as_u16() {
        401 => "\nThe server's log says why the client could not be authenticated.",
        403 => "\nThe client is who it says; what it may ask for is in its client grants.",
        _ => "",
    };
    format!("{url} answered {status}{told}{hint}")
}
