//! The local certificate authority: HTTPS out of the box, for Auth0's SDKs speak nothing else.
//!
//! The authority stays with the data folder, so that it is trusted once. The server's own certificate is made
//! at every start and never stored.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use grantd_model::{Clock, Timestamp};
use grantd_server::ClientCertificates;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::Outcome;
use crate::client_certificates::read_certificates;
use crate::data::{DataFolder, named, remove, write_private, write_public};

/// What browsers accept for a certificate at most.
const SERVER_DAYS: i64 = 825;
const AUTHORITY_DAYS: i64 = 3650;

/// A TLS configuration with a fresh certificate for `localhost`, from the folder's authority.
pub(crate) fn server_config(
    folder: &DataFolder,
    clock: &dyn Clock,
    clients: &ClientCertificates,
) -> Outcome<Arc<rustls::ServerConfig>> {
    let now = clock.now();
    let authority = authority(folder, now)?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now, SERVER_DAYS);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    configuration(vec![certificate.der().clone()], key, clients)
}

/// A TLS configuration from certificate and key files, PEM.
pub(crate) fn server_config_from(
    certificate: &Path,
    key: &Path,
    clients: &ClientCertificates,
) -> Outcome<Arc<rustls::ServerConfig>> {
    let chain = read_certificates(certificate)?;
    let text = fs::read(key).map_err(|error| named(&error, key))?;
    let der = PrivateKeyDer::from_pem_slice(&text).map_err(|error| format!("{}: {error}", key.display()))?;
    let pair = || format!("{} and {}", certificate.display(), key.display());
    configuration(chain, der, clients).map_err(|error| format!("{}: {error}", pair()).into())
}

fn configuration(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: &ClientCertificates,
) -> Outcome<Arc<rustls::ServerConfig>> {
    let builder = rustls::ServerConfig::builder().with_client_cert_verifier(clients.verifier());
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The folder's authority; a new one if there is none.
fn authority(folder: &DataFolder, now: Timestamp) -> Outcome<Issuer<'static, KeyPair>> {
    let path = folder.ca_key();
    let key = if path.exists() {
        let text = fs::read_to_string(&path).map_err(|error| named(&error, &path))?;
        KeyPair::from_pem(&text).map_err(|error| format!("{}: {error}", path.display()))?
    } else {
        let key = KeyPair::generate()?;
        // A certificate that has lost its key would be taken for this key's.
        remove(&folder.ca())?;
        write_private(&path, key.serialize_pem().as_bytes())?;
        key
    };
    let params = authority_params(now);
    if folder.ca().exists() {
        check_authority(&folder.ca(), &path)?;
    } else {
        write_public(&folder.ca(), params.self_signed(&key)?.pem().as_bytes())?;
    }
    Ok(Issuer::new(params, key))
}

/// A certificate of another key is refused: who trusts it would not trust this server.
fn check_authority(certificate: &Path, key: &Path) -> Outcome {
    let checked = server_config_from(certificate, key, &ClientCertificates::default());
    checked.map(drop).map_err(|error| format!("{error}; without both files the server makes new ones").into())
}

fn authority_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "grantd local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, AUTHORITY_DAYS);
    params
}

/// From a day ago, for clocks that are behind.
fn set_validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let seconds = i64::try_from(now.seconds()).unwrap_or_default();
    let today = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = today - Duration::days(1);
    params.not_after = today + Duration::days(days);
}
