//! Certificates in the TLS handshake (RFC 8705): whose is taken, whose is verified, and what a resumed session has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use grantd_server::ClientCertificates;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, SignatureScheme};

use crate::certificates::{Authority, Identity, certificate_shown, client, client_speaking};
use crate::server::{GET, Server, answer, soon};

/// A server that takes certificates in these ways, and says which one it was shown.
async fn server(certificates: ClientCertificates) -> Server {
    Server::tls_with(certificate_shown(), certificates, |_| {}).await
}

/// What the route says to a client, in brackets.
async fn shown_to(server: &Server, config: ClientConfig) -> String {
    let stream = server.connect_as(Arc::new(config)).await.unwrap();
    between_brackets(&answer(stream, GET).await)
}

fn between_brackets(answer: &str) -> String {
    let rest = answer.split_once('[').unwrap_or_else(|| panic!("{answer:?}")).1;
    rest.split_once(']').unwrap().0.to_owned()
}

async fn assert_shown(server: &Server, identity: &Identity, verified: bool, case: &str) {
    let shown = shown_to(server, client(server, identity.clone())).await;
    assert_eq!(shown, identity.shown(verified), "{case}");
}

#[tokio::test]
async fn verifies_what_a_configured_authority_has_issued() {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let both = [first.certificate(), second.certificate()];
    let server = server(ClientCertificates::default().verified_by(&both).unwrap()).await;
    for version in [&TLS12, &TLS13] {
        for authority in [&first, &second] {
            let identity = authority.issue();
            let shown = shown_to(&server, client_speaking(&server, identity.clone(), &[version])).await;
            assert_eq!(shown, identity.shown(true), "{version:?}");
        }
    }
}

#[tokio::test]
async fn takes_what_nobody_has_verified() {
    let authority = Authority::new("ours");
    let server = server(authority.verifies()).await;
    for version in [&TLS12, &TLS13] {
        let identity = Identity::self_signed();
        let shown = shown_to(&server, client_speaking(&server, identity.clone(), &[version])).await;
        assert_eq!(shown, identity.shown(false), "{version:?}");
    }
    let server_only =
        authority.issue_with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let an_authority =
        authority.issue_with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let cases = [
        ("expired", authority.issue_for(2001, 2002)),
        ("not good yet", authority.issue_for(2901, 2902)),
        ("for servers", server_only),
        ("an authority itself", an_authority),
        ("of another authority", Authority::new("theirs").issue()),
        ("of another authority of the same name", Authority::new("ours").issue()),
    ];
    for (case, identity) in cases {
        assert_shown(&server, &identity, false, case).await;
    }
}

#[tokio::test]
async fn verifies_a_certificate_without_extended_key_usages() {
    let authority = Authority::new("ours");
    let server = server(authority.verifies()).await;
    let identity = authority.issue_with(|params| params.extended_key_usages = Vec::new());
    assert_shown(&server, &identity, true, "RFC 5280 §4.2.1.12: for any purpose").await;
}

#[tokio::test]
async fn needs_the_authorities_in_between() {
    let root = Authority::new("root");
    let server = server(root.verifies()).await;
    let identity = root.below("between").issue();
    assert_shown(&server, &identity, true, "complete").await;
    let alone = identity.showing(vec![identity.leaf().clone()]);
    assert_shown(&server, &alone, false, "alone").await;
}

#[tokio::test]
async fn verifies_nothing_without_authorities() {
    let server = server(ClientCertificates::default().asked_for()).await;
    assert_shown(&server, &Authority::new("theirs").issue(), false, "issued").await;
    assert_shown(&server, &Identity::self_signed(), false, "self-signed").await;
}

#[tokio::test]
async fn needs_no_certificate() {
    for certificates in [ClientCertificates::default().asked_for(), Authority::new("ours").verifies()] {
        let server = server(certificates).await;
        let answer = answer(server.connect_tls(&[]).await, GET).await;
        assert_eq!(between_brackets(&answer), "none");
    }
}

/// The chain is the client's to write; what follows its own certificate gives it nothing.
#[tokio::test]
async fn verifies_no_certificate_for_what_stands_behind_it() {
    let authority = Authority::new("ours");
    let server = server(authority.verifies()).await;
    let (good, own) = (authority.issue(), Identity::self_signed());
    let chain = vec![own.leaf().clone(), good.leaf().clone(), authority.certificate()];
    assert_shown(&server, &own.showing(chain), false, "in front of a good one").await;
}

async fn assert_not_served(server: &Server, identity: &Identity) {
    for version in [&TLS12, &TLS13] {
        let config = client_speaking(server, identity.clone(), &[version]);
        // With TLS 1.3 the client has finished before the server looks at its certificate.
        if let Ok(stream) = server.connect_as(Arc::new(config)).await {
            assert_eq!(answer_if_any(stream).await, "", "{version:?}");
        }
    }
    server.assert_serves().await;
}

async fn answer_if_any(mut stream: tokio_rustls::client::TlsStream<tokio::net::TcpStream>) -> String {
    use tokio::io::AsyncWriteExt;
    drop(stream.write_all(GET.as_bytes()).await);
    crate::server::read_to_end(&mut stream).await
}

#[tokio::test]
async fn refuses_a_client_without_the_key_of_its_certificate() {
    let authority = Authority::new("ours");
    let server = server(authority.verifies()).await;
    for identity in [authority.issue(), Identity::self_signed()] {
        assert_not_served(&server, &identity.with_another_key()).await;
    }
}

#[tokio::test]
async fn refuses_a_certificate_that_cannot_be_read() {
    let server = server(ClientCertificates::default().asked_for()).await;
    let identity = Identity::self_signed();
    let der = identity.leaf();
    let (short, long) = (der.get(..der.len() - 1).unwrap().to_vec(), [der.as_ref(), b"x"].concat());
    for unreadable in [b"certificate".to_vec(), short, long, vec![0x30, 0x80], vec![0x30, 0x00]] {
        assert_not_served(&server, &identity.showing(vec![CertificateDer::from(unreadable)])).await;
    }
}

#[tokio::test]
async fn refuses_a_certificate_of_an_older_version() {
    let server = server(ClientCertificates::default().asked_for()).await;
    let identity = Identity::self_signed();
    let der = identity.leaf().as_ref();
    // [0] { INTEGER 2 } is version 3, and 1 is version 2. Without the member it would be version 1.
    let at = der.windows(5).position(|bytes| bytes == [0xa0, 3, 2, 1, 2]).unwrap();
    let mut old = der.to_vec();
    *old.get_mut(at + 4).unwrap() = 1;
    assert_not_served(&server, &identity.showing(vec![CertificateDer::from(old)])).await;
}

/// Remembers whether it was asked for a certificate.
#[derive(Debug)]
struct Asked(Arc<AtomicBool>);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn asks_for_certificates_only_when_it_is_told_to() {
    for (certificates, expected) in
        [(ClientCertificates::default(), false), (ClientCertificates::default().asked_for(), true)]
    {
        let server = server(certificates).await;
        let asked = Arc::new(AtomicBool::new(false));
        assert_eq!(shown_to(&server, client(&server, Asked(Arc::clone(&asked)))).await, "none");
        assert_eq!(asked.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn every_request_of_a_connection_has_the_certificate() {
    let authority = Authority::new("ours");
    let server = server(authority.verifies()).await;
    let identity = authority.issue();
    let stream = server.connect_as(Arc::new(client(&server, identity.clone()))).await.unwrap();
    let requests = format!("GET / HTTP/1.1\r\nhost: x\r\n\r\n{GET}");
    let answers = answer(stream, &requests).await;
    assert_eq!(answers.matches(&identity.shown(true)).count(), 2, "{answers}");

    let mut config = client(&server, identity.clone());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = server.connect_as(Arc::new(config)).await.unwrap();
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..2 {
        let request = Request::get("https://localhost/").body(Body::empty()).unwrap();
        let answer = soon(sender.send_request(request)).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(between_brackets(std::str::from_utf8(&body).unwrap()), identity.shown(true));
    }
    drop(sender);
    drop(soon(connection).await.unwrap());
}

/// A clock for TLS that goes on when it is told to.
#[derive(Debug, Clone)]
struct Clock(Arc<AtomicU64>);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed))))
    }
}

/// 2029-12-31T23:59:00Z
const LATE_IN_2029: u64 = 1_893_455_940;

/// How the handshake went, and what the route says.
async fn again(server: &Server, config: &Arc<ClientConfig>) -> (HandshakeKind, String) {
    let stream = server.connect_as(Arc::clone(config)).await.unwrap();
    let kind = stream.get_ref().1.handshake_kind().unwrap();
    (kind, between_brackets(&answer(stream, GET).await))
}

#[tokio::test]
async fn a_resumed_session_has_its_certificate_and_the_verdict_of_today() {
    let authority = Authority::new("ours");
    let clock = Clock(Arc::new(AtomicU64::new(0)));
    let server = Server::tls_with(certificate_shown(), authority.verifies(), |config| {
        config.time_provider = Arc::new(clock.clone());
    })
    .await;
    for version in [&TLS12, &TLS13] {
        clock.0.store(LATE_IN_2029, Ordering::Relaxed);
        let (good, own) = (authority.issue_for(2020, 2030), Identity::self_signed());
        let [good_config, own_config] =
            [&good, &own].map(|it| Arc::new(client_speaking(&server, it.clone(), &[version])));
        assert_eq!(again(&server, &good_config).await, (HandshakeKind::Full, good.shown(true)));
        assert_eq!(again(&server, &own_config).await, (HandshakeKind::Full, own.shown(false)));
        assert_eq!(again(&server, &good_config).await, (HandshakeKind::Resumed, good.shown(true)));
        assert_eq!(again(&server, &own_config).await, (HandshakeKind::Resumed, own.shown(false)));
        clock.0.fetch_add(120, Ordering::Relaxed);
        let expired = again(&server, &good_config).await;
        assert_eq!(expired, (HandshakeKind::Resumed, good.shown(false)), "{version:?}");
    }
}
