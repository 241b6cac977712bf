//! Bodies on the wire: slow ones, broken ones, and those whose length can be read in two ways.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, pause};

use crate::server::{Server, answer, read_to_end, read_until, soon};
use crate::support::App;

const HEAD: &str =
    "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";

#[tokio::test]
async fn a_body_that_does_not_arrive_gets_408() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    let mut slow = server.connect().await;
    let head = format!("{HEAD}content-length: 100\r\nexpect: 100-continue\r\n\r\n");
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server says that it waits for the body.
    read_until(&mut slow, "HTTP/1.1 100 Continue\r\n\r\n").await;
    slow.write_all(b"grant_type=").await.unwrap();
    pause();
    let start = Instant::now();
    let answer = read_to_end(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    let body = r#"{"error":"invalid_request","error_description":"The request body did not arrive"}"#;
    assert!(answer.ends_with(body), "{answer}");
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_secs(10) && elapsed < Duration::from_secs(12), "{elapsed:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_disturbs_nobody() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    for body in ["content-length: 100\r\n\r\ngrant_type=", "transfer-encoding: chunked\r\n\r\n5\r\ngrant"] {
        let mut broken = server.connect().await;
        broken.write_all(format!("{HEAD}{body}").as_bytes()).await.unwrap();
        broken.shutdown().await.unwrap();
        let answer = read_to_end(&mut broken).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let mut next = server.connect().await;
    next.write_all(format!("{HEAD}content-length: 0\r\n\r\n").as_bytes()).await.unwrap();
    read_until(&mut next, "Missing required parameter: grant_type\"}").await;
}

#[tokio::test]
async fn broken_framing_gets_400() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    for body in [
        "transfer-encoding: chunked\r\n\r\nzz\r\n",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "content-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "content-length: -1\r\n\r\n",
        "content-length: +1\r\n\r\na",
        "transfer-encoding: gzip\r\n\r\n",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        "content-length: 1\r\n content-length: 2\r\n\r\nab",
        "transfer-encoding: chunked\r\n\r\n1;\nx\r\na\r\n0\r\n\r\n",
    ] {
        let answer = answer(server.connect().await, &format!("{HEAD}{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body:?}: {answer}");
    }
}

/// RFC 9112 §6.3: the chunks count, and nothing after them is taken for a request of this connection.
#[tokio::test]
async fn a_length_beside_chunks_smuggles_nothing() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    let smuggled = "GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let length = smuggled.len() + 5;
    let request =
        format!("{HEAD}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}");
    let answer = answer(server.connect().await, &request).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// What comes behind the end of one request is another, however the first was framed: it is read with its own
/// credentials, and the first has none of it.
#[tokio::test]
async fn chunks_end_where_they_say() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    let rest = "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for chunks in
        ["0\r\n\r\n", "00000000\r\n\r\n", "0;x=\"0\"\r\n\r\n", "1\r\na\r\n0\r\ncontent-length: 100\r\n\r\n"]
    {
        let request = format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunks}{rest}");
        let answers = answer(server.connect().await, &request).await;
        let statuses: Vec<&str> =
            answers.split("HTTP/1.1 ").skip(1).map(|answer| answer.split_at(3).0).collect();
        assert_eq!(statuses, ["400", "404"], "{chunks:?}");
        assert!(answers.contains("Missing required parameter: grant_type"), "{chunks:?}: {answers}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_gets_413_before_it_has_arrived() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    let head = format!("{HEAD}content-length: 10000000000\r\n\r\n");
    let sending = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await.unwrap();
        while writer.write_all(&[b'a'; 4096]).await.is_ok() {}
    });
    read_until(&mut reader, "HTTP/1.1 413 Payload Too Large\r\n").await;
    drop(reader);
    soon(sending).await.unwrap();
}

/// Closing on a client that is still writing would reset the connection, and the answer with it.
#[tokio::test]
async fn who_sends_a_body_that_is_too_long_to_the_end_reads_413() {
    let app = App::start().await;
    let server = Server::plain(app.router.clone()).await;
    let mut client = server.connect().await;
    let length = 3 * 1024 * 1024;
    let head = format!("{HEAD}content-length: {length}\r\nconnection: close\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b'a'; length]).await.unwrap();
    let answer = read_to_end(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
}
