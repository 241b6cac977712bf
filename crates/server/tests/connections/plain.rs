//! HTTP/1.1 without TLS: heads, idle clients and pipelining.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, pause, sleep, timeout};

use crate::server::{GET, Server, answer, hello, read_to_end, read_until, soon};

const HEAD: Duration = Duration::from_mins(2);

fn assert_about(elapsed: Duration, expected: Duration) {
    assert!(elapsed >= expected && elapsed < expected + Duration::from_secs(2), "{elapsed:?}");
}

#[tokio::test]
async fn a_client_that_never_sends_a_byte_is_dropped() {
    let server = Server::plain(hello()).await;
    let mut silent = server.connect().await;
    pause();
    let start = Instant::now();
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_about(start.elapsed(), HEAD);
    server.assert_serves().await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_dropped_when_its_time_is_over() {
    let server = Server::plain(hello()).await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    pause();
    let start = Instant::now();
    let trickle = tokio::spawn(async move {
        writer.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_secs(7)).await;
        }
    });
    let answer = read_to_end(&mut reader).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_about(start.elapsed(), HEAD);
    soon(trickle).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_and_not_used_is_closed() {
    let server = Server::plain(hello()).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut idle, "hello").await;
    pause();
    let start = Instant::now();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_about(start.elapsed(), HEAD);
}

#[tokio::test]
async fn a_head_that_is_too_long_gets_431() {
    let server = Server::plain(hello()).await;
    for size in [70 * 1024, 10 * 1024 * 1024] {
        let (mut reader, mut writer) = server.connect().await.into_split();
        let head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(size));
        // The server answers before it has read all, and what it does not read may break the pipe.
        let sending = tokio::spawn(async move { drop(writer.write_all(head.as_bytes()).await) });
        let answer = read_to_end(&mut reader).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        soon(sending).await.unwrap();
    }
    server.assert_serves().await;
}

#[tokio::test]
async fn a_head_of_too_many_headers_gets_431() {
    let server = Server::plain(hello()).await;
    for count in [101, 10_000] {
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a:\r\n".repeat(count));
        let (mut reader, mut writer) = server.connect().await.into_split();
        let sending = tokio::spawn(async move { drop(writer.write_all(head.as_bytes()).await) });
        let answer = read_to_end(&mut reader).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{count}: {answer}");
        soon(sending).await.unwrap();
    }
    server.assert_serves().await;
}

#[tokio::test]
async fn a_head_as_long_as_a_token_with_every_scope_is_served() {
    let server = Server::plain(hello()).await;
    let token = "a".repeat(16 * 1024);
    let request =
        format!("GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    let answer = answer(server.connect().await, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn what_is_not_http_gets_400_and_disturbs_nobody() {
    let server = Server::plain(hello()).await;
    for garbage in ["\u{1}\u{2}\u{3}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n"] {
        let answer = answer(server.connect().await, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    server.assert_serves().await;
}

#[tokio::test]
async fn two_hundred_idle_connections_disturb_nobody() {
    let server = Server::plain(hello()).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(server.connect().await);
    }
    server.assert_serves().await;
    assert_eq!(answer(idle.pop().unwrap(), GET).await.lines().next(), Some("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_in_order() {
    let server = Server::plain(hello()).await;
    let mut stream = server.connect().await;
    let one = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let none = "GET /none HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(format!("{one}{none}{GET}").as_bytes()).await.unwrap();
    let answers = read_to_end(&mut stream).await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| answer.split_at(3).0).collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}

#[tokio::test]
async fn a_client_that_reads_no_answers_is_dropped() {
    let server = Server::plain(hello()).await;
    let mut greedy = server.connect().await;
    let requests = "GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    pause();
    // Both sides send until all buffers between them are full; then only the server's patience can end it.
    let dropped = async { while greedy.write_all(requests.as_bytes()).await.is_ok() {} };
    timeout(Duration::from_mins(1), dropped).await.unwrap();
    server.assert_serves().await;
}
