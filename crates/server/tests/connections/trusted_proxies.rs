//! Certificates in the headers of a proxy (Auth0: Set up the customer edge): believed from a trusted peer, as they must
//! be written, and never looked at from anybody else.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use grantd_server::ClientCertificates;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::certificates::{Authority, Identity, certificate_shown, client};
use crate::server::{Server, answer};

const CERTIFICATE: &str = "client-certificate";
const VERDICT: &str = "client-certificate-ca-verified";

fn trusting(networks: &[&str]) -> ClientCertificates {
    ClientCertificates::default().behind(networks.iter().map(|text| text.parse().unwrap()).collect())
}

async fn proxied() -> Server {
    Server::plain_with(certificate_shown(), trusting(&["192.0.2.1", "127.0.0.0/8"])).await
}

/// PEM, as it stands in a file.
fn pem(der: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// As nginx encodes it: everything but letters and digits.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn request(headers: &[(&str, &str)]) -> String {
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("GET / HTTP/1.1\r\nhost: x\r\n{}connection: close\r\n\r\n", lines.concat())
}

async fn said(server: &Server, headers: &[(&str, &str)]) -> String {
    let answer = answer(server.connect().await, &request(headers)).await;
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}")).1.to_owned()
}

async fn assert_fault(server: &Server, headers: &[(&str, &str)], expected: &str) {
    let said = said(server, headers).await;
    assert!(said.starts_with("[fault: ") && said.contains(expected), "{headers:?}: {said}");
}

#[tokio::test]
async fn believes_a_trusted_proxy() {
    let server = proxied().await;
    let identity = Identity::self_signed();
    let certificate = encoded(&pem(identity.leaf()));
    for (verdict, verified) in [
        ("SUCCESS", true),
        ("FAILED", false),
        ("FAILED:self-signed certificate", false),
        ("FAILED:", false),
        ("FAILED:SUCCESS", false),
    ] {
        let said = said(&server, &[(CERTIFICATE, &certificate), (VERDICT, verdict)]).await;
        assert_eq!(said, format!("[{}] 127.0.0.1 with 2 headers", identity.shown(verified)), "{verdict}");
    }
}

/// A load balancer at AWS leaves `+`, `=` and `/` as they are.
#[tokio::test]
async fn a_plus_is_no_blank() {
    let server = proxied().await;
    let (identity, pem) = loop {
        let identity = Identity::self_signed();
        let pem = pem(identity.leaf());
        if pem.contains('+') {
            break (identity, pem);
        }
    };
    let certificate = pem.replace('\n', "%0A").replace(' ', "%20");
    let said = said(&server, &[(CERTIFICATE, &certificate), (VERDICT, "SUCCESS")]).await;
    assert_eq!(said, format!("[{}] 127.0.0.1 with 2 headers", identity.shown(true)));
}

#[tokio::test]
async fn a_proxy_says_in_several_ways_that_there_is_no_certificate() {
    let server = proxied().await;
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[(VERDICT, "NONE")],
        &[(CERTIFICATE, ""), (VERDICT, "NONE")],
        &[(CERTIFICATE, ""), (VERDICT, "")],
        &[(VERDICT, "FAILED:no certificate")],
    ];
    for headers in cases {
        assert!(said(&server, headers).await.starts_with("[none] "), "{headers:?}");
    }
}

#[tokio::test]
async fn refuses_headers_that_do_not_fit_the_convention() {
    let server = proxied().await;
    let identity = Identity::self_signed();
    let one = encoded(&pem(identity.leaf()));
    let unknown =
        ["success", "SUCCESS ,", "SUCCESS, SUCCESS", "FAILED, SUCCESS", "FAILEDX", "NONE", "0", "true"];
    for verdict in unknown {
        assert_fault(&server, &[(CERTIFICATE, &one), (VERDICT, verdict)], "neither SUCCESS nor FAILED").await;
    }
    assert_fault(&server, &[(VERDICT, "OK")], "neither SUCCESS nor FAILED").await;
    assert_fault(&server, &[(CERTIFICATE, &one)], "ca-verified is missing").await;
    assert_fault(&server, &[(CERTIFICATE, &one), (VERDICT, "")], "ca-verified is missing").await;
    assert_fault(&server, &[(VERDICT, "SUCCESS")], "client-certificate is missing").await;
    assert_fault(&server, &[(CERTIFICATE, ""), (VERDICT, "SUCCESS")], "client-certificate is missing").await;
}

#[tokio::test]
async fn refuses_a_header_that_stands_there_twice() {
    let server = proxied().await;
    let (first, second) = (Identity::self_signed(), Identity::self_signed());
    let [first, second] = [first, second].map(|identity| encoded(&pem(identity.leaf())));
    let cases: [&[(&str, &str)]; 5] = [
        &[(CERTIFICATE, &first), (CERTIFICATE, &second), (VERDICT, "FAILED")],
        &[(CERTIFICATE, &first), (CERTIFICATE, &first), (VERDICT, "SUCCESS")],
        &[(CERTIFICATE, &first), ("Client-Certificate", ""), (VERDICT, "SUCCESS")],
        &[(CERTIFICATE, &first), (VERDICT, "FAILED"), (VERDICT, "SUCCESS")],
        &[(VERDICT, "NONE"), ("CLIENT-CERTIFICATE-CA-VERIFIED", "NONE")],
    ];
    for headers in cases {
        assert_fault(&server, headers, "more than once").await;
    }
}

#[tokio::test]
async fn refuses_what_is_not_one_certificate() {
    let server = proxied().await;
    let identity = Authority::new("ours").issue();
    let text = pem(identity.leaf());
    let two = format!("{text}{text}");
    let key = text.replace("CERTIFICATE", "PRIVATE KEY");
    let damaged = text.replacen("MI", "MJ", 1);
    let cut = text.replacen("-----END", "----END", 1);
    let within = format!("x{text}");
    for unreadable in [&two, &key, &damaged, &cut, &within, "certificate"] {
        let header = encoded(unreadable);
        assert_fault(&server, &[(CERTIFICATE, &header), (VERDICT, "SUCCESS")], "not one percent-encoded")
            .await;
    }
    let der: Vec<String> = identity.leaf().iter().map(|byte| format!("%{byte:02x}")).collect();
    let der = der.concat();
    for header in
        ["%", "%zz", "%2", "%00", der.as_str(), encoded(&text).trim_end_matches("%0A").split_at(40).0]
    {
        assert_fault(&server, &[(CERTIFICATE, header), (VERDICT, "SUCCESS")], "not one percent-encoded")
            .await;
    }
    let twice = encoded(&encoded(&text));
    assert_fault(&server, &[(CERTIFICATE, &twice), (VERDICT, "SUCCESS")], "not one percent-encoded").await;
}

#[tokio::test]
async fn refuses_a_certificate_of_more_than_4096_bytes() {
    let server = proxied().await;
    let authority = Authority::new("ours");
    let of = |names: usize| {
        let names =
            (0..names).map(|number| rcgen::SanType::DnsName(format!("{number:04}.test").try_into().unwrap()));
        authority.issue_with(|params| params.subject_alt_names = names.collect())
    };
    let long = (0..400).map(of).take_while(|identity| pem(identity.leaf()).len() <= 4096).last().unwrap();
    let text = pem(long.leaf());
    assert!(text.len() > 4050, "{}", text.len());
    let header = encoded(&text);
    let answer = said(&server, &[(CERTIFICATE, &header), (VERDICT, "SUCCESS")]).await;
    assert!(answer.starts_with("[verified "), "{answer}");
    let longer = encoded(&pem(of(400).leaf()));
    for header in [longer.as_str(), &"a".repeat(4097), &"%41".repeat(4097), &"a".repeat(60_000)] {
        assert_fault(&server, &[(CERTIFICATE, header), (VERDICT, "SUCCESS")], "is too long").await;
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A second subscriber that lives for ever makes tracing ask all of them whether a place in the code matters.
static ANOTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish()));

impl Log {
    fn of_this_thread() -> (Self, DefaultGuard) {
        LazyLock::force(&ANOTHER);
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    /// What was logged since the last call.
    fn text(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// Attack 12 (CVE-2024-10039).
#[tokio::test]
async fn never_looks_at_headers_of_anybody_else() {
    let (log, _guard) = Log::of_this_thread();
    let identity = Authority::new("ours").issue();
    let certificate = encoded(&pem(identity.leaf()));
    let forgeries: [&[(&str, &str)]; 5] = [
        &[(CERTIFICATE, &certificate), (VERDICT, "SUCCESS")],
        &[
            (CERTIFICATE, &certificate),
            (CERTIFICATE, &certificate),
            (VERDICT, "SUCCESS"),
            (VERDICT, "SUCCESS"),
        ],
        &[(CERTIFICATE, &certificate), (VERDICT, "SUCCESS"), ("x-forwarded-for", "192.0.2.1")],
        &[(CERTIFICATE, "%"), (VERDICT, "?")],
        &[(VERDICT, "SUCCESS"), ("forwarded", "for=192.0.2.1")],
    ];
    for networks in [&[] as &[&str], &["192.0.2.1", "127.0.0.2", "::1"]] {
        let server = Server::plain_with(certificate_shown(), trusting(networks)).await;
        for headers in forgeries {
            assert_eq!(said(&server, headers).await, "[none] 127.0.0.1 with 0 headers");
        }
        let text = log.text();
        assert_eq!(text.matches("is no trusted proxy").count(), 1, "{text}");
        assert!(text.contains("WARN") && text.contains("peer=127.0.0.1:"), "{text}");
    }
}

#[tokio::test]
async fn forgeries_are_logged_again_after_ten_minutes() {
    let (log, _guard) = Log::of_this_thread();
    let server = Server::plain(certificate_shown()).await;
    tokio::time::pause();
    for _ in 0..3 {
        for _ in 0..2 {
            said(&server, &[(VERDICT, "SUCCESS")]).await;
        }
        tokio::time::advance(Duration::from_secs(601)).await;
    }
    assert_eq!(log.text().matches("is no trusted proxy").count(), 3);
}

#[tokio::test]
async fn a_fault_of_a_proxy_is_logged() {
    let (log, _guard) = Log::of_this_thread();
    assert_fault(&proxied().await, &[(VERDICT, "SUCCESS")], "client-certificate is missing").await;
    let text = log.text();
    assert!(text.contains("WARN") && text.contains("the header client-certificate is missing"), "{text}");
}

/// A socket of IPv6 sees clients of IPv4 at addresses like `::ffff:127.0.0.1`.
#[tokio::test]
async fn an_ipv4_proxy_is_the_same_on_a_socket_of_ipv6() {
    let Ok(server) = Server::plain_on("[::]:0", certificate_shown(), trusting(&["127.0.0.1"])).await else {
        return;
    };
    let certificate = encoded(&pem(Identity::self_signed().leaf()));
    let stream = TcpStream::connect(("127.0.0.1", server.address.port())).await.unwrap();
    let answer = answer(stream, &request(&[(CERTIFICATE, &certificate), (VERDICT, "SUCCESS")])).await;
    assert!(answer.contains("[verified ") && answer.ends_with("] 127.0.0.1 with 2 headers"), "{answer}");
}

async fn said_over_tls(server: &Server, identity: &Identity, headers: &[(&str, &str)]) -> String {
    let stream = server.connect_as(Arc::new(client(server, identity.clone()))).await.unwrap();
    let answer = answer(stream, &request(headers)).await;
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}")).1.to_owned()
}

/// Attack 12: a header beside a real certificate.
#[tokio::test]
async fn a_client_is_its_own_certificate_and_not_its_headers() {
    let authority = Authority::new("ours");
    let server = Server::tls_with(certificate_shown(), authority.verifies(), |_| {}).await;
    let (own, victim) = (Identity::self_signed(), authority.issue());
    let forged = encoded(&pem(victim.leaf()));
    let said = said_over_tls(&server, &own, &[(CERTIFICATE, &forged), (VERDICT, "SUCCESS")]).await;
    assert_eq!(said, format!("[{}] 127.0.0.1 with 0 headers", own.shown(false)));
}

/// Otherwise every client without a certificate would be the proxy.
#[tokio::test]
async fn the_certificate_of_a_trusted_proxy_is_not_its_clients() {
    let authority = Authority::new("ours");
    let certificates = trusting(&["127.0.0.1"]).verified_by(&[authority.certificate()]).unwrap();
    let server = Server::tls_with(certificate_shown(), certificates, |_| {}).await;
    let (proxy, its_client) = (authority.issue(), Identity::self_signed());
    assert!(said_over_tls(&server, &proxy, &[]).await.starts_with("[none] "));
    let forwarded = encoded(&pem(its_client.leaf()));
    let said = said_over_tls(&server, &proxy, &[(CERTIFICATE, &forwarded), (VERDICT, "FAILED")]).await;
    assert_eq!(said, format!("[{}] 127.0.0.1 with 2 headers", its_client.shown(false)));
}
