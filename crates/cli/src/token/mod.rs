//! `grantd token`: a token in one line, for a job that has an identity and no secret.
//!
//! It prints the access token on standard output and nothing else, so that a shell can take it; what goes wrong is
//! said on standard error, without what was sent.

mod exchange;
mod github;
mod proof;

use std::path::PathBuf;
use std::time::Duration;

use grantd_token::Issuer;
use reqwest::redirect::Policy;

pub(crate) use self::exchange::{exchange, token as token_of};
pub(crate) use self::proof::Proof;
use self::proof::ProofFlags;
use crate::Outcome;
use crate::data::named;
use crate::issuer::parse_issuer;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The flags of `grantd token`.
#[derive(clap::Args)]
pub(crate) struct Token {
    /// The issuer of tokens, as the server names itself.
    #[arg(long, value_name = "URL", env = "GRANTD_ISSUER", value_parser = parse_issuer)]
    issuer: String,
    /// The client.
    #[arg(long, value_name = "ID", env = "GRANTD_CLIENT_ID")]
    client_id: String,
    /// The API that the token is for.
    #[arg(long, value_name = "API")]
    audience: String,
    /// The scopes to ask for, separated by spaces; one that is not granted is an error. The token has all that are
    /// granted all the same, unless the server's `scope_handling` is `rfc6749`.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// The organization that the token is for.
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// How the client proves who it is.
    #[command(flatten)]
    proof: ProofFlags,
    /// What GitHub's token is asked to be for, if it is not the issuer.
    #[arg(long, value_name = "AUDIENCE", requires = "github_actions")]
    assertion_audience: Option<String>,
    /// Print the whole answer, as JSON.
    #[arg(long)]
    json: bool,
    /// A certificate authority to trust beside the system's, PEM: the ca.pem of a local server.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Token {
    /// Gets one token and prints it.
    pub(crate) async fn run(self) -> Outcome {
        let http = self.http()?;
        let issuer = Issuer::new(&self.issuer);
        let audience = self.assertion_audience.as_deref().unwrap_or(&issuer.url);
        let proof = self.proof.proof(&http, audience).await?;
        let answer = exchange(&http, &issuer, &self.parameters(), &proof).await?;
        Ok(crate::say(&if self.json { serde_json::to_string(&answer)? } else { token_of(&answer)? })?)
    }

    fn parameters(&self) -> Vec<(&'static str, &str)> {
        let wanted = [
            ("client_id", Some(&self.client_id)),
            ("audience", Some(&self.audience)),
            ("scope", self.scope.as_ref()),
            ("organization", self.organization.as_ref()),
        ];
        wanted.into_iter().filter_map(|(name, value)| Some((name, value?.as_str()))).collect()
    }

    /// Nothing is followed: what proves who we are goes where it was meant to go.
    fn http(&self) -> Outcome<reqwest::Client> {
        let mut builder = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none());
        if let Some(file) = &self.ca {
            let pem = std::fs::read(file).map_err(|error| named(&error, file))?;
            let unusable = |error| format!("{}: {error}", file.display());
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(unusable)?;
            // A local authority is the only one that counts for its server, and may be the only one there is.
            builder = builder.tls_certs_only(certificates);
        }
        Ok(builder.build()?)
    }
}
