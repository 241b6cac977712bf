//! How a job proves who it is: with a token of its platform, from a file, a variable or GitHub, or with a secret.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use grantd_model::Secret;

use super::github;
use crate::Outcome;
use crate::data::named;

/// More than any token or secret has, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The ways to prove who one is; one of them is given.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ProofFlags {
    /// A file with a token of an outside issuer, as Kubernetes and SPIFFE write it.
    #[arg(long, value_name = "FILE")]
    assertion_file: Option<PathBuf>,
    /// An environment variable with a token of an outside issuer, as GitLab sets it.
    #[arg(long, value_name = "NAME")]
    assertion_env: Option<String>,
    /// Ask GitHub Actions for a token of this job, which needs `permissions: id-token: write`.
    #[arg(long)]
    github_actions: bool,
    /// An environment variable with the client's secret.
    #[arg(long, value_name = "NAME")]
    client_secret_env: Option<String>,
}

/// What is shown to the token endpoint.
pub(crate) enum Proof {
    /// `client_assertion` (RFC 7523 §2.2)
    Assertion(Secret),
    /// `client_secret` (RFC 6749 §2.3.1)
    Secret(Secret),
}

impl ProofFlags {
    /// What the flags name; a token that is asked for is for this audience.
    pub(super) async fn proof(&self, http: &reqwest::Client, audience: &str) -> Outcome<Proof> {
        if let Some(file) = &self.assertion_file {
            return Ok(Proof::Assertion(from_file(file)?));
        }
        if let Some(name) = &self.assertion_env {
            return Ok(Proof::Assertion(from_environment(name)?));
        }
        if let Some(name) = &self.client_secret_env {
            return Ok(Proof::Secret(from_environment(name)?));
        }
        Ok(Proof::Assertion(github::token(http, audience).await?))
    }
}

fn from_file(file: &Path) -> Outcome<Secret> {
    let mut text = String::new();
    let opened = File::open(file).map_err(|error| named(&error, file))?;
    opened.take(LONGEST).read_to_string(&mut text).map_err(|error| named(&error, file))?;
    one_word(&text).ok_or_else(|| format!("{}: there is no token in it", file.display()).into())
}

fn from_environment(name: &str) -> Outcome<Secret> {
    let text = env::var(name).map_err(|error| format!("the environment variable {name}: {error}"))?;
    one_word(&text).ok_or_else(|| format!("the environment variable {name}: there is nothing in it").into())
}

/// Files end with a line break, and variables sometimes do.
fn one_word(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| Secret::from(text))
}
