//! From a description in a request to a credential. What cannot be used is refused here, when it is registered.

use grantd_model::{
    AssertionAlgorithm, ClientId, Credential, CredentialId, CredentialKind, CredentialType, Timestamp,
};
use grantd_token::{Certificate, PublicKey, same_subject};
use serde::Deserialize;
use serde_json::{Value, json};

use super::CredentialFault;
use crate::{Context, Error, Members};

/// A description that has passed its schema.
#[derive(Deserialize)]
struct Description {
    credential_type: CredentialType,
    name: Option<String>,
    pem: Option<String>,
    subject_dn: Option<String>,
    alg: Option<AssertionAlgorithm>,
    kid: Option<String>,
    #[serde(default)]
    parse_expiry_from_cert: bool,
    expires_at: Option<String>,
    /// Instead of a certificate, where only its thumbprint is known: in a declared configuration.
    thumbprint_sha256: Option<String>,
}

/// What a description describes: what the credential is, and its expiry.
type Described = Result<(CredentialKind, Option<Timestamp>), CredentialFault>;

/// A credential for a client, from its description.
pub(super) fn register(context: &Context, client: &ClientId, body: Value) -> Result<Credential, Error> {
    let credential = describe(context, client, body)?;
    if credential.is_expired(context.clock.now()) {
        return Err(CredentialFault::Expired.into());
    }
    Ok(credential)
}

/// The same, also where it has expired: it may be one that is there already.
pub(crate) fn describe(context: &Context, client: &ClientId, body: Value) -> Result<Credential, Error> {
    let now = context.clock.now();
    let description: Description = serde_json::from_value(body)?;
    let (kind, expires_at) = match description.credential_type {
        CredentialType::PublicKey => public_key(&description),
        CredentialType::X509Cert => certificate(&description),
        CredentialType::CertSubjectDn => subject(&description),
    }?;
    Ok(Credential {
        id: CredentialId::generate(&*context.entropy),
        client_id: client.clone(),
        name: description.name,
        created_at: now,
        updated_at: now,
        expires_at,
        kind,
    })
}

/// Makes credentials of the descriptions in `holder.credentials`, and puts references to them in their place.
pub(crate) fn register_listed(
    context: &Context,
    client: &ClientId,
    holder: &mut Members,
) -> Result<Vec<Credential>, Error> {
    let Some(Value::Array(listed)) = holder.get_mut("credentials") else { return Ok(Vec::new()) };
    if listed.len() > Credential::PER_CLIENT {
        return Err(CredentialFault::TooMany.into());
    }
    let mut made = Vec::with_capacity(listed.len());
    for place in listed {
        let credential = register(context, client, place.take())?;
        *place = json!({ "id": credential.id });
        made.push(credential);
    }
    Ok(made)
}

fn public_key(description: &Description) -> Described {
    description.refuse("subject_dn", description.subject_dn.is_some())?;
    let key = PublicKey::from_pem(description.pem()?).map_err(CredentialFault::Unusable)?;
    let alg = description.alg.unwrap_or(AssertionAlgorithm::RS256);
    if !key.supports(alg) {
        return Err(CredentialFault::AlgorithmMismatch(alg));
    }
    let kid = description.kid.clone().unwrap_or_else(|| key.thumbprint());
    Ok((CredentialKind::PublicKey { kid, alg, spki: key.spki().to_vec() }, expiry(description)?))
}

fn expiry(description: &Description) -> Result<Option<Timestamp>, CredentialFault> {
    match (description.parse_expiry_from_cert, &description.expires_at) {
        (true, Some(_)) => Err(CredentialFault::ExpiryTwice),
        (true, None) => {
            let certificate = Certificate::from_pem(description.pem()?);
            let certificate = certificate.map_err(|_| CredentialFault::ExpiryWithoutCertificate)?;
            Ok(Some(certificate.not_after()))
        }
        (false, Some(text)) => future(text).map(Some),
        (false, None) => Ok(None),
    }
}

/// A date that its schema has passed: what is none for us is one before 1970.
pub(super) fn future(text: &str) -> Result<Timestamp, CredentialFault> {
    Timestamp::parse(text).ok_or(CredentialFault::Expired)
}

/// The certificate's own key must be sound: it is what the client proves to have.
fn certificate(description: &Description) -> Described {
    description.refuse("subject_dn", description.subject_dn.is_some())?;
    if let (None, Some(thumbprint_sha256)) = (&description.pem, &description.thumbprint_sha256) {
        let kind = CredentialKind::X509Cert { thumbprint_sha256: thumbprint_sha256.clone() };
        return Ok((kind, expiry(description)?));
    }
    description.refuse_of_keys()?;
    let certificate = Certificate::from_pem(description.pem()?).map_err(CredentialFault::Unusable)?;
    certificate.public_key().map_err(CredentialFault::Unusable)?;
    let kind = CredentialKind::X509Cert { thumbprint_sha256: certificate.thumbprint() };
    Ok((kind, Some(certificate.not_after())))
}

fn subject(description: &Description) -> Described {
    description.refuse_of_keys()?;
    let subject_dn = match (&description.subject_dn, &description.pem) {
        (Some(written), None) => written.clone(),
        (None, Some(pem)) => {
            let certificate = Certificate::from_pem(pem).map_err(CredentialFault::Unusable)?;
            certificate.subject_dn().to_owned()
        }
        _ => return Err(CredentialFault::SubjectAmbiguous),
    };
    // A name that is not the same as itself is empty or cannot be read: nobody would ever match it.
    if same_subject(&subject_dn, &subject_dn) {
        Ok((CredentialKind::CertSubjectDn { subject_dn }, None))
    } else {
        Err(CredentialFault::Subject)
    }
}

impl Description {
    fn pem(&self) -> Result<&str, CredentialFault> {
        self.pem.as_deref().ok_or(CredentialFault::PemMissing(self.credential_type))
    }

    /// Fails if a member is there that this type does not have.
    fn refuse(&self, member: &'static str, is_there: bool) -> Result<(), CredentialFault> {
        let credential_type = self.credential_type;
        if is_there { Err(CredentialFault::NotForType { member, credential_type }) } else { Ok(()) }
    }

    /// Fails if a member is there that only keys have.
    fn refuse_of_keys(&self) -> Result<(), CredentialFault> {
        self.refuse("alg", self.alg.is_some())?;
        self.refuse("kid", self.kid.is_some())?;
        self.refuse("parse_expiry_from_cert", self.parse_expiry_from_cert)?;
        self.refuse("expires_at", self.expires_at.is_some())
    }
}
