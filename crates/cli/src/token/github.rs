//! The token that GitHub Actions gives to a job (GitHub: OpenID Connect reference).

use std::env::{self, VarError};

use grantd_model::Secret;
use serde_json::Value;

use crate::Outcome;

const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const BEARER: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// A token of this job that is for the audience.
pub(super) async fn token(http: &reqwest::Client, audience: &str) -> Outcome<Secret> {
    let (url, bearer) = (variable(URL)?, variable(BEARER)?);
    let request = http.get(&url).query(&[("audience", audience)]).bearer_auth(&bearer);
    let response = request.send().await.map_err(|error| unreached(&error.without_url()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("GitHub answered {status} when it was asked for a token of this job").into());
    }
    let answer: Value = response.json().await.map_err(|error| unreached(&error.without_url()))?;
    let value = answer.get("value").and_then(Value::as_str).filter(|value| !value.is_empty());
    Ok(value.map(Secret::from).ok_or("GitHub answered without a token")?)
}

fn variable(name: &str) -> Outcome<String> {
    env::var(name).map_err(|error| match error {
        VarError::NotPresent => format!(
            "{name} is not set: this is no GitHub Actions job, or it lacks `permissions: id-token: write`"
        )
        .into(),
        VarError::NotUnicode(_) => format!("{name}: {error}").into(),
    })
}

/// The URL is a capability of the job, and stays out of the log.
fn unreached(error: &reqwest::Error) -> String {
    format!("GitHub could not be asked for a token of this job: {}", grantd_model::Causes(error))
}
