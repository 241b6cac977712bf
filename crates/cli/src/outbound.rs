//! What the server may ask of others: the flags, and whose certificates it believes.

use std::path::PathBuf;

use grantd_outbound::{AllowedHost, Outbound, Policy};
use rustls::RootCertStore;

use crate::Outcome;
use crate::client_certificates::read_certificates;

/// Flags about what is asked of others. Only public hosts are, over https, unless these say otherwise.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct OutboundFlags {
    /// A host that keys of outside issuers may be fetched from although it is private, on any port or this one,
    /// with or without TLS. May be repeated.
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',', env = "GRANTD_OUTBOUND_ALLOW")]
    pub(crate) outbound_allow: Vec<AllowedHost>,
    /// Certificates of authorities that are trusted there beside the system's, PEM.
    #[arg(long, value_name = "FILE", env = "GRANTD_OUTBOUND_CA")]
    pub(crate) outbound_ca: Option<PathBuf>,
}

impl OutboundFlags {
    /// Who asks, by these flags.
    pub(crate) fn outbound(self) -> Outcome<Outbound> {
        let trust = self.trust()?;
        Ok(Outbound::new(Policy { allowed: self.outbound_allow }, trust)?)
    }

    /// The system's authorities and those of the file. A system without any is no failure: who pins keys, or has a
    /// file, needs none.
    fn trust(&self) -> Outcome<RootCertStore> {
        let mut trust = RootCertStore::empty();
        trust.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = &self.outbound_ca {
            for certificate in read_certificates(file)? {
                trust.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        if trust.is_empty() {
            tracing::info!(
                "no certificate authorities are known here: keys can be pinned, or --outbound-ca given"
            );
        }
        Ok(trust)
    }
}
