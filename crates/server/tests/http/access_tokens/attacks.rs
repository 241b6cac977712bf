//! Attack 23 of the list: damaged and re-encoded tokens, introspection by an API that the token is not for, and grants
//! that are gone and still in tokens. With them: forging one's way onto the denylist, or around it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::questions::{INACTIVE, INTROSPECT, Questions, REVOKE, credentials, face_of};
use crate::token_endpoint::scene::claims;

#[tokio::test]
async fn no_cut_of_a_token_is_active() {
    let questions = Questions::with_api(json!({"signing_alg": "HS256"})).await;
    let token = questions.token().await;
    for length in 0..token.len() {
        let cut = token.get(..length).unwrap();
        if !cut.is_empty() {
            assert_eq!(questions.introspect(cut).await.text, INACTIVE, "{length}");
        }
        assert_eq!(questions.introspect(&format!("{token}{}", "A".repeat(length + 1))).await.text, INACTIVE);
    }
}

#[tokio::test]
async fn no_flipped_bit_leaves_a_token_active() {
    let questions = Questions::with_api(json!({"signing_alg": "HS256"})).await;
    let token = questions.token().await;
    for position in 0..token.len() {
        for bit in [1, 2, 4, 32] {
            let mut bytes = token.clone().into_bytes();
            bytes[position] ^= bit;
            let flipped = String::from_utf8(bytes).unwrap();
            assert_eq!(
                questions.introspect(&flipped).await.text,
                INACTIVE,
                "bit {bit} of character {position}"
            );
        }
    }
}

/// The same bits in other letters: where they were taken, a revoked token would have twins.
#[tokio::test]
async fn a_token_in_another_encoding_is_another_and_none_of_ours() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut twins = vec![
        format!("{signed}.{signature}="),
        format!("{signed}.{signature}=="),
        format!("{signed}.{}", base64::engine::general_purpose::STANDARD.encode(&bytes)),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{}.{signature}", signed.replace('.', "=.")),
    ];
    // The last letter has bits that mean nothing; 256 bytes leave four of them.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(signature.chars().last().unwrap()).unwrap();
    for other in (0..alphabet.len()).filter(|other| *other != last && other >> 4 == last >> 4) {
        let begins = token.get(..token.len() - 1).unwrap();
        twins.push(format!("{begins}{}", alphabet.get(other..=other).unwrap()));
    }
    assert!(twins.len() > 15, "{}", twins.len());
    for twin in twins {
        assert_eq!(questions.introspect(&twin).await.text, INACTIVE, "{twin}");
    }
    assert!(questions.is_active(&token).await);
}

#[tokio::test]
async fn an_api_learns_nothing_of_tokens_for_another() {
    let mut questions = Questions::usual().await;
    let token = questions.token().await;
    let prices = json!({"identifier": "https://prices", "scopes": [{"value": "read"}]});
    questions.stage.create("prices", "/resource-servers", &prices).await;
    let other_face = face_of(&mut questions.stage, "prices_face", "https://prices").await;
    let ordinary = credentials(&questions.stage.create("other", "/clients", &json!({"name": "other"})).await);
    for asker in [&other_face, &ordinary, &questions.client] {
        assert_eq!(questions.ask(INTROSPECT, asker, &token).await.text, INACTIVE);
    }
    assert!(questions.is_active(&token).await);
}

#[tokio::test]
async fn a_grant_that_is_gone_is_in_no_token_that_counts() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    assert_eq!(claims(&token)["scope"], "read write", "the token goes on saying so");
    questions.stage.change("PATCH", "/client-grants/{grant}", &json!({"scope": ["read"]})).await;
    assert_eq!(questions.introspect(&token).await.json()["scope"], "read");
    questions.stage.change("DELETE", "/client-grants/{grant}", &Value::Null).await;
    assert_eq!(questions.introspect(&token).await.text, INACTIVE);
}

/// Whoever runs an API with HS256 has its secret, and can sign what they like with it.
struct Forger {
    questions: Questions,
    secret: String,
}

impl Forger {
    async fn new() -> Self {
        let mut questions = Questions::with_api(json!({"token_dialect": "rfc9068_profile"})).await;
        let secret = "the-secret-of-the-forgers-own-API";
        let api = json!({"identifier": "https://forger", "signing_alg": "HS256", "signing_secret": secret});
        questions.stage.create("forger_api", "/resource-servers", &api).await;
        Self { questions, secret: secret.to_owned() }
    }

    fn forge(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }
}

#[tokio::test]
async fn the_secret_of_one_api_signs_no_token_for_another() {
    let forger = Forger::new().await;
    let genuine = forger.questions.token().await;
    let said = claims(&genuine);
    let header = json!({"alg": "HS256", "typ": "at+jwt"});
    assert!(!forger.questions.is_active(&forger.forge(&header, &said)).await);
    let named = json!({"alg": "HS256", "typ": "at+jwt", "kid": decoded_header(&genuine)["kid"]});
    assert!(!forger.questions.is_active(&forger.forge(&named, &said)).await);
    let mut both = said.clone();
    both["aud"] = json!(["https://forger", "https://orders"]);
    assert!(!forger.questions.is_active(&forger.forge(&header, &both)).await);
}

#[tokio::test]
async fn a_forged_token_puts_no_other_on_the_denylist() {
    let mut forger = Forger::new().await;
    let genuine = forger.questions.token().await;
    let accomplice = json!({"name": "accomplice"});
    let accomplice = credentials(&forger.questions.stage.create("accomplice", "/clients", &accomplice).await);
    let mut said = claims(&genuine);
    said["aud"] = json!("https://forger");
    said["client_id"] = json!(accomplice.0);
    let made = forger.forge(&json!({"alg": "HS256", "typ": "at+jwt"}), &said);
    let answer = forger.questions.ask(REVOKE, &accomplice, &made).await;
    assert_eq!(answer.status, 200, "it is genuine as far as anybody can tell: {}", answer.text);
    assert!(forger.questions.is_active(&genuine).await);
}

#[tokio::test]
async fn unsigned_tokens_are_none() {
    let questions = Questions::usual().await;
    let token = questions.token().await;
    let claims = token.split('.').nth(1).unwrap();
    for header in [r#"{"alg":"none","typ":"JWT"}"#, r#"{"typ":"JWT"}"#, r#"{"alg":"HS256","typ":"JWT"}"#] {
        let header = URL_SAFE_NO_PAD.encode(header);
        for unsigned in [format!("{header}.{claims}."), format!("{header}.{claims}.AAAA")] {
            assert_eq!(questions.introspect(&unsigned).await.text, INACTIVE);
            assert_eq!(questions.revoke(&unsigned).await.status, 200);
        }
    }
    assert!(questions.is_active(&token).await, "and nothing was revoked");
}

fn decoded_header(token: &str) -> Value {
    crate::token_endpoint::scene::header(token)
}
