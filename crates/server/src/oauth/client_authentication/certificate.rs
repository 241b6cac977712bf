//! Certificates that a client shows in the TLS handshake (RFC 8705 §2).

use grantd_model::{Client, ClientAuthenticationMethods, CredentialKind, Timestamp};
use grantd_snapshot::Snapshot;
use grantd_token::same_subject;

use crate::client_certificate::ClientCertificate;

/// The client with this id, if the certificate is the one that it is registered with.
pub(super) fn client<'s>(
    snapshot: &'s Snapshot,
    id: &str,
    shown: &ClientCertificate,
    now: Timestamp,
) -> Result<&'s Client, &'static str> {
    let client = snapshot.client(id).filter(|client| !client.global).ok_or("the client is unknown")?;
    let method = client.client_authentication_methods.as_ref().filter(|method| method.is_mutual_tls());
    let method = method.ok_or("the client is not registered for this method")?;
    let certificate = &shown.certificate;
    if now < certificate.not_before() || certificate.not_after() < now {
        return Err("the certificate is not valid now");
    }
    if matches!(method, ClientAuthenticationMethods::TlsClientAuth(_)) && !shown.verified {
        return Err("no authority verifies the certificate, for clients and in its dates");
    }
    let held = snapshot.credentials_of(&client.client_id).iter();
    let mut in_force = held.filter(|held| method.enables(&held.id) && !held.is_expired(now));
    let is_registered = in_force.any(|credential| match (&credential.kind, method) {
        (CredentialKind::CertSubjectDn { subject_dn }, ClientAuthenticationMethods::TlsClientAuth(_)) => {
            same_subject(subject_dn, certificate.subject_dn())
        }
        (
            CredentialKind::X509Cert { thumbprint_sha256, .. },
            ClientAuthenticationMethods::SelfSignedTlsClientAuth(_),
        ) => *thumbprint_sha256 == certificate.thumbprint(),
        _ => false,
    });
    if is_registered {
        Ok(client)
    } else {
        Err("no credential of the client that is in force is this certificate")
    }
}
