//! The settings of the deployment: what a new tenant has and what updates do to them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod support;

use grantd_model::patch::to_members;
use grantd_model::{Extensions, ResourceParameterProfile, ScopeHandling, Tenant, TenantSettings};
use serde_json::{Value, json};
use support::members;

fn after(settings: &TenantSettings, body: Value) -> TenantSettings {
    settings.updated(members(body)).unwrap()
}

fn shown(settings: &TenantSettings) -> Value {
    to_members(settings).unwrap().into()
}

#[test]
fn a_new_tenant_acts_on_audience_alone_and_takes_no_names() {
    let settings = Tenant::default().settings;
    assert_eq!(settings.resource_parameter_profile, ResourceParameterProfile::Audience);
    assert_eq!(shown(&settings)["resource_parameter_profile"], json!("audience"));
    assert_eq!(settings.default_audience(), None);
    assert!(!settings.allows_organization_names());
    assert_eq!(Tenant::default().extensions.scope_handling, ScopeHandling::Auth0);
    assert!(!Tenant::default().extensions.allow_granting_unheld_scopes);
}

#[test]
fn no_setting_is_held_twice() {
    let settings = after(&TenantSettings::default(), json!({"resource_parameter_profile": "compatibility"}));
    assert_eq!(settings.resource_parameter_profile, ResourceParameterProfile::Compatibility);
    assert!(!settings.properties.contains_key("resource_parameter_profile"));
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(text.matches("resource_parameter_profile").count(), 1);
    assert_eq!(serde_json::from_str::<TenantSettings>(&text).unwrap(), settings);
}

#[test]
fn an_empty_default_audience_is_kept_and_names_none() {
    let settings = after(&TenantSettings::default(), json!({"default_audience": "https://x"}));
    assert_eq!(settings.default_audience(), Some("https://x"));
    let settings = after(&settings, json!({"default_audience": ""}));
    assert_eq!(settings.default_audience(), None);
    assert_eq!(shown(&settings)["default_audience"], json!(""));
}

#[test]
fn an_empty_default_redirection_is_removed() {
    let settings = after(&TenantSettings::default(), json!({"default_redirection_uri": "https://l"}));
    assert_eq!(shown(&settings)["default_redirection_uri"], json!("https://l"));
    let settings = after(&settings, json!({"default_redirection_uri": ""}));
    assert_eq!(shown(&settings).get("default_redirection_uri"), None);
}

#[test]
fn flags_are_merged() {
    let settings = TenantSettings::default();
    assert!(
        settings.flag("enable_sso") && !settings.flag("remove_alg_from_jwks") && !settings.flag("unknown")
    );
    let settings = after(&settings, json!({"flags": {"remove_alg_from_jwks": true}}));
    assert!(settings.flag("enable_sso") && settings.flag("remove_alg_from_jwks"));
    let settings = after(&settings, json!({"flags": {"remove_alg_from_jwks": false}}));
    assert!(settings.flag("enable_sso") && !settings.flag("remove_alg_from_jwks"));
}

#[test]
fn other_objects_are_replaced_whole_and_null_removes_them() {
    let quota = |per_day: u32| json!({"clients": {"client_credentials": {"per_day": per_day}}});
    let settings = after(&TenantSettings::default(), json!({"default_token_quota": quota(1)}));
    let organizations = json!({"organizations": {"client_credentials": {"per_hour": 2}}});
    let settings = after(&settings, json!({"default_token_quota": organizations}));
    assert_eq!(shown(&settings)["default_token_quota"], organizations);
    let settings = after(&settings, json!({"default_token_quota": null, "mtls": null}));
    assert_eq!(settings, TenantSettings::default());
}

#[test]
fn organization_names_are_allowed_denied_and_unset() {
    let name = "allow_organization_name_in_authentication_api";
    let mut settings = TenantSettings::default();
    for (value, allowed) in [(json!(true), true), (json!(null), false), (json!(false), false)] {
        settings = settings.updated([(name.to_owned(), value.clone())].into_iter().collect()).unwrap();
        assert_eq!(settings.allows_organization_names(), allowed);
        assert_eq!(shown(&settings).get(name), Some(&value).filter(|value| !value.is_null()));
    }
}

#[test]
fn extensions_have_their_own_form() {
    let extensions: Extensions = serde_json::from_value(json!({"scope_handling": "rfc6749"})).unwrap();
    assert_eq!(extensions.scope_handling, ScopeHandling::Rfc6749);
    let form = json!({
        "scope_handling": "rfc6749", "allow_granting_unheld_scopes": false, "signing_key_rotation_days": null,
        "rate_limits": null,
    });
    assert_eq!(serde_json::to_value(&extensions).unwrap(), form);
}

#[test]
fn a_lifetime_in_minutes_is_one_in_hours() {
    let changed = |body: Value| {
        let settings = TenantSettings::default().updated(body.as_object().cloned().unwrap()).unwrap();
        settings.properties
    };
    let settings =
        changed(json!({"session_lifetime_in_minutes": 1440, "idle_session_lifetime_in_minutes": 181}));
    assert_eq!(settings["session_lifetime"], 24);
    assert_eq!(settings["idle_session_lifetime"], json!(3.016_666_666_666_666_6));
    assert!(!settings.contains_key("session_lifetime_in_minutes"));
}

#[test]
fn a_lifetime_with_a_fraction_is_asked_for_in_minutes() {
    let asked = json!({"idle_session_lifetime_in_minutes": 181, "session_lifetime": 24});
    let settings = TenantSettings::default().updated(asked.as_object().cloned().unwrap()).unwrap();
    let request = settings.as_request().unwrap();
    assert_eq!(request["idle_session_lifetime_in_minutes"], 181);
    assert_eq!(request["session_lifetime"], 24);
    assert_eq!(settings.updated(request).unwrap(), settings);
}
