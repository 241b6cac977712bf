//! A store that fails or hangs: what is known is still answered, for a while, and nobody waits for long.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use grantd_model::{Clock, Entropy};
use grantd_server::{Operations, State, router};
use grantd_snapshot::Follower;
use grantd_store::{Change, Store};
use grantd_token::Issuer;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::time::{Instant, pause};
use tower::ServiceExt;

use super::scene::Stage;
use super::watched_store::WatchedStore;
use super::wire::FORM;
use crate::support::{Answer, CountedEntropy, ISSUER};

/// A node with the stage's records in a store of its own.
struct Node {
    router: Router,
    operations: Router,
    store: Arc<WatchedStore>,
    follower: Arc<Follower>,
}

impl Node {
    async fn with_records_of(stage: &Stage) -> Self {
        let records = stage.app.store.load().await.unwrap();
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(records.signing_keys.into_iter().map(Change::CreateSigningKey));
        changes.extend(records.clients.into_iter().map(Change::CreateClient));
        changes.extend(records.resource_servers.into_iter().map(Change::CreateResourceServer));
        changes.extend(records.client_grants.into_iter().map(Change::CreateClientGrant));
        let store = WatchedStore::open().await;
        store.commit(changes).await.unwrap();
        let seam = Arc::clone(&store) as Arc<dyn Store>;
        let clock = Arc::clone(&stage.app.clock) as Arc<dyn Clock>;
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
        let follower = Arc::new(Follower::load(Arc::clone(&seam), Arc::clone(&clock)).await.unwrap());
        let shared = State::new(Issuer::new(ISSUER), seam, Arc::clone(&follower), clock, entropy);
        let shared = Arc::new(shared);
        let operations = Operations::new(Arc::clone(&shared)).router();
        Self { router: router(shared), operations, store, follower }
    }

    /// What the health check says of the store.
    async fn health(&self) -> String {
        let request = Request::get("/health/ready").body(Body::empty()).unwrap();
        let response = self.operations.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        format!("{status} {}", body["checks"]["store"].as_str().unwrap())
    }

    async fn ask(&self, stage: &Stage, parameters: &[(&str, &str)]) -> String {
        let parameters = stage.parameters(parameters);
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let request = Request::post("/oauth/token").header("content-type", FORM).body(Body::from(body));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        stage.in_a_line(&Answer { status: parts.status, headers: parts.headers, text })
    }
}

const GRANTED: &str = "200 [read write]";
const UNAUTHORIZED: &str = "401 access_denied: Unauthorized";
const UNAVAILABLE: &str = "503 temporarily_unavailable: The service is temporarily unavailable";
const WRONG: &[(&str, &str)] = &[("client_secret", "wrong")];

#[tokio::test]
async fn a_store_that_fails_is_done_without_for_ten_seconds() {
    let stage = Stage::usual().await;
    let node = Node::with_records_of(&stage).await;
    node.store.fail(true);
    assert_eq!(node.ask(&stage, &[]).await, GRANTED);
    assert_eq!(node.ask(&stage, WRONG).await, UNAUTHORIZED);
    stage.app.advance(10);
    assert_eq!(node.ask(&stage, &[]).await, GRANTED);
    stage.app.advance(1);
    for parameters in [&[] as &[(&str, &str)], WRONG] {
        assert_eq!(node.ask(&stage, parameters).await, UNAVAILABLE);
    }
    node.store.fail(false);
    node.follower.catch_up().await.unwrap();
    assert_eq!(node.ask(&stage, &[]).await, GRANTED);
}

#[tokio::test]
async fn a_store_that_hangs_holds_up_no_token_and_a_refusal_for_two_seconds() {
    let stage = Stage::usual().await;
    let node = Node::with_records_of(&stage).await;
    node.store.gate.forget_permits(1_000_000);
    pause();
    let start = Instant::now();
    assert_eq!(node.ask(&stage, &[]).await, GRANTED);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(node.ask(&stage, WRONG).await, UNAUTHORIZED);
    assert!(start.elapsed() >= Duration::from_secs(2) && start.elapsed() < Duration::from_secs(3));
    assert_eq!(node.store.count(), 1);
}

/// A token asks the store nothing, and refusals that come at once share what they ask.
#[tokio::test]
async fn many_refusals_at_once_are_a_few_reads() {
    let stage = Stage::usual().await;
    let node = Node::with_records_of(&stage).await;
    node.ask(&stage, &[]).await;
    assert_eq!(node.store.count(), 0);
    let asking = (0..100).map(|_| node.ask(&stage, WRONG));
    let answers = futures_util::future::join_all(asking).await;
    assert!(answers.iter().all(|answer| answer == UNAUTHORIZED));
    assert!(node.store.count() <= 3, "{}", node.store.count());
}

#[tokio::test]
async fn a_node_is_not_ready_while_its_store_fails_or_hangs() {
    let stage = Stage::usual().await;
    let node = Node::with_records_of(&stage).await;
    assert_eq!(node.health().await, "200 ok");
    node.store.fail(true);
    assert!(node.health().await.starts_with("503 "), "{}", node.health().await);
    node.store.fail(false);
    assert_eq!(node.health().await, "200 ok");
    node.store.gate.forget_permits(1_000_000);
    pause();
    assert_eq!(node.health().await, "503 the store does not answer");
}
