//! `grantd serve`: how it stops, how it speaks, and what it refuses to start on.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use support::api::{Api, admin, https};
use support::{Ended, Place, Server, clean, grantd};

#[test]
fn stops_with_0_when_asked_as_soon_as_it_is_ready() {
    let place = Place::new();
    for signal in ["TERM", "INT", "TERM", "INT", "TERM", "INT"] {
        let server = place.start(&[]);
        server.signal(signal);
        let ended = server.wait();
        assert_eq!(ended.status.code(), Some(0), "{signal}: {ended:?}");
        assert!(ended.stderr.contains("stopping"), "{ended:?}");
    }
    let left: Vec<_> = fs::read_dir(place.data()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().contains("-wal")),
        "the database is closed: {left:?}"
    );
}

/// The server has taken the head and asked for the body when it says so (RFC 9110 §10.1.1).
fn begin_token_request(base: &str, body: &str) -> TcpStream {
    let address = base.strip_prefix("http://localhost:").unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{address}")).unwrap();
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    stream
}

#[test]
fn lets_a_request_under_way_end_before_it_stops() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let server = place.start(&["--plain-http"]);
        let admin = admin(&place.data());
        let body = json!({
            "grant_type": "client_credentials", "client_id": admin["client_id"],
            "client_secret": admin["client_secret"], "audience": admin["audience"],
        })
        .to_string();
        let mut request = begin_token_request(&server.base, &body);
        server.signal(signal);
        let address = request.peer_addr().unwrap();
        while TcpStream::connect(address).is_ok() {}
        request.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        request.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("HTTP/1.1 200") && answer.contains("access_token"), "{signal}: {answer}");
        assert_eq!(server.wait().status.code(), Some(0));
    }
}

/// A start that fails ends with 1, says one thing on standard error, and is no crash.
fn assert_refused(ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    for part in parts {
        assert!(ended.stderr.contains(part), "{part:?} is not in: {}", ended.stderr);
    }
}

#[test]
fn refuses_a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let mut command = grantd(&["serve", "--listen", &address, "--data"]);
    command.arg(place.data());
    let ended = Server::start(command).err().unwrap();
    assert_refused(&ended, &[&format!("grantd: cannot listen on {address}: Address already in use")]);
    drop(taken);
    place.start(&[]);
}

#[test]
fn refuses_what_is_no_issuer() {
    let place = Place::new();
    let issuers = [
        "",
        "auth.example.com",
        "ftp://a/",
        "https://",
        "https:///x",
        "https://a/?b",
        "https://a/#b",
        "https://a b/",
        "https://a\tb/",
        "https://a/\n",
        "https://a/\u{7f}",
        "https://a/\u{a0}",
        "https://user@a/",
        "https://user:password@a/",
        "https://a:/",
        "https://a:0/",
        "https://a:65536/",
        "https://a:+1/",
        "https://a:1:2/",
        "https://[::1/",
        "https://[::g]/",
        "https://[::1]x/",
        "https://::1/",
        "https://a..b/",
        "https://./",
        "https://a//",
        "https://a//b/",
        "https://a/b//",
        "https://a/./",
        "https://a/..",
        "https://a/../b",
        "https://a/%2e%2e/",
        "https://a/%zz/",
        "https://a/%",
        "https://a%00/",
        "https://a/\\b",
        "https://a/<b>/",
        "HTTPS://a/",
    ];
    for issuer in issuers {
        let ended = place.fail(&["--issuer", issuer]);
        assert_eq!(ended.status.code(), Some(2), "{issuer:?}: {ended:?}");
        assert!(ended.stderr.contains("an issuer looks like https://auth.example.com/"), "{}", ended.stderr);
    }
    assert!(!place.data().exists(), "nothing was begun");
}

#[test]
fn takes_what_is_an_issuer() {
    let issuers = [
        ("https://auth.example.com", "https://auth.example.com/"),
        ("https://auth.example.com:8443/", "https://auth.example.com:8443/"),
        ("http://localhost:1/", "http://localhost:1/"),
        ("https://[::1]:65535/", "https://[::1]:65535/"),
        ("https://x/auth/", "https://x/auth/"),
        ("https://x/a.b/c-d", "https://x/a.b/c-d/"),
    ];
    let place = Place::new();
    for (issuer, expected) in issuers {
        place.start(&["--issuer", issuer]).stop();
        assert_eq!(admin(&place.data())["issuer"], json!(expected));
    }
}

#[test]
fn refuses_a_database_without_its_key() {
    let place = Place::new();
    place.start(&[]).stop();
    let key = place.data().join("key-encryption-key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let name = key.canonicalize().unwrap_or_else(|_| key.clone()).display().to_string();
    assert_refused(&place.fail(&[]), &[&name, "is not there, but the database is"]);
    assert!(!key.exists(), "no new key is made");

    for wrong in [&right[..31], b"", b"0123456789abcdef0123456789abcdef\n"] {
        fs::write(&key, wrong).unwrap();
        assert_refused(&place.fail(&[]), &[&name, "does not hold 32 bytes"]);
    }
    fs::write(&key, [7; 32]).unwrap();
    let other = ["--issuer", "https://other.example.com/"];
    assert_refused(
        &place.fail(&other),
        &[&name, "cannot be used", "does not open under this key-encryption key"],
    );

    fs::write(&key, right).unwrap();
    place.start(&[]).stop();
    assert!(
        admin(&place.data())["issuer"].as_str().unwrap().starts_with("https://localhost:"),
        "nothing has moved"
    );
}

#[test]
fn refuses_what_is_no_database() {
    let place = Place::new();
    place.start(&[]).stop();
    fs::write(place.data().join("grantd.db"), "no database ".repeat(1000)).unwrap();
    assert_refused(&place.fail(&[]), &["grantd.db cannot be used", "file is not a database"]);
}

#[test]
fn refuses_a_folder_that_cannot_be_made() {
    let place = Place::new();
    fs::write(place.data(), "a file").unwrap();
    let ended = place.fail(&[]);
    assert_refused(&ended, &[&format!("{} is not a folder", place.data().display())]);
}

/// A certificate of somebody else's for localhost: the certificate and the key, as files.
fn own_certificate(place: &Place) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let files = (place.beside("own.pem"), place.beside("own-key.pem"));
    fs::write(&files.0, certificate.pem()).unwrap();
    fs::write(&files.1, key.serialize_pem()).unwrap();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_with_a_certificate_of_ones_own() {
    let place = Place::new();
    let (certificate, key) = own_certificate(&place);
    let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
    let server = place.start(&["--tls-cert", files[0], "--tls-key", files[1]]);
    Api::open_with(https(&certificate), &server.base, &admin(&place.data())).await;
    assert!(!place.data().join("ca.pem").exists(), "no authority is needed");
    server.stop();

    let alone = place.fail(&["--tls-cert", files[0]]);
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    assert_refused(
        &place.fail(&["--tls-cert", "/none.pem", "--tls-key", files[1]]),
        &["/none.pem", "No such file"],
    );
    assert_refused(
        &place.fail(&["--tls-cert", files[1], "--tls-key", files[1]]),
        &[files[1], "no certificate in it"],
    );
    assert_refused(&place.fail(&["--tls-cert", files[0], "--tls-key", files[0]]), &[files[0]]);
    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert_refused(&place.fail(&["--tls-cert", files[0], "--tls-key", files[1]]), &[files[0], files[1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_plain_http_when_asked_to() {
    let place = Place::new();
    place.start(&[]).stop();
    let server = place.start(&["--plain-http"]);
    assert!(server.base.starts_with("http://localhost:"), "{}", server.base);
    let api = Api::open(&server.base, &place.data()).await;
    assert_eq!(api.get("/api/v2/clients").await.as_array().unwrap().len(), 2);
}

#[test]
fn logs_one_json_object_a_line_when_asked_to() {
    let place = Place::new();
    let mut command = place.serve(&[]);
    command.env("GRANTD_LOG_FORMAT", "json").env("GRANTD_LOG", "debug");
    let ended = Server::start(command).unwrap().stop();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 3, "{}", ended.stderr);
    for line in &lines {
        assert!(
            line["timestamp"].is_string() && line["level"].is_string() && line["fields"].is_object(),
            "{line}"
        );
    }
    assert!(lines.iter().any(|line| line["fields"]["message"] == "stopping: requests under way may end"));
    let secret = admin(&place.data())["client_secret"].as_str().unwrap().to_owned();
    assert!(!ended.stderr.contains(&secret), "a secret is in the log");
}

#[test]
fn logs_without_colours_when_nobody_looks() {
    let ended = Place::new().start(&[]).stop();
    assert!(ended.stderr.contains("INFO") && !ended.stderr.contains('\u{1b}'), "{:?}", ended.stderr);
}

#[test]
fn takes_its_flags_from_the_environment_too() {
    let place = Place::new();
    let mut command = grantd(&["serve"]);
    command.env("GRANTD_DATA", place.data()).env("GRANTD_LISTEN", "127.0.0.1:0");
    command.env("GRANTD_ISSUER", "https://auth.example.com/");
    Server::start(command).unwrap().stop();
    assert_eq!(admin(&place.data())["issuer"], json!("https://auth.example.com/"));
}

#[test]
fn a_log_filter_that_is_none_is_ignored_and_said_to_be() {
    for filter in ["debug=nothing=x", "[", "grantd=loud"] {
        let place = Place::new();
        let mut command = place.serve(&[]);
        command.env("GRANTD_LOG", filter);
        let ended = Server::start(command).unwrap().stop();
        assert!(ended.stderr.contains("GRANTD_LOG is ignored"), "{filter}: {}", ended.stderr);
        assert!(ended.stderr.contains("stopping"), "the default filter holds: {}", ended.stderr);
    }
    let place = Place::new();
    let mut command = place.serve(&[]);
    command.env("GRANTD_LOG", "");
    assert!(!Server::start(command).unwrap().stop().stderr.contains("is ignored"), "empty is unset");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_itself_by_an_address_that_leads_there() {
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    let place = Place::new();
    let addresses = [("0.0.0.0:0", "https://localhost:"), ("[::1]:0", "https://[::1]:")];
    for (address, base) in addresses.into_iter().filter(|(address, _)| has_ipv6 || !address.contains('[')) {
        let mut command = grantd(&["serve", "--listen", address, "--data"]);
        command.arg(place.data());
        let server = Server::start(command).unwrap();
        assert!(server.base.starts_with(base), "{}", server.base);
        Api::open(&server.base, &place.data()).await;
    }
}

/// `grantd serve` on the folder, started by a shell that has set limits.
fn limited(place: &Place, limits: &str) -> Server {
    let mut shell = Command::new("sh");
    let serve = "exec \"$GRANTD\" serve --plain-http --listen 127.0.0.1:0 --data \"$DATA\"";
    clean(&mut shell).args(["-c", &format!("{limits}; {serve}")]);
    shell.env("GRANTD", env!("CARGO_BIN_EXE_grantd")).env("DATA", place.data());
    Server::start(shell).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn takes_as_many_open_files_as_it_may() {
    let place = Place::new();
    let server = limited(&place, "ulimit -Sn 256");
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let files: Vec<_> = files.split_whitespace().collect();
    assert_eq!(files[0], files[1], "{limits}");
    let enough = files[1] == "unlimited" || files[1].parse::<u64>().unwrap() >= 10_100;
    assert_eq!(server.stop().stderr.contains("ulimit -Hn"), !enough);

    let ended = limited(&place, "ulimit -n 512").stop();
    assert!(ended.stderr.contains("WARN") && ended.stderr.contains("ulimit -Hn"), "{}", ended.stderr);
}

#[test]
fn out_of_open_files_it_says_so_once_and_goes_on() {
    let place = Place::new();
    let server = limited(&place, "ulimit -n 64");
    let address = server.base.strip_prefix("http://localhost:").unwrap();
    for _ in 0..2 {
        let taken: Vec<_> =
            (0..80).map(|_| TcpStream::connect(format!("127.0.0.1:{address}")).unwrap()).collect();
        std::thread::sleep(Duration::from_millis(400));
        drop(taken);
    }
    let mut stream = TcpStream::connect(format!("127.0.0.1:{address}")).unwrap();
    stream.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let log = server.stop().stderr;
    assert_eq!(log.matches("connections are not accepted").count(), 1, "{log}");
}
