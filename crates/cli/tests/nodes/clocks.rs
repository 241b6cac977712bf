//! Nodes whose clocks are an hour off, ahead and behind: they go by the same configuration, what works once works once,
//! and nothing is forgotten before its time.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_testbed::Cluster;
use jsonwebtoken::decode_header;
use reqwest::Method;
use serde_json::{Value, json};

use crate::asking::{Key, ask_with, change_api, form_of, send, signs_with, text};
use crate::bed::{DATABASES, Node, Nodes, unix_time, until};
use crate::outages::assert_all_see_one_another;
use crate::support::api::client;

const HOUR: i64 = 3_600;

/// Three: one whose clock is right, one ahead, one behind.
const RIGHT: usize = 0;
const AHEAD: usize = 1;
const BEHIND: usize = 2;

async fn nodes(cluster: &Cluster, arguments: &[&str]) -> Nodes {
    let database = cluster.database();
    let clocks = [0, HOUR, -HOUR];
    let nodes = clocks.map(|ahead| Node::new(&database, arguments).with_clock(ahead));
    Nodes::begin(&database, nodes.into()).await
}

/// That time, by the clock of a node.
fn by_its_clock(node: usize) -> Duration {
    let hour = Duration::from_secs(HOUR.unsigned_abs());
    match node {
        AHEAD => unix_time() + hour,
        BEHIND => unix_time().saturating_sub(hour),
        _ => unix_time(),
    }
}

fn claims(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_clocks_are_an_hour_off_go_by_what_the_others_change() {
    let ceiling = Duration::from_secs(2);
    let nodes = nodes(&DATABASES, &["--staleness-ceiling", "2"]).await;
    assert_all_see_one_another(&nodes, "clocks").await;
    let job = nodes.job("clocks").await;
    for node in 0..nodes.len() {
        let answer = job.ask(&nodes.api(node)).await.unwrap();
        let issued = claims(text(&answer.body, "access_token"))["iat"].as_u64().unwrap();
        assert!(issued.abs_diff(by_its_clock(node).as_secs()) < 60, "the clock of node {node} is right");
    }
    // How old the configuration is, is counted in time that passes, and not by the clock.
    let job = nodes.job("ceiling").await;
    let begun = Instant::now();
    while begun.elapsed() < ceiling + Duration::from_secs(1) {
        for node in 0..nodes.len() {
            let answer = job.ask(&nodes.api(node)).await.unwrap();
            assert_eq!(answer.status, 200, "node {node}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_that_was_used_is_not_forgotten_by_the_node_whose_clock_is_ahead() {
    let nodes = nodes(&DATABASES, &[]).await;
    let (http, key) = (client().build().unwrap(), Key::new());
    let job = nodes.job("keys").await;
    signs_with(&nodes, &job, &key).await;
    for (round, node) in [AHEAD, BEHIND, AHEAD].into_iter().enumerate() {
        let assertion = key.assertion(&job, &format!("right-{round}"), by_its_clock(RIGHT));
        assert_eq!(ask_with(&http, &nodes, RIGHT, &job, &assertion).await, 200);
        // The other takes one of its own, and lets go of what it takes for over.
        let other = key.assertion(&job, &format!("other-{round}"), by_its_clock(node));
        assert_eq!(ask_with(&http, &nodes, node, &job, &other).await, 200, "node {node}");
        for asked in 0..nodes.len() {
            assert_eq!(ask_with(&http, &nodes, asked, &job, &assertion).await, 401, "node {asked}");
            assert_eq!(ask_with(&http, &nodes, asked, &job, &other).await, 401, "node {asked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stays_revoked_when_the_node_whose_clock_is_ahead_revokes_another() {
    let nodes = nodes(&DATABASES, &[]).await;
    let http = client().build().unwrap();
    let job = nodes.job("revoking").await;
    // Over in ten minutes: for the node that is ahead, long ago.
    change_api(&nodes, &job, &json!({"token_dialect": "rfc9068_profile", "token_lifetime": 600})).await;
    let face = json!({
        "name": "face", "app_type": "resource_server", "resource_server_identifier": job.audience,
    });
    let face = nodes.api(RIGHT).create("/api/v2/clients", face).await;
    let tokens = [RIGHT, AHEAD, BEHIND].map(async |node| job.ask(&nodes.api(node)).await.unwrap().body);
    let [of_right, of_ahead, of_behind] = tokens;
    let tokens = [of_right.await, of_ahead.await, of_behind.await];
    let with = |client: &Value, token: &Value| -> [(&'static str, String); 3] {
        [
            ("client_id", text(client, "client_id").to_owned()),
            ("client_secret", text(client, "client_secret").to_owned()),
            ("token", text(token, "access_token").to_owned()),
        ]
    };
    for (token, node) in tokens.iter().zip([RIGHT, AHEAD, BEHIND]) {
        let form = with(&job.client, token);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(send(&http, &nodes, node, "/oauth/revoke", &form, None).await.0, 200);
    }
    for node in 0..nodes.len() {
        for (number, token) in tokens.iter().enumerate() {
            let form = with(&face, token);
            let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            until(Duration::from_secs(1), &format!("node {node} takes token {number}"), async || {
                send(&http, &nodes, node, "/oauth/introspect", &form, None).await.1["active"] == false
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tokens_verify_with_the_keys_that_every_node_shows_while_keys_rotate() {
    let nodes = nodes(&DATABASES, &[]).await;
    let http = client().build().unwrap();
    let job = nodes.job("rotating").await;
    change_api(&nodes, &job, &json!({"signing_alg": "RS256"})).await;
    let shown = async |node: usize| -> Vec<Value> {
        let url = format!("{}/.well-known/jwks.json", nodes.node(node).base());
        let keys: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
    };
    let check = async || {
        for node in 0..nodes.len() {
            let (status, answer) = send(&http, &nodes, node, "/oauth/token", &form_of(&job), None).await;
            assert_eq!(status, 200, "{answer}");
            let kid = decode_header(text(&answer, "access_token")).unwrap().kid.unwrap();
            for other in 0..nodes.len() {
                let keys = shown(other).await;
                assert!(keys.iter().any(|key| *key == kid), "node {other} does not show {kid}: {keys:?}");
            }
        }
    };
    check().await;
    // A rotation has to wait until verifiers can know the key that is next.
    until(Duration::from_mins(1), "the keys do not rotate", async || {
        check().await;
        let rotated = nodes.api(RIGHT).call(Method::POST, "/api/v2/keys/signing/rotate", None).await;
        assert!([201, 429].contains(&rotated.status), "{rotated:?}");
        rotated.status == 201
    })
    .await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        check().await;
    }
}
