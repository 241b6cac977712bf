//! Two nodes on one database, and a server that starts again.

use std::sync::Arc;

use axum::Router;
use grantd_model::{Clock, Entropy};
use grantd_server::{State, router};
use grantd_snapshot::Follower;
use grantd_store::Store;
use grantd_token::Issuer;
use serde_json::json;

use super::questions::{INACTIVE, INTROSPECT, Questions, REVOKE, face_of, send};
use crate::support::{CountedEntropy, ISSUER};

struct Node {
    router: Router,
    follower: Arc<Follower>,
}

impl Node {
    async fn on(questions: &Questions, store: Arc<dyn Store>) -> Self {
        let clock = Arc::clone(&questions.stage.app.clock) as Arc<dyn Clock>;
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
        let follower = Arc::new(Follower::load(Arc::clone(&store), Arc::clone(&clock)).await.unwrap());
        let shared = State::new(Issuer::new(ISSUER), store, Arc::clone(&follower), clock, entropy);
        Self { router: router(Arc::new(shared)), follower }
    }

    /// Another node on the database.
    async fn beside(questions: &Questions) -> Self {
        Self::on(questions, Arc::clone(&questions.stage.app.store)).await
    }

    /// A server that starts on the database.
    async fn started(questions: &Questions) -> Self {
        Self::on(questions, questions.stage.app.store_of_another().await).await
    }

    async fn ask(&self, path: &str, (id, secret): &(String, String), token: &str) -> String {
        let parameters = [("client_id", id.as_str()), ("client_secret", secret), ("token", token)];
        let answer = send(&self.router, path, &[], &parameters).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }
}

#[tokio::test]
async fn a_node_that_has_followed_knows_what_was_revoked() {
    let questions = Questions::usual().await;
    let node = Node::beside(&questions).await;
    let token = questions.token().await;
    assert!(node.ask(INTROSPECT, &questions.face, &token).await.starts_with(r#"{"active":true,"#));
    questions.revoke(&token).await;
    // Production follows twice a second.
    node.follower.catch_up().await.unwrap();
    assert_eq!(node.ask(INTROSPECT, &questions.face, &token).await, INACTIVE);
}

#[tokio::test]
async fn what_was_revoked_stays_so_when_the_server_starts_again() {
    let questions = Questions::with_api(json!({"token_dialect": "rfc9068_profile"})).await;
    let (token, other) = (questions.token().await, questions.token().await);
    questions.revoke(&token).await;
    let node = Node::started(&questions).await;
    assert_eq!(node.ask(INTROSPECT, &questions.face, &token).await, INACTIVE);
    assert!(node.ask(INTROSPECT, &questions.face, &other).await.starts_with(r#"{"active":true,"#));
}

#[tokio::test]
async fn what_another_node_was_told_is_looked_up_before_a_token_is_called_inactive() {
    let mut questions = Questions::usual().await;
    let node = Node::beside(&questions).await;
    let prices = json!({"identifier": "https://prices", "scopes": [{"value": "read"}]});
    questions.stage.create("prices", "/resource-servers", &prices).await;
    let grant = json!({"client_id": "{client}", "audience": "https://prices", "scope": ["read"]});
    questions.stage.create("", "/client-grants", &grant).await;
    let face = face_of(&mut questions.stage, "prices_face", "https://prices").await;
    let token = questions.token_with(&[("audience", "https://prices")]).await;
    assert!(node.ask(INTROSPECT, &face, &token).await.starts_with(r#"{"active":true,"#));
}

#[tokio::test]
async fn a_node_revokes_for_a_client_that_another_has_made() {
    let mut questions = Questions::usual().await;
    let node = Node::beside(&questions).await;
    let made = questions.stage.create("made", "/clients", &json!({"name": "made"})).await;
    let made = super::questions::credentials(&made);
    let grant = json!({"client_id": "{made}", "audience": "https://orders", "scope": ["read"]});
    questions.stage.create("", "/client-grants", &grant).await;
    let token = questions.token_with(&[("client_id", &made.0), ("client_secret", &made.1)]).await;
    assert_eq!(node.ask(REVOKE, &made, &token).await, "");
    questions.stage.app.follower.catch_up().await.unwrap();
    assert!(!questions.is_active(&token).await);
}
