//! Clients: what a new one has, what updates do to it, and what may not be.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod support;

use grantd_model::patch::to_members;
use grantd_model::{CLIENT_CREDENTIALS, Client, ClientFault, Secret, TokenEndpointAuthMethod};
use serde_json::{Value, json};
use support::members;

fn created(body: Value) -> Client {
    Client::from_request("c1".into(), Secret::from("hush"), members(body)).unwrap()
}

fn updated(client: &Client, body: Value) -> Client {
    client.updated(members(body)).unwrap()
}

/// The members of that name, as they are shown.
fn shown(client: &Client, name: &str) -> Value {
    to_members(client).unwrap().get(name).cloned().unwrap_or_default()
}

fn refresh_token(changes: Value) -> Value {
    let mut token = json!({
        "rotation_type": "non-rotating",
        "expiration_type": "non-expiring",
        "leeway": 0,
        "token_lifetime": 2_592_000,
        "infinite_token_lifetime": true,
        "infinite_idle_token_lifetime": true,
        "idle_token_lifetime": 1_296_000,
    });
    token.as_object_mut().unwrap().extend(members(changes));
    token
}

#[test]
fn a_client_with_a_name_has_the_recorded_defaults() {
    let expected = json!({
        "name": "n",
        "client_id": "c1",
        "global": false,
        "is_first_party": true,
        "is_token_endpoint_ip_header_trusted": false,
        "oidc_conformant": false,
        "jwt_configuration": {"secret_encoded": false, "lifetime_in_seconds": 36000},
        "sso_disabled": false,
        "cross_origin_authentication": false,
        "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
        "custom_login_page_on": true,
        "refresh_token": refresh_token(json!({})),
    });
    assert_eq!(Value::Object(to_members(&created(json!({"name": "n"}))).unwrap()), expected);
}

#[test]
fn grant_types_follow_the_kind_of_client() {
    let all = json!(["authorization_code", "implicit", "refresh_token", "client_credentials"]);
    let public = json!(["authorization_code", "implicit", "refresh_token"]);
    let rows = [
        (json!({"app_type": "non_interactive"}), all.clone()),
        (json!({"app_type": "regular_web", "token_endpoint_auth_method": "client_secret_post"}), all),
        (json!({"app_type": "spa"}), public.clone()),
        (json!({"app_type": "native"}), public.clone()),
        (json!({"token_endpoint_auth_method": "none"}), public),
        (json!({"app_type": "resource_server"}), json!([])),
        (json!({"app_type": "express_configuration"}), json!(["authorization_code", "client_credentials"])),
        (
            json!({"is_first_party": false, "third_party_security_mode": "strict"}),
            json!(["authorization_code"]),
        ),
        (json!({"app_type": "spa", "grant_types": ["password"]}), json!(["password"])),
    ];
    for (mut body, expected) in rows {
        body["name"] = "n".into();
        assert_eq!(shown(&created(body.clone()), "grant_types"), expected, "{body}");
    }
}

#[test]
fn token_settings_follow_the_kind_of_client() {
    let plain = json!({"secret_encoded": false, "lifetime_in_seconds": 36000});
    let rows = [
        (json!({"app_type": "non_interactive"}), plain.clone(), json!({})),
        (
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            plain.clone(),
            json!({"token_lifetime": 31_557_600, "idle_token_lifetime": 2_592_000}),
        ),
        (json!({"app_type": "resource_server"}), json!({"secret_encoded": false, "alg": "RS256"}), json!({})),
        (
            json!({"is_first_party": false, "third_party_security_mode": "strict"}),
            json!({"secret_encoded": false, "alg": "RS256", "lifetime_in_seconds": 3600}),
            json!({"expiration_type": "expiring", "infinite_idle_token_lifetime": false}),
        ),
        (
            json!({"is_first_party": false, "app_type": "spa", "token_endpoint_auth_method": "none"}),
            plain,
            json!({
                "expiration_type": "expiring", "infinite_idle_token_lifetime": false,
                "rotation_type": "rotating", "infinite_token_lifetime": false,
            }),
        ),
    ];
    for (mut body, jwt_configuration, token) in rows {
        body["name"] = "n".into();
        let client = created(body.clone());
        assert_eq!(shown(&client, "jwt_configuration"), jwt_configuration, "{body}");
        assert_eq!(shown(&client, "refresh_token"), refresh_token(token), "{body}");
    }
}

#[test]
fn third_parties_are_conformant_and_permissive_unless_strict() {
    let permissive = created(json!({"name": "n", "is_first_party": false}));
    assert_eq!(shown(&permissive, "oidc_conformant"), json!(true));
    assert_eq!(shown(&permissive, "third_party_security_mode"), json!("permissive"));
    assert_eq!(shown(&permissive, "redirection_policy"), Value::Null);
    assert!(!permissive.is_strict());
    let strict =
        created(json!({"name": "n", "is_first_party": false, "third_party_security_mode": "strict"}));
    assert_eq!(shown(&strict, "redirection_policy"), json!("open_redirect_protection"));
    assert!(strict.is_strict());
    for app_type in ["resource_server", "express_configuration"] {
        let client = created(json!({"name": "n", "app_type": app_type}));
        assert_eq!(shown(&client, "oidc_conformant"), json!(true));
    }
}

#[test]
fn a_sent_jwt_configuration_gets_no_lifetime() {
    let client = created(json!({"name": "n", "jwt_configuration": {"alg": "RS256"}}));
    assert_eq!(shown(&client, "jwt_configuration"), json!({"alg": "RS256", "secret_encoded": false}));
}

#[test]
fn metadata_is_merged_and_null_removes_a_key() {
    let client = created(json!({"name": "n", "client_metadata": {"bar": "baz", "foo": "zoo"}}));
    let client = updated(&client, json!({"client_metadata": {"bar": null, "foo": "new", "more": "m"}}));
    assert_eq!(shown(&client, "client_metadata"), json!({"foo": "new", "more": "m"}));
    let client = updated(&client, json!({"client_metadata": {"foo": null, "more": null}}));
    assert_eq!(shown(&client, "client_metadata"), json!({}));
    let client = updated(&client, json!({"client_metadata": {"late": "l"}, "description": "d"}));
    assert_eq!(shown(&client, "client_metadata"), json!({"late": "l"}));
}

#[test]
fn objects_that_are_merged_keep_what_the_update_does_not_name() {
    let client = created(json!({
        "name": "n",
        "mobile": {"android": {"app_package_name": "a"}, "ios": {"team_id": "t"}},
        "native_social_login": {"apple": {"enabled": true}},
    }));
    let client = updated(
        &client,
        json!({
            "jwt_configuration": {"alg": "RS256"},
            "mobile": {"android": {"app_package_name": "b"}},
            "native_social_login": {"google": {"enabled": false}},
        }),
    );
    let jwt_configuration = json!({"secret_encoded": false, "lifetime_in_seconds": 36000, "alg": "RS256"});
    assert_eq!(shown(&client, "jwt_configuration"), jwt_configuration);
    let mobile = json!({"android": {"app_package_name": "b"}, "ios": {"team_id": "t"}});
    assert_eq!(shown(&client, "mobile"), mobile);
    let social = json!({"apple": {"enabled": true}, "google": {"enabled": false}});
    assert_eq!(shown(&client, "native_social_login"), social);
}

#[test]
fn session_transfer_is_completed_merged_and_removed() {
    let client = created(json!({"name": "n", "session_transfer": {"allow_refresh_token": true}}));
    let complete = json!({
        "can_create_session_transfer_token": false,
        "allowed_authentication_methods": [],
        "enforce_device_binding": "ip",
        "allow_refresh_token": true,
        "enforce_online_refresh_tokens": true,
        "enforce_cascade_revocation": true,
    });
    assert_eq!(shown(&client, "session_transfer"), complete);
    let client =
        updated(&client, json!({"session_transfer": {"delegation": {"allow_delegated_access": true}}}));
    assert_eq!(shown(&client, "session_transfer")["delegation"], json!({"allow_delegated_access": true}));
    let client = updated(&client, json!({"session_transfer": {"delegation": null}}));
    assert_eq!(shown(&client, "session_transfer"), complete);
    let client = updated(&client, json!({"session_transfer": null}));
    assert_eq!(shown(&client, "session_transfer"), Value::Null);
}

#[test]
fn the_older_name_of_oidc_logout_shows_the_addresses_and_removes_all() {
    let logout =
        json!({"backchannel_logout_urls": ["https://l"], "backchannel_logout_initiators": {"mode": "all"}});
    let client = created(json!({"name": "n", "oidc_logout": logout}));
    assert_eq!(shown(&client, "oidc_logout"), logout);
    assert_eq!(shown(&client, "oidc_backchannel_logout"), json!({"backchannel_logout_urls": ["https://l"]}));
    for name in ["oidc_logout", "oidc_backchannel_logout"] {
        let mut body = json!({});
        body[name] = Value::Null;
        let removed = updated(&client, body);
        assert_eq!(shown(&removed, "oidc_logout"), Value::Null);
        assert_eq!(shown(&removed, "oidc_backchannel_logout"), Value::Null);
    }
    let no_addresses = created(json!({"name": "n", "oidc_logout": {}}));
    assert!(!to_members(&no_addresses).unwrap().contains_key("oidc_backchannel_logout"));
}

#[test]
fn an_update_leaves_alone_what_it_does_not_name() {
    let client = created(
        json!({"name": "n", "callbacks": ["https://a"], "token_quota": {"client_credentials": {"per_day": 1}}}),
    );
    assert_eq!(updated(&client, json!({"name": "n"})), client);
    // Auth0's global client has less than a new one; an update does not complete it.
    let global: Client = serde_json::from_value(json!({
        "client_id": "g", "name": "All Applications", "global": true, "is_first_party": true,
        "jwt_configuration": {"alg": "RS256"},
    }))
    .unwrap();
    let after = updated(&global, json!({"custom_login_page": "<html>"}));
    assert_eq!(shown(&after, "jwt_configuration"), json!({"alg": "RS256"}));
    assert_eq!(shown(&after, "grant_types"), Value::Null);
}

#[test]
fn null_removes_what_is_typed_and_what_is_not() {
    let client = created(json!({
        "name": "n",
        "token_endpoint_auth_method": "client_secret_post",
        "default_organization": {"organization_id": "org_1", "flows": ["client_credentials"]},
        "token_quota": {"client_credentials": {"per_day": 1}},
    }));
    let names = ["token_endpoint_auth_method", "default_organization", "token_quota"];
    let body = names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let after = client.updated(body).unwrap();
    assert!(names.iter().all(|name| shown(&after, name).is_null()));
    assert_eq!(after.token_endpoint_auth_method, None);
}

#[test]
fn the_secret_is_never_shown_and_an_update_of_members_leaves_it_alone() {
    let client = created(json!({"name": "n"}));
    assert_eq!(updated(&client, json!({"name": "m"})).client_secret.value.expose(), b"hush");
    let after = updated(&client, json!({"client_secret": "another"}));
    assert_eq!(after.client_secret.value.expose(), b"hush");
    assert!(!to_members(&after).unwrap().contains_key("client_secret"));
    assert!(!format!("{after:?}").contains("hush"));
}

#[test]
fn records_survive_storage_without_their_secret() {
    let client = created(json!({"name": "n", "app_type": "spa", "resource_server_identifier": "https://x"}));
    let stored = serde_json::to_string(&client).unwrap();
    let read: Client = serde_json::from_str(&stored).unwrap();
    assert_eq!(Client { client_secret: client.client_secret.clone(), ..read }, client);
}

#[test]
fn each_authentication_method_is_accepted_alone_and_unset_accepts_secrets() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
    let any = created(json!({"name": "n"}));
    assert!(any.is_confidential() && any.accepts(ClientSecretPost) && any.accepts(ClientSecretBasic));
    let basic = created(json!({"name": "n", "token_endpoint_auth_method": "client_secret_basic"}));
    assert!(basic.accepts(ClientSecretBasic) && !basic.accepts(ClientSecretPost));
    let public = created(json!({"name": "n", "token_endpoint_auth_method": "none"}));
    assert!(!public.is_confidential() && !public.accepts(ClientSecretPost));
    assert!(!public.may_use(CLIENT_CREDENTIALS));
    assert!(!Client { global: true, ..any }.accepts(ClientSecretPost));
}

#[test]
fn what_may_not_be_is_refused() {
    let grant_types =
        |names: &[&str]| Err(ClientFault::GrantTypes(names.iter().map(|name| (*name).to_owned()).collect()));
    let strict = |more: Value| {
        let mut body = json!({"is_first_party": false, "third_party_security_mode": "strict"});
        body.as_object_mut().unwrap().extend(members(more));
        body
    };
    let rows = [
        (json!({}), Ok(())),
        (json!({"token_endpoint_auth_method": "none"}), Ok(())),
        (
            json!({"token_endpoint_auth_method": "none", "grant_types": ["implicit", "client_credentials"]}),
            grant_types(&["client_credentials"]),
        ),
        (json!({"third_party_security_mode": "permissive"}), Err(ClientFault::SecurityModeOnFirstParty)),
        (strict(json!({})), Ok(())),
        (strict(json!({"grant_types": ["client_credentials", "refresh_token"]})), Ok(())),
        (strict(json!({"grant_types": ["client_credentials", "password"]})), grant_types(&["password"])),
        (strict(json!({"token_endpoint_auth_method": "none"})), Err(ClientFault::StrictAndPublic)),
    ];
    for (mut body, expected) in rows {
        body["name"] = "n".into();
        assert_eq!(created(body.clone()).check(), expected, "{body}");
    }
}

#[test]
fn the_security_mode_stays_what_it_was_at_first() {
    let check = |from: Value, body: Value| {
        let client = created(from);
        client.check_update(&updated(&client, body))
    };
    let first = json!({"name": "n"});
    let permissive = json!({"name": "n", "is_first_party": false});
    let strict = json!({"name": "n", "is_first_party": false, "third_party_security_mode": "strict"});
    let changed = Err(ClientFault::SecurityModeChanged);
    assert_eq!(check(first.clone(), json!({"is_first_party": false})), Ok(()));
    let to_strict = json!({"is_first_party": false, "third_party_security_mode": "strict"});
    assert_eq!(check(first.clone(), to_strict.clone()), changed);
    assert_eq!(check(permissive.clone(), to_strict.clone()), changed);
    assert_eq!(check(strict.clone(), to_strict), Ok(()));
    assert_eq!(check(permissive.clone(), json!({"is_first_party": true})), Ok(()));
    assert_eq!(check(strict.clone(), json!({"is_first_party": true})), changed);
    assert_eq!(check(strict, json!({"third_party_security_mode": "permissive"})), changed);
    assert_eq!(check(permissive, json!({"name": "m", "third_party_security_mode": "permissive"})), Ok(()));
    let login = json!({"name": "n", "organization_usage": "allow"});
    let refused = Err(ClientFault::OrganizationUsageOnThirdParty);
    assert_eq!(check(login, json!({"is_first_party": false})), refused);
    assert!(check(first, json!({"token_endpoint_auth_method": "none"})).is_err());
}
