//! What is read of any token of ours, and what is not read at all.

use grantd_decision::Confirmation;
use grantd_model::{Secret, Timestamp};
use grantd_token::{Binding, InspectError, InspectedToken, VerifyError, inspect, verify};
use serde_json::json;

use crate::fixtures::{AUDIENCE, ISSUER, KEY, NOW, OTHER_KEY, RING, SECRET, Situation, forge, part};

fn secret_of(audience: &str) -> Option<Secret> {
    (audience == AUDIENCE).then(|| Secret::from(SECRET))
}

fn read(token: &str) -> Result<InspectedToken, InspectError> {
    inspect(token, &RING, ISSUER, secret_of, NOW)
}

#[test]
fn every_dialect_and_algorithm_comes_back() {
    for dialect in ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"] {
        for algorithm in ["RS256", "RS512", "PS256", "HS256"] {
            let api = json!({"token_dialect": dialect, "signing_alg": algorithm});
            let issued = Situation::new(&api).in_acme(true).issue();
            let token = read(&issued.access_token).unwrap();
            assert_eq!((token.audience.as_str(), token.client_id.as_str()), (AUDIENCE, "CID"));
            assert_eq!(token.subject, "CID@clients");
            assert_eq!(token.scope.as_deref(), Some("read:a write:a"));
            assert_eq!(token.jti.is_some(), dialect.starts_with("rfc"), "{dialect}");
            assert_eq!(token.permissions.is_some(), dialect.ends_with("authz"), "{dialect}");
            assert_eq!((token.issued_at, token.expires_at.seconds()), (NOW, NOW.seconds() + 86_400));
            let organization = token.organization.as_ref().map(grantd_model::OrganizationId::as_str);
            assert_eq!(
                (organization, token.organization_name.as_deref()),
                (Some("org_vIK75NKFvaozQsFy"), Some("acme"))
            );
        }
    }
}

#[test]
fn the_key_that_a_token_is_bound_to_comes_back() {
    let bound = |key| read(&Situation::new(&json!({})).bound_to(key).issue().access_token).unwrap().binding;
    assert_eq!(bound(Confirmation::DpopKey("a")), Some(Binding::DpopKey("a".into())));
    assert_eq!(bound(Confirmation::Certificate("b")), Some(Binding::Certificate("b".into())));
}

#[test]
fn both_ways_of_reading_know_a_token_by_the_same_name() {
    for dialect in ["access_token", "rfc9068_profile"] {
        let token = Situation::new(&json!({"token_dialect": dialect})).issue().access_token;
        let verified = verify(&token, &RING, ISSUER, AUDIENCE, NOW).unwrap();
        assert_eq!(verified.id, read(&token).unwrap().id, "{dialect}");
    }
}

#[test]
fn only_a_genuine_token_is_called_expired() {
    let token = Situation::new(&json!({"token_lifetime": 60})).issue().access_token;
    let at =
        |token: &str, millis| inspect(token, &RING, ISSUER, secret_of, Timestamp::from_millis(millis)).err();
    let exp = NOW.millis() + 60_000;
    assert_eq!(at(&token, exp - 1), None);
    assert_eq!(at(&token, exp), Some(InspectError::Expired));
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(at(&forge(&header, &claims, &OTHER_KEY), exp), Some(InspectError::NotOurs));
}

#[test]
fn what_is_not_quite_ours_is_not_ours() {
    let token = Situation::new(&json!({})).issue().access_token;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert!(read(&forge(&header, &claims, &KEY)).is_ok(), "as it is");
    let other_claims = [
        claims.replace(ISSUER, "https://other/"),
        claims.replace("\"aud\":", "\"audience\":"),
        claims.replace(&format!("\"aud\":\"{AUDIENCE}\""), &format!("\"aud\":[\"{AUDIENCE}\"]")),
        claims.replace("\"azp\":\"CID\"", "\"azp\":\"CID\",\"client_id\":\"other\""),
        claims.replace("\"azp\":", "\"party\":"),
        claims.replacen('{', "{\"aud\":\"https://twice\",", 1),
        claims.replace("\"iat\":", "\"iat\":1.5,\"was\":"),
    ];
    for other in other_claims {
        assert_ne!(other, claims);
        assert_eq!(read(&forge(&header, &other, &KEY)).err(), Some(InspectError::NotOurs), "{other}");
    }
    let other_headers = [
        header.replace("JWT", "dpop+jwt"),
        header.replace("\"typ\"", "\"crit\":[],\"typ\""),
        header.replace("\"kid\"", "\"key\""),
    ];
    for other in other_headers {
        assert_ne!(other, header);
        assert_eq!(read(&forge(&other, &claims, &KEY)).err(), Some(InspectError::NotOurs), "{other}");
    }
}

#[test]
fn a_secret_verifies_tokens_for_its_own_api_alone() {
    let token = Situation::new(&json!({"signing_alg": "HS256"})).issue().access_token;
    let with = |secret: Option<&str>| inspect(&token, &RING, ISSUER, |_| secret.map(Secret::from), NOW).err();
    assert_eq!(with(Some(SECRET)), None);
    for secret in [None, Some(""), Some("another secret")] {
        assert_eq!(with(secret), Some(InspectError::NotOurs));
    }
    assert_eq!(verify(&token, &RING, ISSUER, AUDIENCE, NOW), Err(VerifyError::Invalid), "never by the ring");
}

#[test]
fn an_encrypted_token_is_told_from_rubbish() {
    let header = |json: &str| forge(json, "{}", &KEY).split('.').next().unwrap().to_owned();
    let encrypted = header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#);
    assert_eq!(read(&format!("{encrypted}.a.b.c.d")), Err(InspectError::Encrypted));
    let signed = header(r#"{"alg":"RS256"}"#);
    for rubbish in
        [format!("{signed}.a.b.c.d"), format!("{encrypted}.a.b.c"), "....".to_owned(), String::new()]
    {
        assert_eq!(read(&rubbish), Err(InspectError::NotOurs), "{rubbish}");
    }
    let long = format!("{encrypted}.a.b.c.{}", "d".repeat(16 * 1024));
    assert_eq!(read(&long), Err(InspectError::NotOurs), "what is too long is not looked at");
}
