//! The token endpoint's table of errors: `{error, error_description}` (RFC 6749 §5.2), with Auth0's statuses
//! and words. Where Auth0's are not known, the nearest known sentence stands in; docs/COMPATIBILITY.md says which.

use axum::response::{IntoResponse, Response};
use grantd_decision::Denial;
use grantd_model::ClientId;
use grantd_snapshot::TooOld;
use grantd_token::IssueError;
use http::StatusCode;
use serde::Serialize;

use super::authenticate::AuthenticatedClient;
use super::response::HEADERS;

/// Why there is no token.
#[derive(Debug)]
pub(super) enum TokenError {
    /// The form of the request is wrong.
    InvalidRequest(String),
    /// Neither a form nor JSON.
    UnsupportedMediaType,
    /// Too long.
    BodyTooLong,
    /// Did not arrive.
    BodyTooSlow,
    /// More than one `resource`, or one that is not text (RFC 8707 §2).
    InvalidTarget,
    /// A grant type that is not offered.
    UnsupportedGrantType(String),
    /// Unknown client, wrong secret or wrong method.
    Unauthorized,
    /// A client assertion that proves nothing.
    InvalidClient,
    /// The decision denied.
    Denied(ClientId, Denial),
    /// What the node knows may be out of date.
    TooOld(TooOld),
    /// There is no key to sign with.
    NoSigningKey,
    /// Signing failed.
    Issue(IssueError),
}

impl From<TooOld> for TokenError {
    fn from(error: TooOld) -> Self {
        Self::TooOld(error)
    }
}

impl From<IssueError> for TokenError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

/// A line of the table: status, `error`, `error_description`.
type Line = (StatusCode, &'static str, String);

/// Where Auth0 tells about grant types.
const GRANT_TYPES: &str = "https://auth0.com/docs/clients/client-grant-types";

/// The longest text of a request that an answer repeats: an identifier has at most 600 characters.
const ECHO: usize = 600;

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<&'a str>,
}

impl TokenError {
    pub(super) fn invalid_request(description: &str) -> Self {
        Self::InvalidRequest(description.to_owned())
    }

    pub(super) fn denied(client: &AuthenticatedClient<'_>, denial: Denial) -> Self {
        let client = client.client().client_id.clone();
        tracing::info!(client.id = %client, reason = %denial, "denied");
        Self::Denied(client, denial)
    }

    /// Whether something was not there that another node may have been told of.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Unauthorized => true,
            Self::Denied(_, denial) => denial.is_absence(),
            _ => false,
        }
    }

    fn line(&self) -> Line {
        let text = ToOwned::to_owned;
        match self {
            Self::InvalidRequest(description) => {
                (StatusCode::BAD_REQUEST, "invalid_request", clip(description))
            }
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_request",
                text("The body must be application/x-www-form-urlencoded or application/json"),
            ),
            Self::BodyTooLong => {
                (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", text("The request body is too long"))
            }
            Self::BodyTooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "invalid_request", text("The request body did not arrive"))
            }
            Self::InvalidTarget => {
                (StatusCode::BAD_REQUEST, "invalid_target", text("Only one resource can be requested"))
            }
            Self::UnsupportedGrantType(name) => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                format!("Unsupported grant type: {}", clip(name)),
            ),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "access_denied", text("Unauthorized")),
            Self::InvalidClient => {
                (StatusCode::UNAUTHORIZED, "invalid_client", text("Client authentication failed"))
            }
            Self::Denied(client, denial) => denied(client, denial),
            Self::TooOld(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                text("The service is temporarily unavailable"),
            ),
            Self::NoSigningKey | Self::Issue(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", text("The token could not be issued"))
            }
        }
    }
}

fn denied(client: &ClientId, denial: &Denial) -> Line {
    let access_denied = |description| (StatusCode::FORBIDDEN, "access_denied", description);
    let invalid = |description: &str| (StatusCode::BAD_REQUEST, "invalid_request", description.to_owned());
    let not_authorized = |audience: &str| {
        format!("Client \"{client}\" is not authorized to access resource server \"{}\"", clip(audience))
    };
    match denial {
        Denial::GrantTypeNotAllowed => (
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            "Grant type 'client_credentials' not allowed for the client.".to_owned(),
        ),
        Denial::AudienceMissing => {
            access_denied("Non-global clients are not allowed access to APIv1".to_owned())
        }
        Denial::AudienceUnknown { audience } => {
            access_denied(format!("Service not enabled within domain: {}", clip(audience)))
        }
        Denial::ThirdPartyOnSystemApi { audience } | Denial::GrantMissing { audience } => access_denied(
            not_authorized(audience) + ". You need to create a \"client-grant\" associated to this API.",
        ),
        Denial::PolicyDeniesAll { audience } => access_denied(not_authorized(audience) + "."),
        Denial::ScopeNotGranted { scopes } => {
            access_denied(format!("Client has not been granted scopes: {}", clip(&scopes.join(", "))))
        }
        Denial::OrganizationNotAllowed => invalid("parameter organization is not allowed for this client"),
        Denial::OrganizationRequired => invalid("parameter organization is required for this client"),
        Denial::OrganizationNotAnId { .. } => {
            invalid("authorization request parameter organization must be an organization id")
        }
        Denial::OrganizationUnknown { organization } => {
            invalid(&format!("parameter organization is invalid: {}", clip(organization)))
        }
        Denial::OrganizationNotAssociated { audience, organization } => {
            access_denied(not_authorized(audience) + &format!(" for organization \"{organization}\"."))
        }
        Denial::ProofOfPossessionRequired => invalid("Proof of possession is required"),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(ECHO).collect()
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error, error_description) = self.line();
        if status.is_server_error() {
            tracing::error!(error = ?self, "a token request failed");
        }
        let grant_type = matches!(&self, Self::Denied(_, Denial::GrantTypeNotAllowed));
        let body = Body {
            error,
            error_description: &error_description,
            error_uri: grant_type.then_some(GRANT_TYPES),
        };
        (status, HEADERS, serde_json::to_vec(&body).unwrap_or_default()).into_response()
    }
}
