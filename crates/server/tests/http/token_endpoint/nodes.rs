//! Two nodes on one database: what one has been told, the other does not refuse.
//!
//! The second node follows nobody: it learns of a change only by checking a refusal before it speaks it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use grantd_model::{Clock, Entropy};
use grantd_server::{State, router};
use grantd_snapshot::Follower;
use grantd_token::Issuer;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::scene::{Scene, Stage};
use super::wire::FORM;
use crate::management_api::client_secrets::{add, call};
use crate::support::{Answer, CountedEntropy, ISSUER};

struct Node {
    router: Router,
    follower: Arc<Follower>,
}

impl Node {
    /// Another node on the stage's database.
    async fn beside(stage: &Stage) -> Self {
        let store = Arc::clone(&stage.app.store);
        let clock = Arc::clone(&stage.app.clock) as Arc<dyn Clock>;
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
        let follower = Arc::new(Follower::load(Arc::clone(&store), Arc::clone(&clock)).await.unwrap());
        let shared = State::new(Issuer::new(ISSUER), store, Arc::clone(&follower), clock, entropy);
        Self { router: router(Arc::new(shared)), follower }
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

/// What is refused, the change that another node is told of, and what is asked for.
type Row = (
    &'static str,
    fn(&mut Scene),
    (&'static str, &'static str, fn() -> Value),
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CLIENT: &str = "/clients/{client}";
const API: &str = "/resource-servers/{api}";
const GRANT: &str = "/client-grants/{grant}";
const SETTINGS: &str = "/tenants/settings";
const SENT: &[(&str, &str)] = &[("organization", "{acme}")];

const TABLE: &[Row] = &[
    (
        "a wrong secret",
        |_| {},
        ("PATCH", CLIENT, || json!({"client_secret": "new"})),
        &[("client_secret", "new")],
        "200 [read write]",
    ),
    (
        "a method that is not registered",
        |s| s.client["token_endpoint_auth_method"] = json!("client_secret_basic"),
        ("PATCH", CLIENT, || json!({"token_endpoint_auth_method": "client_secret_post"})),
        &[],
        "200 [read write]",
    ),
    (
        "a client without the grant type",
        |s| s.client["grant_types"] = json!([]),
        ("PATCH", CLIENT, || json!({"grant_types": ["client_credentials"]})),
        &[],
        "200 [read write]",
    ),
    (
        "no API named",
        |_| {},
        ("PATCH", SETTINGS, || json!({"default_audience": "https://orders"})),
        &[("audience", "")],
        "200 [read write]",
    ),
    (
        "an unknown API",
        |_| {},
        ("POST", "/resource-servers", || json!({"identifier": "https://new"})),
        &[("audience", "https://new")],
        concat!(
            r#"403 access_denied: Client "{client}" is not authorized to access resource server "#,
            r#""https://new". You need to create a "client-grant" associated to this API."#
        ),
    ),
    (
        "a policy",
        |s| s.api["subject_type_authorization"] = json!({"client": {"policy": "deny_all"}}),
        (
            "PATCH",
            API,
            || json!({"subject_type_authorization": {"client": {"policy": "require_client_grant"}}}),
        ),
        &[],
        "200 [read write]",
    ),
    (
        "no grant",
        |s| s.grant = None,
        (
            "POST",
            "/client-grants",
            || json!({"client_id": "{client}", "audience": "https://orders", "scope": ["delete"]}),
        ),
        &[],
        "200 [delete]",
    ),
    (
        "a scope that the default lacks, for the client's own grant to replace",
        |s| {
            s.client["is_first_party"] = json!(false);
            s.grant = Some(
                json!({"default_for": "third_party_clients", "audience": "https://orders", "scope": ["read"]}),
            );
        },
        (
            "POST",
            "/client-grants",
            || json!({"client_id": "{client}", "audience": "https://orders", "scope": ["delete"]}),
        ),
        &[("scope", "delete")],
        "200 [delete]",
    ),
    (
        "a scope that is not granted",
        |_| {},
        ("PATCH", GRANT, || json!({"scope": ["delete"]})),
        &[("scope", "delete")],
        "200 [delete]",
    ),
    (
        "an organization that is not allowed",
        |s| s.grant_has("allow_any_organization", json!(true)),
        ("PATCH", GRANT, || json!({"organization_usage": "allow"})),
        SENT,
        "200 [read write] for {acme}",
    ),
    (
        "an organization that is required",
        |s| s.grant_has("organization_usage", json!("require")),
        ("PATCH", GRANT, || json!({"organization_usage": "allow"})),
        &[],
        "200 [read write]",
    ),
    (
        "an organization that is not associated",
        |s| s.grant_has("organization_usage", json!("allow")),
        ("POST", "/organizations/{acme}/client-grants", || json!({"grant_id": "{grant}"})),
        SENT,
        "200 [read write] for {acme}",
    ),
    (
        "an organization that is named where names are not accepted",
        |s| {
            s.grant_has("organization_usage", json!("allow"));
            s.associated.push("acme");
        },
        ("PATCH", SETTINGS, || json!({"allow_organization_name_in_authentication_api": true})),
        &[("organization", "acme")],
        "200 [read write] for {acme} (acme)",
    ),
    (
        "a proof of possession",
        |s| s.client["require_proof_of_possession"] = json!(true),
        ("PATCH", CLIENT, || json!({"require_proof_of_possession": false})),
        &[],
        "200 [read write]",
    ),
];

#[tokio::test]
async fn every_refusal_is_checked_before_it_is_spoken() {
    for (refused, set_up, (method, path, body), request, expected) in TABLE {
        let mut scene = Scene::default();
        set_up(&mut scene);
        let stage = scene.make().await;
        let node = Node::beside(&stage).await;
        let before = node.ask(&stage, request).await;
        assert!(before.starts_with('4') && before != *expected, "{refused}: {before}");
        stage.change(method, path, &body()).await;
        assert_eq!(node.ask(&stage, request).await, *expected, "{refused}");
    }
}

#[tokio::test]
async fn a_client_that_another_node_has_made_is_known_at_once() {
    let mut stage = Stage::usual().await;
    let node = Node::beside(&stage).await;
    let made = stage.create("made", "/clients", &json!({"name": "made"})).await;
    let credentials = [("client_id", "{made}"), ("client_secret", made["client_secret"].as_str().unwrap())];
    assert!(node.ask(&stage, &credentials).await.contains(r#"Client "{made}" is not authorized"#));
}

#[tokio::test]
async fn a_node_that_has_followed_revokes() {
    let stage = Stage::usual().await;
    let node = Node::beside(&stage).await;
    stage.change("DELETE", "/client-grants/{grant}", &Value::Null).await;
    // The yes-path asks nobody; production follows twice a second.
    assert_eq!(node.ask(&stage, &[]).await, "200 [read write]");
    node.follower.catch_up().await.unwrap();
    assert!(node.ask(&stage, &[]).await.starts_with("403 access_denied: Client"));
}

#[tokio::test]
async fn a_secret_of_another_node_works_at_once_and_a_removed_one_ends_with_the_next_revision() {
    let stage = Stage::usual().await;
    let node = Node::beside(&stage).await;
    let client = stage.filled("{client}");
    let (id, value) = add(&stage.app, &client, json!({})).await;
    let by_new = [("client_secret", value.as_str())];
    assert_eq!(node.ask(&stage, &by_new).await, "200 [read write]");
    let removed = call(&stage.app, "DELETE", &format!("/{client}/secrets/{id}"), None).await;
    assert_eq!(removed.status, 204);
    assert_eq!(stage.in_a_line(&stage.ask(&by_new).await), "401 access_denied: Unauthorized");
    node.follower.catch_up().await.unwrap();
    assert_eq!(node.ask(&stage, &by_new).await, "401 access_denied: Unauthorized");
    assert_eq!(node.ask(&stage, &[]).await, "200 [read write]");
}
