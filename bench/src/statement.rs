//! What a client signs anew for each request: an assertion (RFC 7523 §3) or a `DPoP` proof (RFC 9449 §4.2).
//! Everything but the time and the `jti` is there before, so that the load signs and does little else.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::signing_key::SigningKey;

/// Seconds between `iat` and `exp` of an assertion.
const LIFETIME: u64 = 60;

/// Signs statements that differ in their time and their number.
pub(crate) struct Statement {
    key: SigningKey,
    header: String,
    before: String,
    lifetime: Option<u64>,
    counter: Cell<u64>,
}

impl Statement {
    /// That who sends it is this client, for this issuer. Without `kid`, as Auth0's SDKs have it.
    pub(crate) fn assertion(
        algorithm: Algorithm,
        key: SigningKey,
        client: &str,
        issuer: &str,
    ) -> Outcome<Self> {
        let header = json!({"alg": algorithm.as_str(), "typ": "JWT"});
        let claims = json!({"iss": client, "sub": client, "aud": issuer});
        Self::new(key, &header, &claims, Some(LIFETIME))
    }

    /// That who sends it to this endpoint has this key.
    pub(crate) fn proof(algorithm: Algorithm, key: SigningKey, endpoint: &str) -> Outcome<Self> {
        let header = json!({"typ": "dpop+jwt", "alg": algorithm.as_str(), "jwk": key.public_jwk()?});
        Self::new(key, &header, &json!({"htm": "POST", "htu": endpoint}), None)
    }

    fn new(key: SigningKey, header: &Value, claims: &Value, lifetime: Option<u64>) -> Outcome<Self> {
        let claims = claims.to_string();
        let before = claims.strip_suffix('}').ok_or("claims are an object")?.to_owned();
        let header = URL_SAFE_NO_PAD.encode(header.to_string()) + ".";
        Ok(Self { key, header, before, lifetime, counter: Cell::new(0) })
    }

    /// The next one, about now. Its `jti` is as long as 128 bits in base64url are.
    pub(crate) fn next(&self) -> Outcome<String> {
        let count = self.counter.get();
        self.counter.set(count + 1);
        let now = seconds()?;
        let expiry = self.lifetime.map(|seconds| format!(r#","exp":{}"#, now + seconds)).unwrap_or_default();
        let claims = format!(r#"{},"jti":"{count:022}","iat":{now}{expiry}}}"#, self.before);
        let mut statement = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(claims, &mut statement);
        let signature = self.key.sign(statement.as_bytes())?;
        statement.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut statement);
        Ok(statement)
    }
}

#[expect(clippy::disallowed_methods, reason = "the server compares it with its own clock")]
fn seconds() -> Outcome<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Jws;

    #[test]
    fn statements_differ_and_verify_under_their_own_key() -> Outcome {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let key = SigningKey::new(algorithm)?;
            let mut jwk = key.public_jwk()?;
            let jwk = jwk.as_object_mut().ok_or("a JWK is an object")?;
            jwk.insert("kid".into(), "one".into());
            let jwks = json!({"keys": [jwk]});
            let header = json!({"alg": algorithm.as_str(), "kid": "one"});
            let statement = Statement::new(key, &header, &json!({"sub": "somebody"}), Some(LIFETIME))?;
            let (first, second) = (statement.next()?, statement.next()?);
            assert_ne!(first, second);
            let parsed = Jws::parse(&second)?;
            parsed.verify(algorithm, &jwks)?;
            let claims: Value = serde_json::from_str(&parsed.claims)?;
            let seconds = |name| claims.get(name).and_then(Value::as_u64);
            assert_eq!(seconds("exp"), seconds("iat").map(|iat| iat + LIFETIME));
            let (message, _) = first.rsplit_once('.').ok_or("a JWS has dots")?;
            let (_, signature) = second.rsplit_once('.').ok_or("a JWS has dots")?;
            let mixed = format!("{message}.{signature}");
            assert!(Jws::parse(&mixed)?.verify(algorithm, &jwks).is_err());
        }
        Ok(())
    }
}
