//! Attack case 11: configuration that would send this server into its own network.

use grantd_outbound::{AllowedHost, Forbidden, Outbound, OutboundError, Policy};
use rustls::RootCertStore;

use crate::site::{After, Names, Site, ok};

/// Nobody is allowed anything.
fn strict() -> Outbound {
    Outbound::new(Policy::default(), RootCertStore::empty()).unwrap()
}

async fn refusal(url: &str) -> String {
    match strict().get(url).await.unwrap_err() {
        OutboundError::Forbidden(forbidden) => forbidden.to_string(),
        other => panic!("{url}: {other}"),
    }
}

#[tokio::test]
async fn an_address_in_the_url_that_is_not_public_is_refused_however_it_is_written() {
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("127%2e0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("169.254.169.254", "169.254.169.254"),
        ("2852039166", "169.254.169.254"),
        ("10.1.2.3", "10.1.2.3"),
        ("100.100.100.200", "100.100.100.200"),
        ("172.16.0.1", "172.16.0.1"),
        ("192.168.1.1", "192.168.1.1"),
        ("[::1]", "::1"),
        ("[::]", "::"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe"),
        ("[fe80::1]", "fe80::1"),
        ("[fd00:ec2::254]", "fd00:ec2::254"),
    ] {
        let url = format!("https://{host}/keys");
        assert_eq!(refusal(&url).await, format!("{address} is not a public address"), "{url}");
        assert!(Policy::default().check(&url).is_err(), "{url} is refused before it is needed");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_an_address_that_is_not_public_is_not_connected_to() {
    let site = Site::start(|_| ok("", "{}")).await;
    for address in [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.168.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fe80::1",
        "fc00::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "2002:a00:1::1",
    ] {
        let names = Names::at(address);
        let error = site.outbound(&names).get("https://issuer.example/keys").await.unwrap_err();
        let expected = Forbidden::Address(address.parse().unwrap());
        assert!(matches!(&error, OutboundError::Forbidden(why) if *why == expected), "{address}: {error}");
        assert_eq!(names.connected(), [""; 0], "{address}");
    }
    assert_eq!(site.asked(), 0);
}

#[tokio::test]
async fn one_private_address_among_public_ones_spoils_them() {
    let site = Site::start(|_| ok("", "{}")).await;
    let names = Names::in_turn(&[&["93.184.216.34", "169.254.169.254"]]);
    let error = site.outbound(&names).get("https://issuer.example/keys").await.unwrap_err();
    assert_eq!(error.to_string(), "169.254.169.254 is not a public address");
    assert_eq!(names.connected(), [""; 0]);
}

/// DNS rebinding: public when it is checked, private when it is connected to.
#[tokio::test]
async fn a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to() {
    let site = Site::start(|_| ok("", "{}")).await;
    let names = Names::in_turn(&[&["93.184.216.34"], &["127.0.0.1"]]);
    let outbound = site.outbound(&names);
    outbound.get("https://issuer.example/keys").await.unwrap();
    assert_eq!(names.resolved(), ["issuer.example"]);
    assert_eq!(names.connected(), ["93.184.216.34:443"]);
    let error = outbound.get("https://issuer.example/keys").await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 is not a public address", "each request is checked anew");
    assert_eq!(names.connected().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_followed_nowhere() {
    let inside = Site::plain(|_| ok("", "{}")).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let answer =
            format!("HTTP/1.1 {status}\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n", inside.address);
        let site = Site::start(move |_| (answer.clone().into_bytes(), After::Close)).await;
        let names = Names::at("93.184.216.34");
        let error = site.outbound(&names).get("https://issuer.example/keys").await.unwrap_err();
        let expected = format!("the answer is {status}; redirects are not followed");
        assert_eq!((error.to_string(), site.asked(), names.connected().len()), (expected, 1, 1));
    }
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn another_scheme_a_user_or_a_port_is_refused() {
    for (url, why) in [
        ("http://issuer.example/keys", "only https is spoken"),
        ("https://issuer.example:8443/keys", "port 8443 is not asked, only 443"),
        ("https://issuer.example:22/", "port 22 is not asked, only 443"),
        ("https://issuer.example:0/", "port 0 is not asked, only 443"),
        ("file:///etc/passwd", "the URL is refused: it does not begin with https://"),
        ("gopher://issuer.example/", "the URL is refused: it does not begin with https://"),
        ("ftp://issuer.example/", "the URL is refused: it does not begin with https://"),
        ("data:application/json,{}", "the URL is refused: it does not begin with https://"),
        ("//issuer.example/", "the URL is refused: it does not begin with https://"),
        ("", "the URL is refused: it does not begin with https://"),
        ("https://user:word@issuer.example/", "the URL is refused: it names a user"),
        ("https://93.184.216.34@127.0.0.1/", "the URL is refused: it names a user"),
        ("https://issuer.example\\@127.0.0.1/", "the URL is refused: it has characters that no URL has"),
        ("https://issuer.example/\r\nX: y", "the URL is refused: it has characters that no URL has"),
        ("https://127.0.0.1#.example/", "the URL is refused: it has a query or a fragment"),
        ("https:///keys", "the URL is refused: it names no host"),
        ("https://256.256.256.256/", "the URL cannot be read"),
        ("https://[::1/", "the URL cannot be read"),
    ] {
        assert_eq!(refusal(url).await, why, "{url:?}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_or_of_another_authority_is_refused() {
    let site = Site::start(|_| ok("", "{}")).await;
    let names = Names::at("93.184.216.34");
    let error = site.outbound(&names).get("https://other.example/keys").await.unwrap_err();
    assert!(matches!(error, OutboundError::Tls(_)), "{error}");
    let other = Site::start(|_| ok("", "{}")).await;
    let error = other.outbound_to(&site, &names).get("https://issuer.example/keys").await.unwrap_err();
    assert!(matches!(error, OutboundError::Tls(_)), "{error}");
    assert_eq!(site.asked(), 0, "nothing is said to who has not proved who it is");
}

#[tokio::test]
async fn what_the_operator_allows_may_be_private_and_plain() {
    let site = Site::plain(|path| ok("", path)).await;
    let url = |port: u16| format!("http://127.0.0.1:{port}/keys?v=1");
    let fetched = site.allowed().get(&url(site.address.port())).await.unwrap();
    assert_eq!(fetched.body, "/keys?v=1");
    let beside = site.allowed().get(&url(site.address.port() ^ 1)).await.unwrap_err();
    assert!(matches!(beside, OutboundError::Forbidden(_)), "another port: {beside}");
    let named = site.allowed().get(&format!("http://localhost:{}/", site.address.port())).await.unwrap_err();
    assert!(matches!(named, OutboundError::Forbidden(_)), "another name: {named}");
    assert_eq!(site.asked(), 1);
}

#[test]
fn allowed_hosts_are_read_as_urls_are() {
    for (text, shown) in [
        ("issuer.internal", "issuer.internal"),
        ("Issuer.Internal:8443", "issuer.internal:8443"),
        ("10.1.2.3:80", "10.1.2.3:80"),
        ("[fd00::1]:8443", "[fd00::1]:8443"),
        ("[fd00::1]", "[fd00::1]"),
        ("0x7f.1", "127.0.0.1"),
    ] {
        assert_eq!(text.parse::<AllowedHost>().unwrap().to_string(), shown);
    }
    for text in ["", ":80", "a:b", "a:65536", "https://a", "a/b", "a b", "fd00::1", "*"] {
        assert!(text.parse::<AllowedHost>().is_err(), "{text}");
    }
}
