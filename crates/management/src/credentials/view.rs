//! A credential as the wire shows it: the key itself is never shown again (Auth0, recorded).

use grantd_model::{Credential, CredentialKind, Timestamp};
use serde_json::Value;

use crate::Members;

/// The members in the recorded order; what is unset is absent.
pub(super) fn view(credential: &Credential) -> Members {
    let mut members = Members::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            members.insert(name.into(), Value::String(value));
        }
    };
    put("id", Some(credential.id.to_string()));
    put("credential_type", Some(credential.kind.credential_type().as_str().to_owned()));
    if let CredentialKind::PublicKey { kid, alg, .. } = &credential.kind {
        put("kid", Some(kid.clone()));
        put("alg", Some(alg.as_str().to_owned()));
    }
    put("name", credential.name.clone());
    match &credential.kind {
        CredentialKind::PublicKey { .. } => {}
        CredentialKind::X509Cert { thumbprint_sha256 } => {
            put("thumbprint_sha256", Some(thumbprint_sha256.clone()));
        }
        CredentialKind::CertSubjectDn { subject_dn } => put("subject_dn", Some(subject_dn.clone())),
    }
    put("created_at", Some(credential.created_at.to_string()));
    put("updated_at", Some(credential.updated_at.to_string()));
    put("expires_at", credential.expires_at.as_ref().map(Timestamp::to_string));
    members
}
