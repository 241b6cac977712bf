//! The token endpoint's table of errors: `{error, error_description}` (RFC 6749 §5.2), with Auth0's statuses
//! and words. Where Auth0's are not known, the nearest known sentence stands in; docs/COMPATIBILITY.md says which.

use axum::response::{IntoResponse, Response};
use grantd_decision::Denial;
use grantd_model::{Causes, ClientId, QuotaEntity};
use grantd_snapshot::TooOld;
use grantd_store::StoreError;
use grantd_token::IssueError;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use thiserror::Error;

use super::response::{HEADERS, quota_headers};
use crate::State;
use crate::admission::Overloaded;
use crate::client_certificate::CertificateFault;
use crate::events::Origin;
use crate::events::exchange::{Asked, Refused, refused};
use crate::oauth::client_authentication::{AuthenticatedClient, Malformed, Shown, Stranger};
use crate::oauth::possession::DpopFault;
use crate::oauth::quotas::{Exceeded, Standings, Untaken};
use crate::oauth::replays::Spent;
use crate::rate_limits::TooMany;
use crate::watching::{Told, printable};

/// Why there is no token. These texts are for logs; what is answered is the table below.
#[derive(Debug, Error)]
pub(super) enum TokenError {
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
    /// More than one `resource`, or one that is not text (RFC 8707 §2).
    #[error("more than one resource, or one that is not text")]
    InvalidTarget,
    /// A grant type that is not offered.
    #[error("the grant type is not offered")]
    UnsupportedGrantType(String),
    /// Unknown client, wrong secret or wrong method.
    #[error("the client could not be authenticated")]
    Unauthorized(#[from] Stranger),
    /// A `DPoP` proof that proves nothing.
    #[error("{0}")]
    InvalidDpopProof(String),
    /// What works once could not be spent now.
    #[error("what works once could not be spent")]
    Unspent(#[source] Spent),
    /// The decision denied.
    #[error("client {0} was denied")]
    Denied(ClientId, #[source] Denial),
    /// A rate limit is used up.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// More is asked for than can be done.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// A quota is used up.
    #[error("the {} {} quota is used up", .0.entity.as_str(), .0.longest().map_or("", |used| used.bucket.as_str()))]
    QuotaExceeded(Box<Exceeded>),
    /// Nobody knows whether a quota is used up.
    #[error("a quota could not be counted in")]
    QuotaUnknown(#[source] StoreError),
    /// What the node knows may be out of date.
    #[error("the configuration may be out of date")]
    TooOld(#[from] TooOld),
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    NoSigningKey,
    /// Signing failed.
    #[error("the token could not be made")]
    Issue(#[from] IssueError),
}

/// A line of the table: status, `error`, `error_description`.
type Line = (StatusCode, &'static str, String);

/// Where Auth0 tells about grant types.
const GRANT_TYPES: &str = "https://auth0.com/docs/clients/client-grant-types";

/// The longest text of a request that an answer repeats: an identifier has at most 600 characters.
const ECHO: usize = 600;

/// The only scheme of this endpoint (RFC 7617 §2).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"oauth/token\", charset=\"UTF-8\"");

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Seconds after which to try again, when something is not there.
const RETRY: HeaderValue = HeaderValue::from_static("5");
/// The same when there is too much to do.
const RETRY_SOON: HeaderValue = HeaderValue::from_static("1");

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
        Self::Denied(client.client().client_id.clone(), denial)
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

    /// The same of a `DPoP` proof.
    pub(super) fn proof_spent(spent: Spent) -> Self {
        match spent {
            Spent::Full | Spent::Unnoted(_) => Self::Unspent(spent),
            Spent::Replayed | Spent::BeforeStart => {
                Self::InvalidDpopProof(format!("the DPoP proof: {spent}"))
            }
        }
    }

    /// Whether a change that this node has not seen yet may have made the answer another.
    pub(super) fn may_be_outdated(&self) -> bool {
        matches!(self, Self::Unauthorized(_) | Self::Denied(..))
    }

    /// Why there is no token, for the event about the request. What the caller sent stands there in part and on one line.
    fn told(&self, error: &'static str) -> Told {
        let told = Told { error: Some(error), ..Told::default() };
        match self {
            Self::Unauthorized(stranger) => {
                let id = printable(&stranger.id).into();
                Told { client_id: Some(id), reason: Some(printable(&stranger.to_string())), ..told }
            }
            Self::Denied(client, denial) => {
                let (rule, reason) = (Some(denial.rule()), Some(printable(&denial.to_string())));
                Told { client_id: Some(client.clone()), rule, reason, ..told }
            }
            other => Told { reason: Some(printable(&Causes(other).to_string())), ..told },
        }
    }

    /// Records in the log that there was no token, and why. A request beyond a rate limit, or beyond what the server can do,
    /// is nothing to record: the limit and the figures tell of it, and a flood of them must not fill the log.
    pub(super) fn record(&self, state: &State, origin: &Origin, asked: &Asked) {
        if !state.recorder.records() || matches!(self, Self::TooMany(_) | Self::Overloaded(_)) {
            return;
        }
        let (_, error, description) = self.line();
        let (reason, named) = match self {
            Self::Unauthorized(stranger) => (stranger.to_string(), Some(stranger.id.as_str())),
            Self::Denied(client, denial) => (denial.to_string(), Some(client.as_str())),
            other => (Causes(other).to_string(), None),
        };
        let by_key = matches!(self, Self::Unauthorized(stranger) if stranger.shown == Shown::Key);
        let rule = match self {
            Self::Denied(_, denial) => Some(denial.rule().as_str()),
            _ => None,
        };
        let refusal = Refused { error, description: &description, reason: printable(&reason), rule, by_key };
        // Who proved to be a client is named by what was proved, not by what was sent.
        let named = named.filter(|id| !id.is_empty()).map(str::to_owned);
        let asked = Asked { client_id: named.or_else(|| asked.client_id.clone()), ..asked.clone() };
        refused(state, origin, &asked, &refusal);
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
                format!("Unsupported grant type: {}", grant_type(name)),
            ),
            Self::Unauthorized(stranger) => match stranger.shown {
                Shown::Body | Shown::Header => {
                    (StatusCode::UNAUTHORIZED, "access_denied", text("Unauthorized"))
                }
                Shown::Key => {
                    (StatusCode::UNAUTHORIZED, "invalid_client", text("Client authentication failed"))
                }
            },
            Self::InvalidDpopProof(_) => {
                (StatusCode::BAD_REQUEST, "invalid_dpop_proof", text("The DPoP proof is invalid"))
            }
            Self::Denied(client, denial) => denied(client, denial),
            Self::TooMany(whose) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                text(match whose {
                    TooMany::OfAll => {
                        "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and \
                         X-RateLimit-Reset headers."
                    }
                    TooMany::OfClient => "Rate limit exceeded.",
                }),
            ),
            Self::QuotaExceeded(exceeded) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                text(match exceeded.entity {
                    QuotaEntity::Client => "Client quota exceeded",
                    QuotaEntity::Organization => "Organization quota exceeded",
                }),
            ),
            Self::Overloaded(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", text("The server is overloaded"))
            }
            Self::TooOld(_) | Self::Unspent(_) | Self::QuotaUnknown(_) => (
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
        Denial::ProofOfPossessionUnsupported => {
            invalid("Proof of possession is required by the client and not supported by the resource server")
        }
    }
}

/// A grant type is a word or a URI. What else stands there may be a whole body whose separators were wrong, with a
/// secret in it, and is not repeated.
fn grant_type(name: &str) -> &str {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    if name.len() <= 100 && name.bytes().all(fits) { name } else { "not a grant type" }
}

fn clip(text: &str) -> String {
    text.chars().take(ECHO).collect()
}

/// How the quotas of the entity stand, and when to come back (Auth0).
fn exceeded_headers(exceeded: &Exceeded) -> HeaderMap {
    let mut quotas = Standings::default();
    match exceeded.entity {
        QuotaEntity::Client => quotas.client.clone_from(&exceeded.standings),
        QuotaEntity::Organization => quotas.organization.clone_from(&exceeded.standings),
    }
    let mut headers: HeaderMap = quota_headers(&quotas).collect();
    if let Some(used_up) = exceeded.longest() {
        let reset = exceeded.now.seconds() + used_up.resets_in;
        headers.insert(RATE_LIMIT, used_up.limit.into());
        headers.insert(RATE_LIMIT_REMAINING, 0.into());
        headers.insert(RATE_LIMIT_RESET, reset.into());
        headers.insert(RETRY_AFTER, used_up.resets_in.into());
    }
    headers
}

impl From<Untaken> for TokenError {
    fn from(untaken: Untaken) -> Self {
        match untaken {
            Untaken::Exceeded(exceeded) => Self::QuotaExceeded(exceeded),
            Untaken::Unknown(error) => Self::QuotaUnknown(error),
        }
    }
}

impl From<DpopFault> for TokenError {
    fn from(fault: DpopFault) -> Self {
        Self::InvalidDpopProof(fault.to_string())
    }
}

/// The proxy is not told more: its log and ours say what is wrong.
impl From<CertificateFault> for TokenError {
    fn from(_: CertificateFault) -> Self {
        Self::invalid_request("The client certificate headers are malformed")
    }
}

impl From<Malformed> for TokenError {
    fn from(malformed: Malformed) -> Self {
        Self::InvalidRequest(malformed.to_string())
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error, error_description) = self.line();
        let grant_type = matches!(&self, Self::Denied(_, Denial::GrantTypeNotAllowed));
        let body = Body {
            error,
            error_description: &error_description,
            error_uri: grant_type.then_some(GRANT_TYPES),
        };
        let mut response = (status, HEADERS, serde_json::to_vec(&body).unwrap_or_default()).into_response();
        // RFC 6749 §5.2: who used the Authorization header is told its scheme.
        if matches!(&self, Self::Unauthorized(stranger) if stranger.shown == Shown::Header) {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Self::QuotaExceeded(exceeded) = &self {
            response.headers_mut().extend(exceeded_headers(exceeded));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let retry = if matches!(&self, Self::Overloaded(_)) { RETRY_SOON } else { RETRY };
            response.headers_mut().insert(RETRY_AFTER, retry);
        }
        self.told(error).with(response)
    }
}
