//! How clients prove themselves and what their tokens are bound to: each way registered through the Management API,
//! and made into a caller that goes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::{Caller, Signs};
use crate::check::text;
use crate::grantd::{ISSUER, TOKEN_ENDPOINT};
use crate::signing_key::SigningKey;
use crate::statement::Statement;

/// The only kind of assertion there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Where a trusted proxy puts the certificate, and whether it verified it.
const CERTIFICATE: HeaderName = HeaderName::from_static("client-certificate");
const VERDICT: HeaderName = HeaderName::from_static("client-certificate-ca-verified");

/// A way to get a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// `client_secret_post`
    SecretPost,
    /// `client_secret_basic`
    SecretBasic,
    /// `private_key_jwt`
    PrivateKeyJwt(Algorithm),
    /// `tls_client_auth` behind a proxy, and the token bound to the certificate.
    TlsClientAuth,
    /// `self_signed_tls_client_auth` behind a proxy, and the token bound to the certificate.
    SelfSignedTls,
    /// `client_secret_post` with a `DPoP` proof, and the token bound to its key.
    Dpop(Algorithm),
}

impl Method {
    /// Every way that is measured.
    pub(crate) const ALL: [Self; 11] = [
        Self::SecretPost,
        Self::SecretBasic,
        Self::PrivateKeyJwt(Algorithm::Rs256),
        Self::PrivateKeyJwt(Algorithm::Ps256),
        Self::PrivateKeyJwt(Algorithm::Es256),
        Self::PrivateKeyJwt(Algorithm::Es384),
        Self::PrivateKeyJwt(Algorithm::EdDsa),
        Self::TlsClientAuth,
        Self::SelfSignedTls,
        Self::Dpop(Algorithm::Es256),
        Self::Dpop(Algorithm::EdDsa),
    ];

    /// What it is called in the report.
    pub(crate) fn name(self) -> String {
        match self {
            Self::SecretPost => "client_secret_post".to_owned(),
            Self::SecretBasic => "client_secret_basic".to_owned(),
            Self::PrivateKeyJwt(algorithm) => format!("private_key_jwt, {}", algorithm.as_str()),
            Self::TlsClientAuth => "tls_client_auth".to_owned(),
            Self::SelfSignedTls => "self_signed_tls_client_auth".to_owned(),
            Self::Dpop(algorithm) => format!("client_secret_post, DPoP {}", algorithm.as_str()),
        }
    }

    /// The member of `cnf` that binds the tokens; none where they are not bound.
    pub(crate) fn confirmation(self) -> Option<&'static str> {
        match self {
            Self::TlsClientAuth | Self::SelfSignedTls => Some("x5t#S256"),
            Self::Dpop(_) => Some("jkt"),
            Self::SecretPost | Self::SecretBasic | Self::PrivateKeyJwt(_) => None,
        }
    }

    /// What an API says whose tokens are bound so. All tokens have a `jti`, which keeps those of one client apart.
    pub(crate) fn members_of_api(self) -> Value {
        let mechanism = match self.confirmation() {
            Some("jkt") => "dpop",
            Some(_) => "mtls",
            None => return json!({"token_dialect": "rfc9068_profile"}),
        };
        let constraint = json!({"mechanism": mechanism, "required": true});
        json!({"token_dialect": "rfc9068_profile", "proof_of_possession": constraint})
    }

    /// A new client that goes this way, with a grant for the API.
    pub(crate) async fn caller(
        self,
        administrator: &mut Administrator,
        name: &str,
        audience: &str,
    ) -> Outcome<Caller> {
        let registration = Registration { administrator, name, audience };
        match self {
            Self::SecretPost => {
                let (id, secret) = registration.with_secret("client_secret_post").await?;
                Ok(Caller::with_secret(&id, &secret, audience))
            }
            Self::SecretBasic => {
                let (id, secret) = registration.with_secret("client_secret_basic").await?;
                let credentials = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
                let header = (AUTHORIZATION, HeaderValue::try_from(credentials)?);
                Ok(Caller::new(&[("audience", audience)]).with_headers(vec![header]))
            }
            Self::PrivateKeyJwt(algorithm) => registration.with_key(algorithm).await,
            Self::TlsClientAuth => {
                registration.with_certificate("tls_client_auth", "cert_subject_dn", "SUCCESS").await
            }
            Self::SelfSignedTls => {
                registration.with_certificate("self_signed_tls_client_auth", "x509_cert", "FAILED").await
            }
            Self::Dpop(algorithm) => {
                let (id, secret) = registration.with_secret("client_secret_post").await?;
                let proof = Statement::proof(algorithm, SigningKey::new(algorithm)?, TOKEN_ENDPOINT)?;
                Ok(Caller::with_secret(&id, &secret, audience).signing(Signs::Proof(proof)))
            }
        }
    }
}

/// A client that is about to be made.
struct Registration<'a> {
    administrator: &'a mut Administrator,
    name: &'a str,
    audience: &'a str,
}

impl Registration<'_> {
    /// The id and the secret of a client that uses its secret in this way only.
    async fn with_secret(self, method: &str) -> Outcome<(String, String)> {
        let client =
            self.administrator.client(self.name, json!({"token_endpoint_auth_method": method})).await?;
        let id = text(&client, "client_id")?;
        self.administrator.grant(&id, self.audience).await?;
        Ok((id, text(&client, "client_secret")?))
    }

    /// The id of a client with this credential for this method.
    async fn with_credential(self, method: &str, credential: Value) -> Outcome<String> {
        let methods = json!({method: {"credentials": [credential]}});
        let members =
            json!({"client_authentication_methods": methods, "jwt_configuration": {"alg": "RS256"}});
        let id = text(&self.administrator.client(self.name, members).await?, "client_id")?;
        self.administrator.grant(&id, self.audience).await?;
        Ok(id)
    }

    async fn with_key(self, algorithm: Algorithm) -> Outcome<Caller> {
        let (key, audience) = (SigningKey::new(algorithm)?, self.audience);
        let credential =
            json!({"credential_type": "public_key", "pem": key.public_pem()?, "alg": algorithm.as_str()});
        let id = self.with_credential("private_key_jwt", credential).await?;
        let assertion = Statement::assertion(algorithm, key, &id, ISSUER)?;
        let parameters = [("audience", audience), ("client_assertion_type", JWT_BEARER)];
        Ok(Caller::new(&parameters).signing(Signs::Assertion(assertion)))
    }

    async fn with_certificate(
        self,
        method: &str,
        credential_type: &str,
        verdict: &'static str,
    ) -> Outcome<Caller> {
        let (pem, audience) = (certificate(self.name)?, self.audience);
        let credential = json!({"credential_type": credential_type, "pem": pem});
        let id = self.with_credential(method, credential).await?;
        let encoded = utf8_percent_encode(&pem, NON_ALPHANUMERIC).to_string();
        let headers = vec![
            (CERTIFICATE, HeaderValue::try_from(encoded)?),
            (VERDICT, HeaderValue::from_static(verdict)),
        ];
        Ok(Caller::new(&[("client_id", &id), ("audience", audience)]).with_headers(headers))
    }
}

/// A certificate on P-256 for this name, PEM, signed by itself: grantd leaves the authority to the proxy.
fn certificate(name: &str) -> Outcome<String> {
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "ES");
    params.distinguished_name.push(DnType::OrganizationName, "Benchmark");
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params.self_signed(&KeyPair::generate()?)?.pem())
}
