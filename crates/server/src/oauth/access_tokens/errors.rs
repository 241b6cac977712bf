//! The table of errors of introspection and revocation (RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 7662 §2.3).

use axum::response::{IntoResponse, Response};
use grantd_model::{Causes, ClientId, RevokedToken};
use grantd_snapshot::TooOld;
use grantd_store::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use thiserror::Error;

use super::UNCACHED;
use crate::body::Unread;
use crate::client_certificate::CertificateFault;
use crate::oauth::client_authentication::{AuthenticatedClient, Malformed, Shown, Stranger};
use crate::oauth::replays::Spent;
use crate::watching::{Told, printable};

/// Why nothing was done or said about a token. These texts are for logs; what is answered is the table below.
#[derive(Debug, Error)]
pub(super) enum AccessTokenError {
    /// The form of the request is wrong.
    #[error("{0}")]
    InvalidRequest(String),
    /// Neither a form nor JSON.
    #[error("the body is neither a form nor JSON")]
    UnsupportedMediaType,
    /// Too long.
    #[error("the body is too long")]
    BodyTooLong,
    /// Did not arrive.
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// Unknown client, wrong secret or wrong method.
    #[error("the client could not be authenticated")]
    Unauthorized(#[from] Stranger),
    /// A public client asks what only who proves to be a client may know.
    #[error("client {0} is public")]
    Public(ClientId),
    /// An encrypted token: nobody but its API can tell whose it is.
    #[error("the token is encrypted")]
    UnsupportedTokenType,
    /// A client revokes the token of another.
    #[error("client {0} revokes the token of another client")]
    OtherClient(ClientId),
    /// What the node knows may be out of date.
    #[error("the configuration may be out of date")]
    TooOld(#[from] TooOld),
    /// An assertion could not be spent now.
    #[error("the client assertion could not be spent")]
    Unspent(#[source] Spent),
    /// The store does not take the revocation, or has as many as there may be.
    #[error("the token could not be revoked")]
    Unrevoked(#[from] StoreError),
    /// The client has revoked as many as one may at once.
    #[error("client {0} has {most} entries in the denylist: no more until some expire", most = RevokedToken::MOST_OF_CLIENT)]
    ShareUsed(ClientId),
}

/// A line of the table: status, `error`, `error_description`.
type Line<'e> = (StatusCode, &'static str, &'e str);

const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\"");
/// Seconds after which to try again (RFC 7009 §2.2.1).
const RETRY: HeaderValue = HeaderValue::from_static("5");

impl AccessTokenError {
    pub(super) fn invalid_request(description: &str) -> Self {
        Self::InvalidRequest(description.to_owned())
    }

    /// The client has shown what was shown before, or may have been.
    pub(super) fn assertion_spent(client: &AuthenticatedClient<'_>, spent: Spent) -> Self {
        match spent {
            Spent::Full | Spent::Unnoted(_) => Self::Unspent(spent),
            Spent::Replayed | Spent::BeforeStart => {
                Self::Unauthorized(Stranger::replaying(client, format!("the client assertion: {spent}")))
            }
        }
    }

    /// Whether a change that this node has not seen yet may have made the answer another.
    pub(super) fn may_be_outdated(&self) -> bool {
        matches!(self, Self::Unauthorized(_) | Self::Public(_))
    }

    fn line(&self) -> Line<'_> {
        match self {
            Self::InvalidRequest(description) => (StatusCode::BAD_REQUEST, "invalid_request", description),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_request",
                "The body must be application/x-www-form-urlencoded or application/json",
            ),
            Self::BodyTooLong => {
                (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The request body is too long")
            }
            Self::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "invalid_request", "The request body did not arrive")
            }
            Self::Unauthorized(_) | Self::Public(_) => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")
            }
            Self::UnsupportedTokenType => (
                StatusCode::BAD_REQUEST,
                "unsupported_token_type",
                "Encrypted access tokens cannot be revoked",
            ),
            Self::OtherClient(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request", "The token was issued to another client")
            }
            Self::TooOld(_) | Self::Unspent(_) | Self::Unrevoked(_) | Self::ShareUsed(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The service is temporarily unavailable",
            ),
        }
    }

    /// What went wrong, for the event about the request.
    fn told(&self, error: &'static str) -> Told {
        let client_id = match self {
            Self::Unauthorized(stranger) => Some(printable(&stranger.id).into()),
            _ => None,
        };
        Told { client_id, error: Some(error), reason: Some(printable(&Causes(self).to_string())), rule: None }
    }
}

impl From<Malformed> for AccessTokenError {
    fn from(malformed: Malformed) -> Self {
        Self::InvalidRequest(malformed.to_string())
    }
}

/// The proxy is not told more: its log and ours say what is wrong.
impl From<CertificateFault> for AccessTokenError {
    fn from(_: CertificateFault) -> Self {
        Self::invalid_request("The client certificate headers are malformed")
    }
}

impl From<Unread> for AccessTokenError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLong => Self::BodyTooLong,
            Unread::TooSlow => Self::BodyTooSlow,
            Unread::Broken => Self::invalid_request("the request body broke off"),
        }
    }
}

impl IntoResponse for AccessTokenError {
    fn into_response(self) -> Response {
        let (status, error, description) = self.line();
        let body = json!({"error": error, "error_description": description}).to_string();
        let mut response = (status, UNCACHED, [(CONTENT_TYPE, "application/json")], body).into_response();
        // RFC 6749 §5.2: who used the Authorization header is told its scheme.
        if matches!(&self, Self::Unauthorized(stranger) if stranger.shown == Shown::Header) {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY);
        }
        self.told(error).with(response)
    }
}

#[cfg(test)]
mod tests {
    use grantd_store::Noun;

    use super::*;

    #[test]
    fn a_full_denylist_and_a_full_share_of_it_are_for_now() {
        let full = AccessTokenError::from(StoreError::TooMany(Noun::RevokedToken));
        for full in [full, AccessTokenError::ShareUsed("client".into())] {
            let response = full.into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()["retry-after"], "5");
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
    }
}
