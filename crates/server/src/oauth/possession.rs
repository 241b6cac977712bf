//! The keys that a request proves to possess: the key of a `DPoP` proof (RFC 9449) and the certificate of the
//! connection (RFC 8705). Found out once, before anybody asks what they are good for.

use std::iter;
use std::sync::Arc;

use grantd_decision::Possession;
use grantd_model::Timestamp;
use grantd_token::{DpopError, DpopProof};
use http::HeaderMap;
use thiserror::Error;

use super::replays::OneTime;
use crate::client_certificate::ClientCertificate;

/// What a request has proved.
#[derive(Debug, Default)]
pub(crate) struct Proved {
    dpop: Option<DpopProof>,
    /// The client's certificate.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    thumbprint: Option<String>,
}

/// Why a `DPoP` header proves nothing. The words are for the log.
#[derive(Debug, Error)]
pub(crate) enum DpopFault {
    /// More than one header, or one that is not text.
    #[error("there is not exactly one DPoP header of text")]
    Header,
    /// The proof is none.
    #[error(transparent)]
    Proof(#[from] DpopError),
}

/// What a proof has to be about.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The method of the request.
    pub(crate) method: &'a str,
    /// Where it goes.
    pub(crate) url: &'a str,
    /// Another name for the same place, where there is one (RFC 8705 §5).
    pub(crate) alias: Option<&'a str>,
    /// The token that comes with the request, where one does.
    pub(crate) access_token: Option<&'a str>,
}

impl Proved {
    /// Looks at the proof in the headers, for requests to this target, and at the certificate.
    pub(crate) fn by(
        headers: &HeaderMap,
        certificate: Option<Arc<ClientCertificate>>,
        target: Target<'_>,
        now: Timestamp,
    ) -> Result<Self, DpopFault> {
        let thumbprint = certificate.as_ref().map(|shown| shown.certificate.thumbprint());
        let dpop = header(headers)?.map(|proof| verify(proof, target, now)).transpose()?;
        Ok(Self { dpop, certificate, thumbprint })
    }

    /// The keys, for the decision.
    pub(crate) fn possession(&self) -> Possession<'_> {
        Possession {
            dpop_key: self.dpop.as_ref().map(|proof| &*proof.thumbprint),
            certificate: self.thumbprint.as_deref(),
        }
    }

    /// The one use of the proof.
    pub(crate) fn once(&self) -> Option<OneTime> {
        let proof = self.dpop.as_ref()?;
        Some(OneTime::new("dpop_proof", &proof.thumbprint, &proof.jti, Some(proof.iat), proof.exp))
    }
}

fn header(headers: &HeaderMap) -> Result<Option<&str>, DpopFault> {
    let mut values = headers.get_all("dpop").iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(proof), None) => Ok(Some(proof)),
        _ => Err(DpopFault::Header),
    }
}

/// A proof is for one of the names of its target.
fn verify(proof: &str, target: Target<'_>, now: Timestamp) -> Result<DpopProof, DpopError> {
    let urls: Vec<&str> = iter::once(target.url).chain(target.alias).collect();
    DpopProof::verify(proof, target.method, &urls, target.access_token, now)
}
