//! Stopping: requests under way end, everybody else is let go.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, pause};

use crate::server::{GET, Server, hello, read_to_end, read_until, soon};

/// An endpoint that says when a request has come, and answers when it is told to.
fn patient() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entered, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, release) = (Arc::clone(&entered), Arc::clone(&released));
    let handler = async move || {
        enter.notify_one();
        release.notified().await;
        "at last"
    };
    (Router::new().route("/", get(handler)), entered, released)
}

#[tokio::test]
async fn a_request_under_way_ends_while_new_connections_are_refused() {
    let (router, entered, released) = patient();
    let server = Server::plain(router).await;
    let address = server.address;
    let mut under_way = server.connect().await;
    under_way.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    soon(entered.notified()).await;
    let serving = server.stop();
    soon(async { while TcpStream::connect(address).await.is_ok() {} }).await;
    assert!(!serving.is_finished());
    released.notify_one();
    let answer = read_to_end(&mut under_way).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("at last"), "{answer}");
    soon(serving).await.unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off() {
    let (router, entered, _released) = patient();
    let server = Server::plain(router).await;
    let mut endless = server.connect().await;
    endless.write_all(GET.as_bytes()).await.unwrap();
    soon(entered.notified()).await;
    pause();
    let start = Instant::now();
    soon(server.stop()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(10) && start.elapsed() < Duration::from_secs(12));
    // When the server has stopped, nothing of it is left.
    assert_eq!(read_to_end(&mut endless).await, "");
}

#[tokio::test]
async fn who_has_no_request_under_way_holds_up_nothing() {
    let server = Server::plain(hello()).await;
    let mut kept_alive = server.connect().await;
    kept_alive.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut kept_alive, "hello").await;
    let mut silent = server.connect().await;
    server.assert_serves().await;
    assert_stops_at_once(server).await;
    assert_eq!(read_to_end(&mut kept_alive).await, "");
    assert_eq!(read_to_end(&mut silent).await, "");
}

#[tokio::test]
async fn who_is_still_shaking_hands_holds_up_nothing() {
    let server = Server::tls(hello()).await;
    let mut silent = server.connect().await;
    let mut agreed = server.connect_tls(&["http/1.1"]).await;
    server.assert_serves().await;
    assert_stops_at_once(server).await;
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_eq!(read_to_end(&mut agreed).await, "");
}

async fn assert_stops_at_once(server: Server) {
    pause();
    let start = Instant::now();
    soon(server.stop()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}
