//! The settings of the whole deployment: Auth0's tenant settings, and our own beside them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::defaults;
use crate::patch::{self, Members};
use crate::{RateLimits, TokenQuota};

/// Which parameter names the API (Auth0: Tenant settings).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceParameterProfile {
    /// `audience` only.
    #[default]
    Audience,
    /// `resource` stands in where `audience` is absent (RFC 8707).
    Compatibility,
}

/// What requested scopes do to a token (a setting of ours).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeHandling {
    /// They are checked and change nothing: the token has all that is granted.
    #[default]
    Auth0,
    /// They narrow the token to what was asked for (RFC 6749 §3.3).
    Rfc6749,
}

/// Auth0's tenant settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantSettings {
    /// The API of requests that name none; `""` and unset name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_audience: Option<String>,
    /// Organizations may be named by name, and tokens carry `org_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_organization_name_in_authentication_api: Option<bool>,
    /// See [`ResourceParameterProfile`].
    #[serde(default)]
    pub resource_parameter_profile: ResourceParameterProfile,
    /// What else the contract has: validated, stored, returned.
    #[serde(flatten)]
    pub properties: Members,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            default_audience: None,
            allow_organization_name_in_authentication_api: None,
            resource_parameter_profile: ResourceParameterProfile::Audience,
            properties: {
                let mut members = defaults::tenant();
                members.shift_remove("resource_parameter_profile");
                members
            },
        }
    }
}

/// What `""` removes rather than sets (Auth0, recorded).
const CLEARED_BY_EMPTY: [&str; 1] = ["default_redirection_uri"];

/// Lifetimes that a request may give in minutes, too: Auth0's deploy CLI does. They are shown in hours, with a fraction where
/// there is one (recorded).
const LIFETIMES: [&str; 4] = [
    "session_lifetime",
    "idle_session_lifetime",
    "ephemeral_session_lifetime",
    "idle_ephemeral_session_lifetime",
];

/// Puts hours in the place of minutes.
fn count_in_hours(body: &mut Members) {
    for name in LIFETIMES {
        let minutes = body.shift_remove(&format!("{name}_in_minutes"));
        let Some(minutes) = minutes.as_ref().and_then(Value::as_u64) else { continue };
        let whole = || Value::from(minutes / 60);
        let part = |minutes: u32| Value::from(f64::from(minutes) / 60.0);
        let hours = match u32::try_from(minutes) {
            Ok(minutes) if minutes % 60 != 0 => part(minutes),
            _ => whole(),
        };
        body.insert(name.to_owned(), hours);
    }
}

impl TenantSettings {
    /// The settings as the body of an update request changes them; `flags` are merged.
    pub fn updated(&self, mut body: Members) -> Result<Self, serde_json::Error> {
        patch::merge_member(&self.properties, &mut body, "flags");
        for name in CLEARED_BY_EMPTY {
            if body.get(name).is_some_and(|value| value == "") {
                body.insert(name.into(), Value::Null);
            }
        }
        count_in_hours(&mut body);
        patch::apply(self, body)
    }

    /// The settings as a request can say them: lifetimes with a fraction in minutes.
    pub fn as_request(&self) -> Result<Members, serde_json::Error> {
        let mut members = patch::to_members(self)?;
        for name in LIFETIMES {
            let Some(hours) = members.get(name).filter(|value| value.is_f64()).and_then(Value::as_f64) else {
                continue;
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "minutes of a request, which were positive and below 2^32"
            )]
            let minutes = (hours * 60.0).round() as u64;
            members.shift_remove(name);
            members.insert(format!("{name}_in_minutes"), minutes.into());
        }
        Ok(members)
    }

    /// Whether organizations may be named by name.
    pub fn allows_organization_names(&self) -> bool {
        self.allow_organization_name_in_authentication_api == Some(true)
    }

    /// The API of requests that name none.
    pub fn default_audience(&self) -> Option<&str> {
        self.default_audience.as_deref().filter(|audience| !audience.is_empty())
    }

    /// Whether the metadata names other endpoints for clients with certificates (Auth0: `mtls`).
    pub fn enables_mtls_aliases(&self) -> bool {
        let mtls = self.properties.get("mtls");
        mtls.and_then(|mtls| mtls.get("enable_endpoint_aliases")).and_then(Value::as_bool) == Some(true)
    }

    /// The token quota of whoever of this kind (`clients`, `organizations`) has none of their own.
    pub fn default_token_quota(&self, kind: &str) -> Option<TokenQuota> {
        let quotas = self.properties.get("default_token_quota")?;
        TokenQuota::read(quotas.get(kind))
    }

    /// A flag of Auth0's `flags`; unset counts as false.
    pub fn flag(&self, name: &str) -> bool {
        self.properties.get("flags").and_then(|flags| flags.get(name)).and_then(Value::as_bool) == Some(true)
    }
}

/// Settings that Auth0 does not have. They are kept apart from Auth0's and served under `/grantd/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    /// See [`ScopeHandling`].
    #[serde(default)]
    pub scope_handling: ScopeHandling,
    /// Whether a caller of the Management API may grant Management API scopes that it does not hold itself.
    #[serde(default)]
    pub allow_granting_unheld_scopes: bool,
    /// Days after which the signing keys rotate by themselves, 2 to 3650; none for never.
    #[serde(default)]
    pub signing_key_rotation_days: Option<u16>,
    /// How many requests there may be; none for no limit.
    #[serde(default)]
    pub rate_limits: Option<RateLimits>,
}

/// Everything that is set for the deployment as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tenant {
    /// Auth0's settings.
    pub settings: TenantSettings,
    /// Ours.
    pub extensions: Extensions,
}
