//! HTTPS: handshakes that fail or never end, and both protocols.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, pause};

use crate::server::{GET, Server, answer, hello, read_to_end, soon};

const HANDSHAKE: Duration = Duration::from_secs(10);

fn assert_about(elapsed: Duration, expected: Duration) {
    assert!(elapsed >= expected && elapsed < expected + Duration::from_secs(2), "{elapsed:?}");
}

#[tokio::test]
async fn a_client_that_never_begins_the_handshake_is_dropped() {
    let server = Server::tls(hello()).await;
    let mut silent = server.connect().await;
    pause();
    let start = Instant::now();
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_about(start.elapsed(), HANDSHAKE);
    server.assert_serves().await;
}

#[tokio::test]
async fn a_client_that_stops_within_the_handshake_is_dropped() {
    let server = Server::tls(hello()).await;
    let mut half = server.connect().await;
    // A record of 512 bytes is announced: the beginning of a ClientHello.
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]).await.unwrap();
    pause();
    let start = Instant::now();
    assert_eq!(read_to_end(&mut half).await, "");
    assert_about(start.elapsed(), HANDSHAKE);
}

#[tokio::test]
async fn what_is_not_tls_is_dropped_at_once_and_disturbs_nobody() {
    let server = Server::tls(hello()).await;
    for garbage in [GET.as_bytes(), &[0; 64], &[0x16, 0x03, 0x01, 0xff, 0xff, 0x01]] {
        let mut stream = server.connect().await;
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut bytes = Vec::new();
        drop(soon(tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes)).await);
        // At most an alert comes back.
        assert!(bytes.len() <= 7, "{bytes:?}");
    }
    server.assert_serves().await;
}

#[tokio::test]
async fn two_hundred_handshakes_under_way_disturb_nobody() {
    let server = Server::tls(hello()).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(server.connect().await);
    }
    server.assert_serves().await;
}

#[tokio::test]
async fn http_1_is_spoken_with_who_agrees_on_nothing_or_on_it() {
    let server = Server::tls(hello()).await;
    for protocols in [&[] as &[&str], &["http/1.1"]] {
        let answer = answer(server.connect_tls(protocols).await, GET).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_with_who_agrees_on_it() {
    let server = Server::tls(hello()).await;
    let stream = server.connect_tls(&["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let ask = || Request::get("https://localhost/").body(Body::empty()).unwrap();
    let (first, second) = (sender.send_request(ask()), sender.send_request(ask()));
    let (first, second) = soon(async { tokio::join!(first, second) }).await;
    for answer in [first.unwrap(), second.unwrap()] {
        assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
    let greedy = Request::get("https://localhost/").header("x", "a".repeat(100 * 1024));
    let answer = soon(sender.send_request(greedy.body(Body::empty()).unwrap())).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 431));
    drop(sender);
    drop(soon(connection).await.unwrap());
    server.assert_serves().await;
}

#[tokio::test]
async fn a_client_that_agrees_on_http_2_and_never_begins_is_dropped() {
    let server = Server::tls(hello()).await;
    let mut silent = server.connect_tls(&["h2"]).await;
    pause();
    let start = Instant::now();
    read_to_end_of_anything(&mut silent).await;
    assert_about(start.elapsed(), Duration::from_secs(40));
    server.assert_serves().await;
}

#[tokio::test]
async fn an_http_2_client_that_answers_no_ping_is_dropped() {
    let server = Server::tls(hello()).await;
    let mut silent = server.connect_tls(&["h2"]).await;
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    pause();
    let start = Instant::now();
    read_to_end_of_anything(&mut silent).await;
    assert_about(start.elapsed(), Duration::from_secs(40));
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// Headers that never end, each in a frame of its own: with none of them is there a request that could be too long.
#[tokio::test]
async fn an_http_2_head_without_end_is_dropped() {
    let server = Server::tls(hello()).await;
    // A header `a` without a value, of those that no table remembers; and nothing at all.
    for header in [&b"\x00\x01a\x00"[..], b""] {
        let (mut reader, mut writer) = tokio::io::split(server.connect_tls(&["h2"]).await);
        let reading = tokio::spawn(async move { read_to_end_of_anything(&mut reader).await });
        let begin = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &*frame(SETTINGS, 0, 0, b"")].concat();
        writer.write_all(&begin).await.unwrap();
        writer.write_all(&frame(HEADERS, 0, 1, header)).await.unwrap();
        let flood = frame(CONTINUATION, 0, 1, header).repeat(1000);
        let dropped = async { while writer.write_all(&flood).await.is_ok() {} };
        soon(dropped).await;
        soon(reading).await.unwrap();
    }
    server.assert_serves().await;
}

/// Requests that are taken back as soon as they are made (CVE-2023-44487).
#[tokio::test]
async fn an_http_2_client_that_takes_back_all_it_asks_is_dropped() {
    let server = Server::tls(hello()).await;
    let (mut reader, mut writer) = tokio::io::split(server.connect_tls(&["h2"]).await);
    let reading = tokio::spawn(async move { read_to_end_of_anything(&mut reader).await });
    let begin = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &*frame(SETTINGS, 0, 0, b"")].concat();
    writer.write_all(&begin).await.unwrap();
    // GET https://x/, in names and values of the table that everybody knows (RFC 7541 Appendix A).
    let request = b"\x82\x87\x84\x01\x01x";
    let mut stream: u32 = 1;
    let dropped = async {
        loop {
            let asked = frame(HEADERS, END_STREAM | END_HEADERS, stream, request);
            let both = [asked, frame(RST_STREAM, 0, stream, &CANCEL)].concat();
            stream += 2;
            if writer.write_all(&both).await.is_err() {
                break;
            }
        }
    };
    soon(dropped).await;
    soon(reading).await.unwrap();
    assert!(stream > 20, "dropped after stream {stream}, with nothing done yet");
    server.assert_serves().await;
}

async fn read_to_end_of_anything(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut bytes = Vec::new();
    drop(soon(tokio::io::AsyncReadExt::read_to_end(stream, &mut bytes)).await);
}
