//! The tokens themselves: claims, signatures, lifetimes, encryption; an independent library verifies them.

use grantd_model::SigningKeyKind;
use grantd_token::generate_signing_key;
use insta::assert_snapshot;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::scene::{Scene, Stage, claims, header};
use crate::support::{CountedEntropy, ISSUER, NOW};

async fn token(stage: &Stage, parameters: &[(&str, &str)]) -> String {
    let answer = stage.ask(parameters).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Header and claims of a usual token of an API with this dialect; drawn identifiers go by their names.
async fn shown(dialect: &str) -> String {
    let mut scene = Scene::default();
    scene.api["token_dialect"] = json!(dialect);
    scene.grant_has("organization_usage", json!("allow"));
    scene.associated.push("acme");
    scene.settings = json!({"allow_organization_name_in_authentication_api": true});
    let stage = scene.make().await;
    let token = token(&stage, &[("organization", "acme")]).await;
    let (header, mut claims) = (header(&token), claims(&token));
    assert_eq!(Some(&header["kid"]), published(&stage).await["keys"][0].get("kid"));
    if let Some(jti) = claims.get_mut("jti") {
        assert!(
            jti.as_str().is_some_and(|jti| jti.len() == 22 && jti.bytes().all(|b| b.is_ascii_alphanumeric()))
        );
        *jti = json!("{jti}");
    }
    let kid = header["kid"].as_str().unwrap();
    stage.named(&format!("{header}\n{claims:#}").replace(kid, "{kid}"))
}

async fn published(stage: &Stage) -> Value {
    let request = http::Request::get("/.well-known/jwks.json").body(axum::body::Body::empty()).unwrap();
    stage.app.send(request).await.json()
}

#[tokio::test]
async fn the_dialect_access_token() {
    assert_snapshot!(shown("access_token").await, @r#"
    {"alg":"RS256","typ":"JWT","kid":"{kid}"}
    {
      "iss": "https://auth.test/",
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iat": 1767323045,
      "exp": 1767409445,
      "scope": "read write",
      "org_id": "{acme}",
      "org_name": "acme",
      "gty": "client-credentials",
      "azp": "{client}"
    }
    "#);
}

#[tokio::test]
async fn the_dialect_access_token_authz() {
    assert_snapshot!(shown("access_token_authz").await, @r#"
    {"alg":"RS256","typ":"JWT","kid":"{kid}"}
    {
      "iss": "https://auth.test/",
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iat": 1767323045,
      "exp": 1767409445,
      "scope": "read write",
      "org_id": "{acme}",
      "org_name": "acme",
      "gty": "client-credentials",
      "azp": "{client}",
      "permissions": [
        "read",
        "write"
      ]
    }
    "#);
}

#[tokio::test]
async fn the_dialect_rfc9068_profile() {
    assert_snapshot!(shown("rfc9068_profile").await, @r#"
    {"alg":"RS256","typ":"at+jwt","kid":"{kid}"}
    {
      "iss": "https://auth.test/",
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iat": 1767323045,
      "exp": 1767409445,
      "scope": "read write",
      "org_id": "{acme}",
      "org_name": "acme",
      "jti": "{jti}",
      "client_id": "{client}"
    }
    "#);
}

#[tokio::test]
async fn the_dialect_rfc9068_profile_authz() {
    assert_snapshot!(shown("rfc9068_profile_authz").await, @r#"
    {"alg":"RS256","typ":"at+jwt","kid":"{kid}"}
    {
      "iss": "https://auth.test/",
      "sub": "{client}@clients",
      "aud": "https://orders",
      "iat": 1767323045,
      "exp": 1767409445,
      "scope": "read write",
      "org_id": "{acme}",
      "org_name": "acme",
      "jti": "{jti}",
      "client_id": "{client}",
      "permissions": [
        "read",
        "write"
      ]
    }
    "#);
}

#[tokio::test]
async fn a_token_without_scopes_and_organization_says_nothing_of_them() {
    for (dialect, permissions) in [("access_token", None), ("access_token_authz", Some(json!([])))] {
        let mut scene = Scene::default();
        scene.api["token_dialect"] = json!(dialect);
        scene.grant_has("scope", json!([]));
        let stage = scene.make().await;
        let answer = stage.ask(&[]).await.json();
        let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["access_token", "expires_in", "token_type"]);
        let claims = claims(answer["access_token"].as_str().unwrap());
        for absent in ["scope", "org_id", "org_name"] {
            assert_eq!(claims.get(absent), None);
        }
        assert_eq!(claims.get("permissions"), permissions.as_ref());
    }
}

#[tokio::test]
async fn every_token_of_the_rfc9068_dialects_has_a_jti_of_its_own() {
    let stage = Stage::with_api(json!({"token_dialect": "rfc9068_profile"})).await;
    let (first, second) = (token(&stage, &[]).await, token(&stage, &[]).await);
    assert_ne!(claims(&first)["jti"], claims(&second)["jti"]);
}

#[tokio::test]
async fn a_token_lives_as_long_as_its_api_says() {
    for seconds in [0, 1, 3600, 2_592_000_u64] {
        let lifetime = json!({"token_lifetime": seconds, "token_lifetime_for_web": 0});
        let stage = Stage::with_api(lifetime).await;
        stage.app.advance(5);
        let answer = stage.ask(&[]).await.json();
        let claims = claims(answer["access_token"].as_str().unwrap());
        assert_eq!(answer["expires_in"], seconds);
        assert_eq!(claims["iat"], NOW.seconds() + 5);
        assert_eq!(claims["exp"], NOW.seconds() + 5 + seconds);
    }
}

/// Verifies with a library that is not ours. Its clock is the system's, so `exp` is not asked.
fn verify(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Value {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&["https://orders"]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_exp = false;
    decode::<Value>(token, key, &validation).unwrap().claims
}

#[tokio::test]
async fn the_published_keys_verify_the_tokens_of_every_rsa_algorithm() {
    for (name, algorithm) in
        [("RS256", Algorithm::RS256), ("RS512", Algorithm::RS512), ("PS256", Algorithm::PS256)]
    {
        let stage = Stage::with_api(json!({"signing_alg": name})).await;
        let token = token(&stage, &[]).await;
        assert_eq!(header(&token)["alg"], name);
        let keys: JwkSet = serde_json::from_value(published(&stage).await).unwrap();
        let key = keys.find(header(&token)["kid"].as_str().unwrap()).unwrap();
        let claims = verify(&token, &DecodingKey::from_jwk(key).unwrap(), algorithm);
        assert_eq!(claims["azp"], stage.filled("{client}"));
    }
}

#[tokio::test]
async fn the_secret_of_the_api_verifies_its_hs256_tokens() {
    let secret = "sixteen characters at least";
    let stage = Stage::with_api(json!({"signing_alg": "HS256", "signing_secret": secret})).await;
    let token = token(&stage, &[]).await;
    assert_eq!(header(&token), json!({"alg": "HS256", "typ": "JWT"}));
    let claims = verify(&token, &DecodingKey::from_secret(secret.as_bytes()), Algorithm::HS256);
    assert_eq!(claims["sub"], stage.filled("{client}@clients"));
}

#[tokio::test]
async fn an_hs256_api_without_a_secret_is_given_one() {
    let stage = Stage::with_api(json!({"signing_alg": "HS256"})).await;
    let token = token(&stage, &[]).await;
    let api = stage.change("GET", "/resource-servers/{api}", &Value::Null).await;
    let secret = api["signing_secret"].as_str().unwrap();
    verify(&token, &DecodingKey::from_secret(secret.as_bytes()), Algorithm::HS256);
}

#[tokio::test]
async fn an_api_with_an_encryption_key_gets_tokens_of_five_parts() {
    let key =
        generate_signing_key(SigningKeyKind::Rsa2048, "orders", NOW, &CountedEntropy::default()).unwrap();
    for algorithm in ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"] {
        let encryption =
            json!({"alg": algorithm, "kid": "of-orders", "pem": key.certificate, "name": "orders"});
        let members =
            json!({"token_encryption": {"format": "compact-nested-jwe", "encryption_key": encryption}});
        let stage = Stage::with_api(members).await;
        let token = token(&stage, &[]).await;
        assert_eq!(token.split('.').filter(|part| !part.is_empty()).count(), 5);
        let expected = json!({"alg": algorithm, "enc": "A256GCM", "kid": "of-orders", "cty": "JWT"});
        assert_eq!(header(&token), expected);
        // The answer shows what is in the token; who may not decrypt it still learns the scopes granted to it.
        assert_eq!(stage.ask(&[]).await.json()["scope"], "read write");
    }
}
