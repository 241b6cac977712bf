//! What is in a token: every dialect word by word, every algorithm checked by an independent implementation.

use grantd_decision::Confirmation;
use grantd_model::{SigningAlgorithm, management_api};
use grantd_token::{AlgorithmNames, IssueError, jwks, verify};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::fixtures::{AUDIENCE, ISSUER, NOW, RING, SECRET, SIGNER, Situation, part};

#[test]
fn auth0_dialect_with_organization() {
    let token = Situation::new(&json!({})).in_acme(true).issue();
    assert_eq!(part(&token.access_token, 0), r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#);
    assert_eq!(
        part(&token.access_token, 1),
        concat!(
            r#"{"iss":"https://t.example/","sub":"CID@clients","aud":"https://api","iat":1727782196,"exp":1727868596,"#,
            r#""scope":"read:a write:a","org_id":"org_vIK75NKFvaozQsFy","org_name":"acme","#,
            r#""gty":"client-credentials","azp":"CID"}"#
        )
    );
}

#[test]
fn auth0_dialect_with_permissions() {
    let token = Situation::new(&json!({"token_dialect": "access_token_authz"})).issue();
    assert_eq!(part(&token.access_token, 0), r#"{"alg":"RS256","typ":"JWT","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#);
    assert_eq!(
        part(&token.access_token, 1),
        concat!(
            r#"{"iss":"https://t.example/","sub":"CID@clients","aud":"https://api","iat":1727782196,"exp":1727868596,"#,
            r#""scope":"read:a write:a","gty":"client-credentials","azp":"CID","permissions":["read:a","write:a"]}"#
        )
    );
}

#[test]
fn rfc9068_dialect_with_organization_by_id_only() {
    let token = Situation::new(&json!({"token_dialect": "rfc9068_profile"})).in_acme(false).issue();
    assert_eq!(
        part(&token.access_token, 0),
        r#"{"alg":"RS256","typ":"at+jwt","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#
    );
    assert_eq!(
        part(&token.access_token, 1),
        concat!(
            r#"{"iss":"https://t.example/","sub":"CID@clients","aud":"https://api","iat":1727782196,"exp":1727868596,"#,
            r#""scope":"read:a write:a","org_id":"org_vIK75NKFvaozQsFy","jti":"ABCDEFGHIJKLMNOPQRSTUV","client_id":"CID"}"#
        )
    );
}

#[test]
fn rfc9068_dialect_with_permissions() {
    let token = Situation::new(&json!({"token_dialect": "rfc9068_profile_authz"})).issue();
    assert_eq!(
        part(&token.access_token, 0),
        r#"{"alg":"RS256","typ":"at+jwt","kid":"ABCDEFGHIJKLMNOPQRSTU"}"#
    );
    assert_eq!(
        part(&token.access_token, 1),
        concat!(
            r#"{"iss":"https://t.example/","sub":"CID@clients","aud":"https://api","iat":1727782196,"exp":1727868596,"#,
            r#""scope":"read:a write:a","jti":"ABCDEFGHIJKLMNOPQRSTUV","client_id":"CID","permissions":["read:a","write:a"]}"#
        )
    );
}

#[test]
fn a_bound_token_names_the_key_and_how_it_is_sent() {
    for (key, token_type, cnf) in [
        (Confirmation::DpopKey("kEY"), "DPoP", r#""cnf":{"jkt":"kEY"}}"#),
        (Confirmation::Certificate("cERT"), "Bearer", r#""cnf":{"x5t#S256":"cERT"}}"#),
    ] {
        for dialect in ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"] {
            let token = Situation::new(&json!({"token_dialect": dialect})).bound_to(key).issue();
            assert_eq!(token.token_type, token_type);
            assert!(part(&token.access_token, 1).ends_with(cnf), "{dialect}");
        }
    }
}

#[test]
fn without_scopes_there_is_no_scope_and_permissions_are_empty() {
    let token = Situation::new(&json!({"token_dialect": "access_token_authz"})).without_scopes().issue();
    assert_eq!(token.scope, None);
    assert_eq!(
        part(&token.access_token, 1),
        concat!(
            r#"{"iss":"https://t.example/","sub":"CID@clients","aud":"https://api","iat":1727782196,"exp":1727868596,"#,
            r#""gty":"client-credentials","azp":"CID","permissions":[]}"#
        )
    );
}

#[test]
fn says_what_the_answer_needs() {
    let token = Situation::new(&json!({"token_lifetime": 60})).issue();
    assert_eq!(token.scope.as_deref(), Some("read:a write:a"));
    assert_eq!((token.expires_in, token.token_type), (60, "Bearer"));
    assert_eq!(token.jti, "ABCDEFGHIJKLMNOPQRSTUV", "made in every dialect, for the log");
    assert_eq!(token.access_token.capacity(), token.access_token.len(), "allocated once, at its length");
    assert!(!format!("{token:?}").contains(&token.access_token));
}

#[test]
fn text_is_escaped() {
    let mut situation = Situation::new(&json!({"identifier": "a\"b\\c\nü"}));
    situation.client.client_id = "\",\"admin\":\"".into();
    let claims: Value = serde_json::from_str(&part(&situation.issue().access_token, 1)).unwrap();
    assert_eq!(claims["aud"], "a\"b\\c\nü");
    assert_eq!(claims["sub"], "\",\"admin\":\"@clients");
}

#[test]
fn every_rsa_algorithm_verifies_by_the_published_key() {
    let published = serde_json::to_value(jwks([&*SIGNER].into_iter(), AlgorithmNames::Hidden)).unwrap();
    let published: JwkSet = serde_json::from_value(published).unwrap();
    let key = DecodingKey::from_jwk(published.find(SIGNER.kid().as_str()).unwrap()).unwrap();
    for (name, algorithm) in
        [("RS256", Algorithm::RS256), ("RS512", Algorithm::RS512), ("PS256", Algorithm::PS256)]
    {
        let token = Situation::new(&json!({"signing_alg": name})).issue();
        let decoded = decode::<Value>(&token.access_token, &key, &oracle(algorithm)).unwrap();
        assert_eq!(decoded.header.kid.as_deref(), Some(SIGNER.kid().as_str()), "{name}");
        assert_eq!(decoded.claims["sub"], "CID@clients", "{name}");
        let ours = verify(&token.access_token, &RING, ISSUER, AUDIENCE, NOW);
        assert!(ours.is_ok(), "{name}: {ours:?}");
    }
}

#[test]
fn hs256_verifies_by_the_secret_of_the_api_and_names_no_key() {
    let token = Situation::new(&json!({"signing_alg": "HS256"})).issue();
    assert_eq!(part(&token.access_token, 0), r#"{"alg":"HS256","typ":"JWT"}"#);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    assert!(decode::<Value>(&token.access_token, &key, &oracle(Algorithm::HS256)).is_ok());
    let other = DecodingKey::from_secret(b"another secret, just as long");
    assert!(decode::<Value>(&token.access_token, &other, &oracle(Algorithm::HS256)).is_err());
}

#[test]
fn hs256_without_a_secret_is_refused() {
    let mut situation = Situation::new(&json!({"signing_alg": "HS256"}));
    situation.api.signing_secret = Some("".into());
    assert!(matches!(situation.try_issue(), Err(IssueError::SigningSecretMissing)));
    situation.api.signing_secret = None;
    assert!(matches!(situation.try_issue(), Err(IssueError::SigningSecretMissing)));
}

#[test]
fn a_token_with_all_scopes_of_the_management_api_twice_is_accepted() {
    let mut situation = Situation::new(&json!({}));
    situation.api = management_api("api".into(), "https://t.example/api/v2/".into());
    situation.api.token_dialect = Some(grantd_model::TokenDialect::AccessTokenAuthz);
    situation.scope = situation.api.scope_set();
    let token = situation.issue().access_token;
    let claims = verify(&token, &RING, ISSUER, "https://t.example/api/v2/", NOW).unwrap();
    assert_eq!(*claims.scope, situation.scope);
    assert_eq!(situation.api.signing_alg, SigningAlgorithm::RS256);
}

/// The oracle checks the signature under one algorithm; time stands still in these tests, but not for it.
fn oracle(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation
}
