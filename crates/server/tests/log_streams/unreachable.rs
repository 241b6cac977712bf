//! Streams that would lead where the server may not go: nothing is sent, whatever was stored.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use grantd_outbound::{Network, Outbound, Policy};
use rustls::RootCertStore;
use serde_json::json;
use tokio::net::TcpStream;

use crate::receiver::{Mood, Receiver};
use crate::scene::Scene;

/// A network on which every name has this address, and connections are counted.
struct Rebound {
    address: IpAddr,
    connections: Arc<AtomicUsize>,
}

#[async_trait]
impl Network for Rebound {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.address])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        self.connections.fetch_add(1, Ordering::SeqCst);
        Err(io::Error::other("counted"))
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to_at_any_delivery() {
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"] {
        let connections = Arc::new(AtomicUsize::new(0));
        let network = Rebound { address: address.parse().unwrap(), connections: Arc::clone(&connections) };
        let outbound = Outbound::new(Policy::default(), RootCertStore::empty()).unwrap();
        let scene = Scene::asking(outbound.on(Box::new(network))).await;
        scene.webhook("https://receiver.test/").await;
        scene.happen(1).await;
        scene.until_failed(3).await;
        assert_eq!(connections.load(Ordering::SeqCst), 0, "{address}");
    }
}

/// As it is when the operator takes back what was allowed when the stream was made.
#[tokio::test]
async fn a_receiver_that_is_not_allowed_any_more_gets_nothing() {
    let receiver = Receiver::start(Mood::Takes).await;
    let scene = Scene::asking(Outbound::new(Policy::default(), RootCertStore::empty()).unwrap()).await;
    scene.webhook(&receiver.url()).await;
    scene.happen(1).await;
    scene.until_failed(3).await;
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Answers(307)).await);
    scene.stream("lst_1", json!({"httpEndpoint": receiver.url()}), json!({})).await;
    scene.happen(1).await;
    scene.until_failed(3).await;
    assert!(receiver.requests().iter().all(|request| request.line == "POST /logs?key=1 HTTP/1.1"));
}

/// The Management API stores no such thing; who writes into the database may.
#[tokio::test]
async fn a_stored_name_that_is_a_path_is_not_written_to() {
    let scene = Scene::start().await;
    scene.file("../outside.jsonl").await;
    scene.happen(1).await;
    scene.until_failed(3).await;
    assert!(!scene.folder.path().join("outside.jsonl").exists());
}
