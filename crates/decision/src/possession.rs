//! Binding tokens to a key of the client (Auth0: Sender constraining; RFC 9449, RFC 8705 §3).
//!
//! What a request has proved to possess is found out before the decision, since proofs need time and
//! cryptography; whether that is asked for, and what the token is bound to, is the rule in here.

use grantd_model::{PossessionMechanism, ProofOfPossession};

use crate::Denial;

/// The keys whose possession the request has proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Possession<'a> {
    /// The thumbprint of the key of a `DPoP` proof (RFC 9449 §6.1).
    pub dpop_key: Option<&'a str>,
    /// The thumbprint of the certificate that came with the connection (RFC 8705 §3.1).
    pub certificate: Option<&'a str>,
}

/// The key that a token is bound to, as its `cnf` says (RFC 7800 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation<'a> {
    /// `jkt`: a key that signs `DPoP` proofs.
    DpopKey(&'a str),
    /// `x5t#S256`: a client certificate.
    Certificate(&'a str),
}

impl<'a> Possession<'a> {
    /// The key that an API's tokens can be bound to, if the request has proved one of that kind.
    fn by(self, mechanism: PossessionMechanism) -> Option<Confirmation<'a>> {
        match mechanism {
            PossessionMechanism::Dpop => self.dpop_key.map(Confirmation::DpopKey),
            PossessionMechanism::Mtls => self.certificate.map(Confirmation::Certificate),
        }
    }
}

/// What the token is bound to (Auth0: the table of sender constraining). A key that the API has no use for is not
/// looked at; a client that insists gets no token from an API that binds none.
pub(crate) fn confirm<'a>(
    api: Option<&ProofOfPossession>,
    client_insists: bool,
    possession: Possession<'a>,
) -> Result<Option<Confirmation<'a>>, Denial> {
    let Some(constraint) = api else {
        return if client_insists { Err(Denial::ProofOfPossessionUnsupported) } else { Ok(None) };
    };
    let proved = possession.by(constraint.mechanism);
    let insisted = client_insists || constraint.is_required_of_confidential_clients();
    if insisted && proved.is_none() { Err(Denial::ProofOfPossessionRequired) } else { Ok(proved) }
}
