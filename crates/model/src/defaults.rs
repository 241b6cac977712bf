//! What Auth0 fills in when a create request leaves it out (all recorded).
//!
//! The values of a client depend on its kind, so they are chosen from the request's own members.

use serde_json::{Value, json};

use crate::patch::Members;

/// The members that a new client has unless the request names them.
pub(crate) fn client(body: &Members) -> Members {
    let kind = Kind::of(body);
    let defaults = json!({
        "global": false,
        "is_first_party": true,
        "is_token_endpoint_ip_header_trusted": false,
        "oidc_conformant": kind.is_oidc_conformant(),
        "sso_disabled": false,
        "cross_origin_authentication": false,
        "custom_login_page_on": true,
        "grant_types": kind.grant_types(),
        "jwt_configuration": kind.jwt_configuration(),
        "refresh_token": refresh_token(body, &kind),
    });
    let mut members = object(defaults);
    if kind.third_party {
        members.insert("third_party_security_mode".into(), "permissive".into());
    }
    if kind.strict {
        members.insert("redirection_policy".into(), "open_redirect_protection".into());
    }
    members
}

/// Fills in what Auth0 always shows of a client's objects once a request has named the object.
pub(crate) fn complete_client(body: &mut Members) {
    mirror_logout(body);
    complete(body, "jwt_configuration", json!({"secret_encoded": false}));
    complete(body, "refresh_token", plain_refresh_token(2_592_000, 1_296_000));
    complete(
        body,
        "session_transfer",
        json!({
            "can_create_session_transfer_token": false,
            "allowed_authentication_methods": [],
            "enforce_device_binding": "ip",
            "allow_refresh_token": false,
            "enforce_online_refresh_tokens": true,
            "enforce_cascade_revocation": true,
        }),
    );
    for name in ["client_metadata", "session_transfer"] {
        if let Some(Value::Object(object)) = body.get_mut(name) {
            object.retain(|_, value| !value.is_null());
        }
    }
}

/// `oidc_backchannel_logout` is an older name for the addresses in `oidc_logout`: both are always shown, and
/// what is set or removed by one name is so by the other.
fn mirror_logout(body: &mut Members) {
    const ADDRESSES: &str = "backchannel_logout_urls";
    let current = body.get("oidc_logout").or_else(|| body.get("oidc_backchannel_logout")).cloned();
    let Some(current) = current else { return };
    let addresses = current.get(ADDRESSES).map_or(Value::Null, |urls| json!({ADDRESSES: urls}));
    body.insert("oidc_logout".into(), current);
    body.insert("oidc_backchannel_logout".into(), addresses);
}

/// The settings of a new tenant.
pub(crate) fn tenant() -> Members {
    object(json!({
        "enabled_locales": ["en"],
        "flags": {
            "allow_changing_enable_sso": false,
            "disable_impersonation": true,
            "enable_sso": true,
            "universal_login": true,
            "revoke_refresh_token_grant": false,
            "disable_clickjack_protection_headers": false,
        },
        "sandbox_version": "22",
        "oidc_logout": {"rp_logout_end_session_endpoint_discovery": true},
        "universal_login": {},
        "resource_parameter_profile": "audience",
    }))
}

struct Kind<'a> {
    app_type: Option<&'a str>,
    public: bool,
    third_party: bool,
    strict: bool,
}

impl<'a> Kind<'a> {
    fn of(body: &'a Members) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        Self {
            app_type: text("app_type"),
            public: text("token_endpoint_auth_method") == Some("none")
                || matches!(text("app_type"), Some("spa" | "native")),
            third_party: body.get("is_first_party") == Some(&Value::Bool(false)),
            strict: text("third_party_security_mode") == Some("strict"),
        }
    }

    fn is_oidc_conformant(&self) -> bool {
        self.third_party || matches!(self.app_type, Some("resource_server" | "express_configuration"))
    }

    fn grant_types(&self) -> &'static [&'static str] {
        match self.app_type {
            Some("resource_server") => &[],
            Some("express_configuration") => &["authorization_code", "client_credentials"],
            _ if self.strict => &["authorization_code"],
            _ if self.public => &["authorization_code", "implicit", "refresh_token"],
            _ => &["authorization_code", "implicit", "refresh_token", "client_credentials"],
        }
    }

    fn jwt_configuration(&self) -> Value {
        match self.app_type {
            Some("resource_server") => json!({"secret_encoded": false, "alg": "RS256"}),
            _ if self.strict => json!({"secret_encoded": false, "alg": "RS256", "lifetime_in_seconds": 3600}),
            _ => json!({"secret_encoded": false, "lifetime_in_seconds": 36000}),
        }
    }
}

fn refresh_token(body: &Members, kind: &Kind<'_>) -> Value {
    let confidential = body
        .get("token_endpoint_auth_method")
        .and_then(Value::as_str)
        .is_some_and(|method| method.starts_with("client_secret"));
    let (lifetime, idle) = if confidential { (31_557_600, 2_592_000) } else { (2_592_000, 1_296_000) };
    let mut token = plain_refresh_token(lifetime, idle);
    if let (true, Some(members)) = (kind.third_party, token.as_object_mut()) {
        members.insert("expiration_type".into(), "expiring".into());
        members.insert("infinite_idle_token_lifetime".into(), false.into());
        if kind.public {
            members.insert("rotation_type".into(), "rotating".into());
            members.insert("infinite_token_lifetime".into(), false.into());
        }
    }
    token
}

fn plain_refresh_token(lifetime: u32, idle: u32) -> Value {
    json!({
        "rotation_type": "non-rotating",
        "expiration_type": "non-expiring",
        "leeway": 0,
        "token_lifetime": lifetime,
        "infinite_token_lifetime": true,
        "infinite_idle_token_lifetime": true,
        "idle_token_lifetime": idle,
    })
}

/// Adds the defaults that the object of that name lacks; nothing where there is no such object.
fn complete(members: &mut Members, name: &str, defaults: Value) {
    let Some(Value::Object(held)) = members.get_mut(name) else { return };
    for (key, value) in object(defaults) {
        held.entry(key).or_insert(value);
    }
}

fn object(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}
