//! APIs: what a new one has, what updates do to it, and what may not be.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod support;

use std::collections::BTreeSet;

use grantd_model::{
    ClientPolicy, ResourceServer, ResourceServerFault, SigningAlgorithm, TokenDialect, UserPolicy,
    management_api,
};
use serde_json::{Value, json};
use support::members;

fn created(body: Value) -> ResourceServer {
    ResourceServer::from_request(&"69a006b6f39293776f28ab5d".into(), members(body)).unwrap()
}

fn updated(api: &ResourceServer, body: Value) -> ResourceServer {
    api.updated(members(body)).unwrap()
}

fn text(api: &ResourceServer) -> String {
    serde_json::to_string(api).unwrap()
}

#[test]
fn an_api_with_an_identifier_has_the_recorded_defaults_and_no_more() {
    assert_eq!(
        text(&created(json!({"identifier": "https://x"}))),
        r#"{"id":"69a006b6f39293776f28ab5d","identifier":"https://x","allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"subject_type_authorization":{"client":{"policy":"require_client_grant"},"user":{"policy":"allow_all"}},"token_lifetime":86400,"token_lifetime_for_web":7200,"signing_alg":"RS256"}"#
    );
}

#[test]
fn an_api_with_everything_has_the_recorded_order() {
    let api = created(json!({
        "identifier": "https://x", "proof_of_possession": {"mechanism": "dpop", "required": true},
        "authorization_details": [{"type": "payment"}], "consent_policy": "transactional-authorization-with-mfa",
        "token_encryption": {"format": "compact-nested-jwe", "encryption_key": {"alg": "RSA-OAEP-256", "pem": "p"}},
        "token_dialect": "rfc9068_profile", "enforce_policies": false, "scopes": [], "name": "n",
        "allow_online_access_with_ephemeral_sessions": false, "allow_online_access": false,
        "authorization_policy": {"policy_id": "p"},
    }));
    let text = text(&api);
    let names = [
        "id",
        "name",
        "identifier",
        "allow_offline_access",
        "skip_consent_for_verifiable_first_party_clients",
        "allow_online_access",
        "allow_online_access_with_ephemeral_sessions",
        "subject_type_authorization",
        "token_lifetime",
        "token_lifetime_for_web",
        "signing_alg",
        "scopes",
        "enforce_policies",
        "token_dialect",
        "token_encryption",
        "consent_policy",
        "authorization_details",
        "proof_of_possession",
        "authorization_policy",
    ];
    let shown: Vec<String> = members(serde_json::from_str(&text).unwrap()).keys().cloned().collect();
    assert_eq!(shown, names);
    assert_eq!(serde_json::from_str::<ResourceServer>(&text).unwrap(), api);
}

#[test]
fn the_sides_of_subject_type_authorization_change_one_at_a_time() {
    let api = created(json!({"identifier": "https://x"}));
    let api = updated(&api, json!({"subject_type_authorization": {"client": {"policy": "deny_all"}}}));
    assert_eq!(api.subject_type_authorization.client.policy, ClientPolicy::DenyAll);
    assert_eq!(api.subject_type_authorization.user.policy, UserPolicy::AllowAll);
    let api =
        updated(&api, json!({"subject_type_authorization": {"user": {"policy": "require_client_grant"}}}));
    assert_eq!(api.subject_type_authorization.client.policy, ClientPolicy::DenyAll);
    assert_eq!(api.subject_type_authorization.user.policy, UserPolicy::RequireClientGrant);
    assert_eq!(
        updated(&api, json!({"name": "n"})).subject_type_authorization,
        api.subject_type_authorization
    );
}

#[test]
fn one_side_of_subject_type_authorization_is_enough_for_a_new_api() {
    let body =
        json!({"identifier": "https://x", "subject_type_authorization": {"user": {"policy": "deny_all"}}});
    let api = created(body);
    assert_eq!(api.subject_type_authorization.client.policy, ClientPolicy::RequireClientGrant);
    assert_eq!(api.subject_type_authorization.user.policy, UserPolicy::DenyAll);
}

#[test]
fn scopes_are_replaced_whole_and_keep_what_they_were_sent_with() {
    let api = created(json!({"identifier": "https://x"}));
    assert_eq!(api.scopes, None);
    let scopes = json!([{"value": "b", "description": ""}, {"value": "a"}]);
    let api = updated(&api, json!({"scopes": scopes}));
    assert!(text(&api).contains(r#""scopes":[{"value":"b","description":""},{"value":"a"}]"#));
    assert!(api.defines("a") && api.defines("b") && !api.defines("A"));
    assert_eq!(api.scope_set().to_string(), "b a");
    let api = updated(&api, json!({"scopes": []}));
    assert!(text(&api).contains(r#""scopes":[]"#));
    assert!(api.scope_set().is_empty());
}

#[test]
fn null_removes_what_may_be_unset() {
    let api = created(json!({
        "identifier": "https://x",
        "token_encryption": {"format": "compact-nested-jwe", "encryption_key": {"alg": "RSA-OAEP-256", "pem": "p"}},
        "consent_policy": "transactional-authorization-with-mfa",
        "authorization_details": [{"type": "payment"}],
        "proof_of_possession": {"mechanism": "mtls", "required": true},
        "authorization_policy": {"policy_id": "p"},
    }));
    let after = updated(
        &api,
        json!({
            "token_encryption": null, "consent_policy": null, "authorization_details": null,
            "proof_of_possession": null, "authorization_policy": null,
        }),
    );
    assert_eq!(after, created(json!({"identifier": "https://x"})));
}

#[test]
fn proof_of_possession_is_replaced_whole() {
    let api = created(json!({
        "identifier": "https://x",
        "proof_of_possession": {"mechanism": "dpop", "required": true, "required_for": "all_clients"},
    }));
    let after = updated(&api, json!({"proof_of_possession": {"mechanism": "mtls", "required": true}}));
    assert_eq!(after.proof_of_possession.unwrap().required_for, None);
}

#[test]
fn the_secret_is_for_hs256_stays_through_updates_and_is_never_shown() {
    let secret = "0123456789abcdef-hush";
    let api = created(json!({"identifier": "https://x", "signing_alg": "HS256", "signing_secret": secret}));
    let held = |api: &ResourceServer| api.signing_secret.as_ref().map(|held| held.expose_str().to_owned());
    assert_eq!(held(&api), Some(secret.to_owned()));
    assert_eq!(held(&updated(&api, json!({"name": "n"}))), Some(secret.to_owned()));
    let another = updated(&api, json!({"signing_secret": "another-hush-hush"}));
    assert_eq!(held(&another), Some("another-hush-hush".to_owned()));
    assert_eq!(held(&updated(&api, json!({"signing_alg": "RS256"}))), None);
    assert_eq!(held(&created(json!({"identifier": "https://x", "signing_secret": secret}))), None);
    assert!(!text(&another).contains("hush") && !format!("{another:?}").contains("hush"));
}

#[test]
fn web_tokens_do_not_outlive_the_others() {
    let check = |lifetime: u32, web: u32| {
        created(json!({"identifier": "https://x", "token_lifetime": lifetime, "token_lifetime_for_web": web}))
            .check()
    };
    assert_eq!(check(7200, 7200), Ok(()));
    assert_eq!(check(7199, 7200), Err(ResourceServerFault::WebLifetime));
}

#[test]
fn a_web_lifetime_that_is_not_named_follows_a_shorter_lifetime() {
    let api = created(json!({"identifier": "https://x", "token_lifetime": 600}));
    assert_eq!((api.token_lifetime_for_web, api.check()), (600, Ok(())));
    let api = updated(&created(json!({"identifier": "https://x"})), json!({"token_lifetime": 60}));
    assert_eq!((api.token_lifetime_for_web, api.check()), (60, Ok(())));
    let longer = updated(&api, json!({"token_lifetime": 86_400}));
    assert_eq!(longer.token_lifetime_for_web, 60);
    let named = updated(&api, json!({"token_lifetime": 60, "token_lifetime_for_web": 61}));
    assert_eq!(named.check(), Err(ResourceServerFault::WebLifetime));
}

#[test]
fn a_system_api_lets_only_some_members_change() {
    let system = management_api("id".into(), "https://t/api/v2/".into());
    let body = members(json!({"token_lifetime": 1, "token_dialect": "rfc9068_profile"}));
    assert_eq!(system.check_system(&body), Ok(()));
    let body = members(json!({"scopes": [], "token_lifetime": 1, "name": "n"}));
    let refused = ResourceServerFault::SystemApi(vec!["scopes".to_owned(), "name".to_owned()]);
    assert_eq!(system.check_system(&body), Err(refused));
    assert_eq!(created(json!({"identifier": "https://x"})).check_system(&body), Ok(()));
}

#[test]
fn the_management_api_is_as_recorded() {
    let api = management_api("5f2d".into(), "https://t/api/v2/".into());
    assert_eq!(api.name.as_deref(), Some("Auth0 Management API"));
    assert_eq!((api.token_lifetime, api.token_lifetime_for_web), (86_400, 7_200));
    assert!(api.is_system && text(&api).contains(r#""is_system":true"#));
    assert_eq!(api.check(), Ok(()));
    let distinct: BTreeSet<&str> = api.scopes.iter().flatten().map(|scope| scope.value.as_str()).collect();
    assert_eq!(distinct.len(), api.scopes.as_ref().unwrap().len());
    let needed = [
        "read:client_grants",
        "create:client_grants",
        "update:client_grants",
        "delete:client_grants",
        "read:organization_client_grants",
        "create:organization_client_grants",
        "delete:organization_client_grants",
        "read:clients",
        "read:client_keys",
        "update:client_keys",
        "read:client_credentials",
        "read:client_summary",
        "read:resource_servers",
        "read:organizations",
        "read:organizations_summary",
        "read:signing_keys",
        "create:signing_keys",
        "update:signing_keys",
        "read:tenant_settings",
        "update:tenant_settings",
        "read:logs",
        "read:logs_users",
        "read:stats",
    ];
    let missing: Vec<&str> = needed.into_iter().filter(|scope| !api.defines(scope)).collect();
    assert_eq!(missing, [""; 0]);
    let described = api.scopes.iter().flatten().find(|scope| scope.value.as_str() == "read:client_grants");
    assert_eq!(described.unwrap().description.as_deref(), Some("Read Client Grants"));
}

#[test]
fn wire_names_are_those_of_the_contract() {
    for name in ["HS256", "RS256", "RS512", "PS256", "ES256", "EdDSA"] {
        let algorithm: SigningAlgorithm = serde_json::from_value(name.into()).unwrap();
        assert_eq!(algorithm.as_str(), name);
    }
    for name in ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"] {
        let dialect: TokenDialect = serde_json::from_value(name.into()).unwrap();
        assert_eq!(serde_json::to_value(dialect).unwrap(), name);
    }
}
