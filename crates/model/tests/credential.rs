//! Credentials, and the rules between a client and those that count for it.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]
#![expect(clippy::needless_pass_by_value, reason = "json! is a value")]

mod support;

use grantd_model::patch::to_members;
use grantd_model::{
    AssertionAlgorithm, Client, ClientAuthenticationMethods, ClientFault, Credential, CredentialKind,
    CredentialType, EnabledCredentials, Secret, Timestamp, TokenEndpointAuthMethod,
};
use serde_json::{Value, json};
use support::members;

fn created(more: Value) -> Client {
    let mut body = members(json!({"name": "n", "jwt_configuration": {"alg": "RS256"}}));
    body.extend(members(more));
    Client::from_request("c1".into(), Secret::from("hush"), body).unwrap()
}

fn with_methods(methods: Value) -> Client {
    created(json!({"client_authentication_methods": methods}))
}

fn key_method(ids: &[&str]) -> Value {
    let credentials: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    json!({"private_key_jwt": {"credentials": credentials}})
}

fn credential(expires_at: Option<u64>) -> Credential {
    Credential {
        id: "cred_1".into(),
        client_id: "c1".into(),
        name: None,
        created_at: Timestamp::from_millis(1),
        updated_at: Timestamp::from_millis(1),
        expires_at: expires_at.map(Timestamp::from_millis),
        kind: CredentialKind::PublicKey {
            kid: "kid".into(),
            alg: AssertionAlgorithm::ES256,
            spki: vec![1, 2, 3],
        },
    }
}

#[test]
fn a_method_has_the_recorded_form() {
    let rows = [
        ("private_key_jwt", CredentialType::PublicKey, false),
        ("tls_client_auth", CredentialType::CertSubjectDn, true),
        ("self_signed_tls_client_auth", CredentialType::X509Cert, true),
    ];
    for (name, kind, mutual_tls) in rows {
        let wire = json!({name: {"credentials": [{"id": "cred_1"}, {"id": "cred_2"}]}});
        let methods: ClientAuthenticationMethods = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(serde_json::to_value(&methods).unwrap(), wire);
        assert_eq!((methods.as_str(), methods.credential_type()), (name, kind));
        assert_eq!(methods.is_mutual_tls(), mutual_tls);
        assert!(methods.enables(&"cred_2".into()) && !methods.enables(&"cred_3".into()));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn there_is_exactly_one_method() {
    let two = json!({"private_key_jwt": {"credentials": []}, "tls_client_auth": {"credentials": []}});
    for wire in [two, json!({}), json!({"client_secret_jwt": {"credentials": []}})] {
        assert!(serde_json::from_value::<ClientAuthenticationMethods>(wire.clone()).is_err(), "{wire}");
    }
}

#[test]
fn a_credential_counts_until_its_last_moment() {
    assert!(!credential(None).is_expired(Timestamp::from_millis(u64::MAX)));
    assert!(!credential(Some(1000)).is_expired(Timestamp::from_millis(999)));
    assert!(credential(Some(1000)).is_expired(Timestamp::from_millis(1000)));
}

#[test]
fn while_a_method_is_set_no_secret_counts() {
    let methods = ClientAuthenticationMethods::PrivateKeyJwt(EnabledCredentials::default());
    let mut client = created(json!({}));
    for method in [TokenEndpointAuthMethod::ClientSecretPost, TokenEndpointAuthMethod::ClientSecretBasic] {
        client.client_authentication_methods = None;
        assert!(client.accepts(method));
        client.client_authentication_methods = Some(methods.clone());
        assert!(!client.accepts(method));
    }
    assert!(client.is_confidential());
}

#[test]
fn only_mutual_tls_stands_between_a_client_and_tokens_for_itself() {
    assert!(with_methods(key_method(&["cred_1"])).gets_tokens_for_itself());
    for name in ["tls_client_auth", "self_signed_tls_client_auth"] {
        assert!(!with_methods(json!({name: {"credentials": []}})).gets_tokens_for_itself());
    }
}

#[test]
fn the_credentials_in_use_are_those_of_the_method_and_of_signed_requests() {
    let client = created(json!({
        "client_authentication_methods": key_method(&["cred_2", "cred_1"]),
        "signed_request_object": {"required": true, "credentials": [{"id": "cred_3"}, {"id": "cred_1"}]},
    }));
    let ids: Vec<String> = client.credentials_in_use().map(|id| id.to_string()).collect();
    assert_eq!(ids, ["cred_2", "cred_1", "cred_3", "cred_1"]);
    assert_eq!(client.check(), Ok(()));
    assert_eq!(created(json!({"signed_request_object": {"required": true}})).credentials_in_use().count(), 0);
}

#[test]
fn an_update_puts_a_method_in_place_of_secrets_and_back() {
    let secret = created(json!({"token_endpoint_auth_method": "client_secret_post"}));
    let body = json!({
        "client_authentication_methods": key_method(&["cred_1"]), "token_endpoint_auth_method": null,
    });
    let key = secret.updated(members(body)).unwrap();
    assert_eq!(secret.check_update(&key), Ok(()));
    let shown = to_members(&key).unwrap();
    assert_eq!(shown.get("client_authentication_methods"), Some(&key_method(&["cred_1"])));
    assert_eq!(shown.get("token_endpoint_auth_method"), None);
    let body =
        json!({"client_authentication_methods": null, "token_endpoint_auth_method": "client_secret_post"});
    assert_eq!(key.updated(members(body)).unwrap(), secret);
}

#[test]
fn what_may_not_be_is_refused() {
    let strict = |methods: Value| {
        json!({
            "is_first_party": false, "third_party_security_mode": "strict",
            "client_authentication_methods": methods,
        })
    };
    let twice = |id: &str| Err(ClientFault::CredentialTwice(id.into()));
    let rows = [
        (json!({"client_authentication_methods": key_method(&[])}), Ok(())),
        (json!({"client_authentication_methods": key_method(&["a", "b"])}), Ok(())),
        (
            json!({"client_authentication_methods": key_method(&["a", "b", "c"])}),
            Err(ClientFault::TooManyCredentials),
        ),
        (json!({"client_authentication_methods": key_method(&["a", "a"])}), twice("a")),
        (
            json!({"signed_request_object": {"credentials": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}}),
            twice("a"),
        ),
        (
            json!({
                "client_authentication_methods": key_method(&["a"]), "token_endpoint_auth_method": "none",
            }),
            Err(ClientFault::AuthenticationAmbiguous),
        ),
        (
            json!({"client_authentication_methods": key_method(&["a"]), "jwt_configuration": {}}),
            Err(ClientFault::AuthenticationAlgorithm),
        ),
        (
            json!({
                "client_authentication_methods": key_method(&["a"]), "jwt_configuration": {"alg": "HS256"},
            }),
            Err(ClientFault::AuthenticationAlgorithm),
        ),
        (strict(key_method(&["a"])), Ok(())),
        (strict(json!({"tls_client_auth": {"credentials": []}})), Err(ClientFault::StrictAndMutualTls)),
        (
            strict(json!({"self_signed_tls_client_auth": {"credentials": []}})),
            Err(ClientFault::StrictAndMutualTls),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(created(body.clone()).check(), expected, "{body}");
    }
}
