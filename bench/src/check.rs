//! That what is counted are tokens: one of them verified as an API would, with nothing of grantd's own.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::connection::Connection;
use crate::process::Server;
use crate::signing_key::shared_key;

/// What a server answers the first of the callers, when its token has been verified.
pub(crate) async fn verified_answer(
    server: &Server,
    callers: &[Caller],
    algorithm: Algorithm,
) -> Outcome<String> {
    verified_over(&mut Connection::open(server.address).await?, callers, algorithm).await
}

/// The same, on this connection.
pub(crate) async fn verified_over(
    connection: &mut Connection,
    callers: &[Caller],
    algorithm: Algorithm,
) -> Outcome<String> {
    let request = callers.first().ok_or("nobody calls")?.request()?;
    let answer = connection.token(request).await?;
    let token = text(&serde_json::from_slice::<Value>(&answer)?, "access_token")?;
    Jws::parse(&token)?.verify(algorithm, &connection.get("/.well-known/jwks.json").await?)?;
    Ok(String::from_utf8(answer.into())?)
}

/// The three parts of a compact JWS, decoded where that says something.
pub(crate) struct Jws<'a> {
    /// What is signed: header, dot, claims.
    pub(crate) message: &'a str,
    /// The header as it stands there.
    pub(crate) header: &'a str,
    /// The claims, JSON.
    pub(crate) claims: String,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub(crate) fn parse(token: &'a str) -> Outcome<Self> {
        let (message, signature) = token.rsplit_once('.').ok_or("not a JWS")?;
        let (header, claims) = message.split_once('.').ok_or("not a JWS")?;
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims)?)?;
        Ok(Self { message, header, claims, signature: URL_SAFE_NO_PAD.decode(signature)? })
    }

    /// Verifies the signature: under the key of the JWKS that the header names, or under the shared secret.
    pub(crate) fn verify(&self, algorithm: Algorithm, jwks: &Value) -> Outcome {
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(self.header)?)?;
        if text(&header, "alg")? != algorithm.as_str() {
            return Err("a token is signed with another algorithm than its API says".into());
        }
        match algorithm {
            Algorithm::Rs256 => self.verify_rsa(&RSA_PKCS1_2048_8192_SHA256, &Key::named(&header, jwks)?),
            Algorithm::Rs512 => self.verify_rsa(&RSA_PKCS1_2048_8192_SHA512, &Key::named(&header, jwks)?),
            Algorithm::Ps256 => self.verify_rsa(&RSA_PSS_2048_8192_SHA256, &Key::named(&header, jwks)?),
            Algorithm::Es256 => {
                let key = Key::named(&header, jwks)?;
                let point = [&[4], &*key.part("x")?, &*key.part("y")?].concat();
                self.verify_curve(&ECDSA_P256_SHA256_FIXED, &point)
            }
            Algorithm::EdDsa => self.verify_curve(&ED25519, &Key::named(&header, jwks)?.part("x")?),
            Algorithm::Hs256 => hmac::verify(&shared_key(), self.message.as_bytes(), &self.signature)
                .map_err(|_| "a token does not verify under the shared secret".into()),
            Algorithm::Es384 => Err("no token is signed with ES384".into()),
        }
    }

    fn verify_rsa(&self, parameters: &'static RsaParameters, key: &Key<'_>) -> Outcome {
        let key = RsaPublicKeyComponents { n: key.part("n")?, e: key.part("e")? };
        let verified = key.verify(parameters, self.message.as_bytes(), &self.signature);
        verified.map_err(|_| "a token does not verify against the JWKS".into())
    }

    fn verify_curve(&self, algorithm: &'static dyn VerificationAlgorithm, key: &[u8]) -> Outcome {
        let verified =
            UnparsedPublicKey::new(algorithm, key).verify(self.message.as_bytes(), &self.signature);
        verified.map_err(|_| "a token does not verify against the JWKS".into())
    }
}

/// A key of a JWKS.
struct Key<'a>(&'a Value);

impl<'a> Key<'a> {
    /// The one that a header names.
    fn named(header: &Value, jwks: &'a Value) -> Outcome<Self> {
        let kid = text(header, "kid")?;
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or("no keys in the JWKS")?;
        let key = keys.iter().find(|key| key.get("kid").is_some_and(|named| *named == *kid));
        Ok(Self(key.ok_or("the token's key is not in the JWKS")?))
    }

    fn part(&self, name: &str) -> Outcome<Vec<u8>> {
        Ok(URL_SAFE_NO_PAD.decode(text(self.0, name)?)?)
    }
}

/// A member that has to be text.
pub(crate) fn text(value: &Value, name: &str) -> Outcome<String> {
    let member = value.get(name).and_then(Value::as_str);
    Ok(member.ok_or_else(|| format!("no {name} in an answer of the server"))?.to_owned())
}
