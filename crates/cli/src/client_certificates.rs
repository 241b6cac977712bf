//! The flags for certificates of clients: who is asked for one, who verifies it, and which proxies are believed.

use std::fs;
use std::path::{Path, PathBuf};

use grantd_server::{ClientCertificates, Network};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::Outcome;
use crate::data::named;
use crate::issuer::parse_issuer;

/// Why an address for certificates is refused where none can arrive.
const NO_CERTIFICATES: &str =
    "--mtls-url needs certificates of clients: --client-certificates, --client-ca or --trusted-proxy";

/// The flags.
#[derive(clap::Args, Default)]
pub(crate) struct CertificateFlags {
    /// Ask every TLS client for a certificate. None has to have one.
    #[arg(long, conflicts_with = "plain_http", env = "GRANTD_CLIENT_CERTIFICATES")]
    client_certificates: bool,
    /// The authorities that verify certificates of clients, PEM. Clients are asked for certificates.
    #[arg(long, value_name = "FILE", conflicts_with = "plain_http", env = "GRANTD_CLIENT_CA")]
    client_ca: Option<PathBuf>,
    /// A proxy that terminates TLS and hands on certificates of clients. Can be given more than once.
    #[arg(long, value_name = "ADDR|CIDR", value_delimiter = ',', env = "GRANTD_TRUSTED_PROXY")]
    trusted_proxy: Vec<Network>,
    /// The URL that clients with certificates shall use: `mtls_endpoint_aliases` in the metadata, where the tenant
    /// setting `mtls.enable_endpoint_aliases` is on. The issuer if it is not given.
    #[arg(long, value_name = "URL", env = "GRANTD_MTLS_URL", value_parser = parse_url)]
    mtls_url: Option<String>,
}

impl CertificateFlags {
    /// The ways in which certificates arrive.
    pub(crate) fn read(&self) -> Outcome<ClientCertificates> {
        let mut certificates = ClientCertificates::default().behind(self.trusted_proxy.clone());
        if self.client_certificates {
            certificates = certificates.asked_for();
        }
        if let Some(path) = &self.client_ca {
            let verified = certificates.verified_by(&read_certificates(path)?);
            certificates = verified.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        match &self.mtls_url {
            Some(_) if !certificates.can_arrive() => Err(NO_CERTIFICATES.into()),
            Some(url) => Ok(certificates.at(url)),
            None => Ok(certificates),
        }
    }
}

/// All certificates of a PEM file; at least one.
pub(crate) fn read_certificates(path: &Path) -> Outcome<Vec<CertificateDer<'static>>> {
    let text = fs::read(path).map_err(|error| named(&error, path))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{}: {error}", path.display()))?;
    if certificates.is_empty() {
        return Err(format!("{}: no certificate in it", path.display()).into());
    }
    Ok(certificates)
}

/// The endpoints are named under it as they are under an issuer.
fn parse_url(text: &str) -> Result<String, String> {
    parse_issuer(text).map_err(|_| {
        "it looks like https://mtls.example.com/: scheme, host, port and plain path segments".to_owned()
    })
}
