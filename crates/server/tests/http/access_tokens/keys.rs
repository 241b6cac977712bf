//! Keys instead of secrets: tokens that are bound to one, and clients that prove themselves by one.

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::questions::{INACTIVE, INTROSPECT, Questions, REVOKE};
use crate::token_endpoint::dpop::proof;
use crate::token_endpoint::keys::{JWT_BEARER, P256, RSA, assertion_claims};
use crate::token_endpoint::wire::{FORM, post, signed_form};

#[tokio::test]
async fn a_bound_token_says_to_which_key() {
    let questions = Questions::with_api(json!({
        "proof_of_possession": {"mechanism": "dpop", "required": true, "required_for": "all_clients"},
    }))
    .await;
    let proof = proof(&P256, Algorithm::ES256, &json!({}));
    let answer = post(&questions.stage, &[("content-type", FORM), ("dpop", &proof)], &signed_form("")).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let said = questions.introspect(&token).await.json();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(P256.jwk(Algorithm::ES256)).unwrap();
    let thumbprint = jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap();
    assert_eq!((&said["active"], &said["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!(said["cnf"], json!({"jkt": thumbprint}));
}

/// The face of the API with a key in place of its secret, and a way for it to ask.
struct Face {
    questions: Questions,
    id: String,
}

impl Face {
    async fn with_a_key() -> Self {
        let mut questions = Questions::usual().await;
        let stage = &mut questions.stage;
        let alg = json!({"jwt_configuration": {"alg": "RS256"}});
        stage.change("PATCH", "/clients/{face}", &alg).await;
        let credential = json!({"credential_type": "public_key", "pem": RSA.public_pem()});
        stage.create("key", "/clients/{face}/credentials", &credential).await;
        let methods = json!({"private_key_jwt": {"credentials": [{"id": "{key}"}]}});
        let body = json!({"client_authentication_methods": methods, "token_endpoint_auth_method": null});
        stage.change("PATCH", "/clients/{face}", &body).await;
        let id = questions.stage.filled("{face}");
        Self { questions, id }
    }

    fn assertion(&self, jti: &str) -> String {
        let mut claims: Value = assertion_claims(&self.id);
        claims["jti"] = json!(jti);
        RSA.sign(&Header::new(Algorithm::RS256), &claims)
    }

    async fn ask(&self, path: &str, token: &str, assertion: &str) -> (u16, String) {
        let parameters =
            [("token", token), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
        let answer = self.questions.send(path, &[], &parameters).await;
        (answer.status.as_u16(), answer.text)
    }
}

#[tokio::test]
async fn a_client_with_a_key_asks_by_assertion_and_each_one_works_once_wherever_it_is_shown() {
    let face = Face::with_a_key().await;
    let token = face.questions.token().await;
    let first = face.assertion("first");
    let (status, text) = face.ask(INTROSPECT, &token, &first).await;
    assert_eq!(status, 200);
    assert!(text.starts_with(r#"{"active":true"#), "{text}");
    for path in [INTROSPECT, REVOKE] {
        let (status, text) = face.ask(path, &token, &first).await;
        assert_eq!(status, 401, "{path}: {text}");
        assert!(text.contains("invalid_client"), "{path}: {text}");
    }
    let second = face.assertion("second");
    assert_eq!(face.ask(INTROSPECT, "nonsense", &second).await, (200, INACTIVE.to_owned()));
    assert_eq!(face.ask(INTROSPECT, &token, &second).await.0, 401, "it was spent on a token that is none");
    // Its secret no longer counts.
    let (id, secret) = face.questions.face.clone();
    let parameters = [("token", &*token), ("client_id", &id), ("client_secret", &secret)];
    assert_eq!(face.questions.send(INTROSPECT, &[], &parameters).await.status, 401);
}
