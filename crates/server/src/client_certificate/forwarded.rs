//! The headers in which a proxy hands on what a client has shown it (Auth0: Set up the customer edge).
//!
//! Only for requests of trusted proxies. What does not fit the convention is a fault and never no certificate.

use grantd_token::Certificate;
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode;
use thiserror::Error;

use super::ClientCertificate;

/// The client's certificate alone, PEM, percent-encoded.
pub(crate) const CERTIFICATE: HeaderName = HeaderName::from_static("client-certificate");
/// `SUCCESS`, or `FAILED` with or without `:` and a reason; nginx says `NONE` where there is no certificate.
pub(crate) const VERDICT: HeaderName = HeaderName::from_static("client-certificate-ca-verified");

/// The longest certificate, in bytes of decoded PEM (Auth0: Set up the customer edge).
const PEM_BYTES: usize = 4096;
/// Percent-encoding makes three bytes of one at most.
const HEADER_BYTES: usize = 3 * PEM_BYTES;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// What is wrong with the headers of a trusted proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateFault {
    /// One of the two stands there more than once.
    #[error("the header {0} stands there more than once")]
    Repeated(&'static str),
    /// More than 4096 bytes of PEM.
    #[error("the header client-certificate is too long")]
    TooLong,
    /// Not one percent-encoded certificate.
    #[error("the header client-certificate is not one percent-encoded PEM certificate")]
    Unreadable,
    /// A certificate, and no word on whether it was verified.
    #[error("the header client-certificate-ca-verified is missing")]
    VerdictMissing,
    /// Neither `SUCCESS` nor `FAILED`.
    #[error("the header client-certificate-ca-verified says neither SUCCESS nor FAILED")]
    UnknownVerdict,
    /// Verified, but there is no certificate.
    #[error("the header client-certificate is missing though it is said to be verified")]
    CertificateMissing,
}

/// The certificate in the headers.
pub(super) fn certificate(headers: &HeaderMap) -> Result<Option<ClientCertificate>, CertificateFault> {
    let pem = only(headers, &CERTIFICATE, CertificateFault::Repeated("client-certificate"))?;
    let verdict = only(headers, &VERDICT, CertificateFault::Repeated("client-certificate-ca-verified"))?;
    match (pem, verdict) {
        (None, None | Some(b"NONE")) => Ok(None),
        (None, Some(verdict)) if is_verified(verdict)? => Err(CertificateFault::CertificateMissing),
        (None, Some(_)) => Ok(None),
        (Some(_), None) => Err(CertificateFault::VerdictMissing),
        (Some(pem), Some(verdict)) => {
            let verified = is_verified(verdict)?;
            Ok(Some(ClientCertificate { certificate: decoded(pem)?, verified }))
        }
    }
}

/// The value of a header that may stand there once. An empty one is none.
fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    repeated: CertificateFault,
) -> Result<Option<&'a [u8]>, CertificateFault> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(http::HeaderValue::as_bytes);
    if values.next().is_some() { Err(repeated) } else { Ok(value.filter(|value| !value.is_empty())) }
}

fn is_verified(verdict: &[u8]) -> Result<bool, CertificateFault> {
    match verdict {
        b"SUCCESS" => Ok(true),
        b"FAILED" => Ok(false),
        _ if verdict.starts_with(b"FAILED:") => Ok(false),
        _ => Err(CertificateFault::UnknownVerdict),
    }
}

fn decoded(header: &[u8]) -> Result<Certificate, CertificateFault> {
    if header.len() > HEADER_BYTES {
        return Err(CertificateFault::TooLong);
    }
    let pem = percent_decode(header).decode_utf8().map_err(|_| CertificateFault::Unreadable)?;
    if pem.len() > PEM_BYTES {
        return Err(CertificateFault::TooLong);
    }
    let pem = pem.trim();
    // With a second certificate it would be a matter of taste which one is the client's.
    let is_one = pem.starts_with(BEGIN) && pem.ends_with(END) && pem.matches("-----BEGIN").count() == 1;
    if !is_one {
        return Err(CertificateFault::Unreadable);
    }
    Certificate::from_pem(pem).map_err(|_| CertificateFault::Unreadable)
}
