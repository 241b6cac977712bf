//! What works once works once at all nodes together, what was used up at one is used up at the other, and one log has
//! it all.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::asking::{Key, ask_with, change_api, form_of, send, signs_with, text};
use crate::bed::{DATABASES, Job, Nodes, unix_time, until};
use crate::support::api::{Api, client};
use crate::support::grantd;

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_works_at_one_node_once() {
    let nodes = Nodes::start(&DATABASES, [&[], &[]]).await;
    let (http, key) = (client().build().unwrap(), Key::new());
    let job = nodes.job("keys").await;
    signs_with(&nodes, &job, &key).await;
    let ask = async |node: usize, assertion: &str| ask_with(&http, &nodes, node, &job, assertion).await;
    for number in 0..20 {
        let assertion = key.assertion(&job, &format!("jti-{number}"), unix_time());
        // One after the other, and both at once.
        let statuses = if number < 5 {
            let (first, second) = (number % 2, (number + 1) % 2);
            (ask(first, &assertion).await, ask(second, &assertion).await)
        } else {
            let (first, second) = tokio::join!(ask(0, &assertion), ask(1, &assertion));
            (first.min(second), first.max(second))
        };
        assert_eq!(statuses, (200, 401), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_possession_works_at_one_node_once() {
    let nodes = Nodes::start(&DATABASES, [&[], &[]]).await;
    let (http, key) = (client().build().unwrap(), Key::new());
    let job = nodes.job("bound").await;
    change_api(&nodes, &job, &json!({"proof_of_possession": {"mechanism": "dpop", "required": true}})).await;
    for number in 0..10 {
        let proof = key.proof(&format!("jti-{number}"));
        let form = form_of(&job);
        let ask = async |node: usize| send(&http, &nodes, node, "/oauth/token", &form, Some(&proof)).await;
        let (first, second) =
            if number < 5 { (ask(0).await, ask(1).await) } else { tokio::join!(ask(0), ask(1)) };
        let statuses = BTreeSet::from([first.0, second.0]);
        assert_eq!(statuses, BTreeSet::from([200, 400]), "{number}: {first:?}, {second:?}");
    }
}

async fn ask_until_refused(api: Api, job: Job, issued: Arc<AtomicUsize>) {
    let mut refused = 0;
    while refused < 2 {
        match job.ask(&api).await.unwrap().status {
            200 => _ = issued.fetch_add(1, Ordering::SeqCst),
            429 => refused += 1,
            status => panic!("{status}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_issue_no_more_tokens_than_the_quota_has() {
    const LIMIT: usize = 1_000;
    /// What a node reserves at a time, and may have left when the other has none.
    const BLOCK: usize = LIMIT / 100;
    let second = unix_time().as_secs() % 86_400;
    if second > 86_400 - 60 {
        // The tokens are those of one day.
        tokio::time::sleep(Duration::from_secs(86_401 - second)).await;
    }
    let nodes = Arc::new(Nodes::start(&DATABASES, [&[], &[]]).await);
    let job = nodes.job("limited").await;
    let quota = json!({"token_quota": {"client_credentials": {"per_day": LIMIT}}});
    let path = format!("/api/v2/clients/{}", text(&job.client, "client_id"));
    let answer = nodes.api(0).call(Method::PATCH, &path, Some(&quota)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // A node that has not heard of it yet would issue tokens that do not count.
    let issued = Arc::new(AtomicUsize::new(0));
    until(Duration::from_secs(5), "node 1 does not hear of the quota", async || {
        let answer = job.ask(&nodes.api(1)).await.unwrap();
        let heard = answer.headers.keys().any(|name| name.as_str().contains("quota"));
        issued.fetch_add(usize::from(heard), Ordering::SeqCst);
        heard
    })
    .await;
    let asking: JoinSet<()> = (0..32)
        .map(|number| ask_until_refused(nodes.api(number % 2), job.clone(), Arc::clone(&issued)))
        .collect();
    asking.join_all().await;
    let issued = issued.load(Ordering::SeqCst);
    assert!((LIMIT - 2 * BLOCK..=LIMIT).contains(&issued), "{issued}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_at_one_node_is_inactive_at_the_other() {
    let nodes = Nodes::start(&DATABASES, [&[], &[]]).await;
    let http = client().build().unwrap();
    let job = nodes.job("revoking").await;
    // Without a `jti`, two tokens of one second are one and the same.
    change_api(&nodes, &job, &json!({"token_dialect": "rfc9068_profile"})).await;
    let face = json!({
        "name": "face", "app_type": "resource_server", "resource_server_identifier": job.audience,
    });
    let face = nodes.api(0).create("/api/v2/clients", face).await;
    for round in 0..5 {
        let answer = job.ask(&nodes.api(0)).await.unwrap();
        let token = text(&answer.body, "access_token");
        let owner = |client| {
            [
                ("client_id", text(client, "client_id")),
                ("client_secret", text(client, "client_secret")),
                ("token", token),
            ]
        };
        let (asking, giving_back) = (owner(&face), owner(&job.client));
        let is_active = async |node| {
            let (status, answer) = send(&http, &nodes, node, "/oauth/introspect", &asking, None).await;
            assert_eq!(status, 200, "{answer}");
            answer["active"].as_bool().unwrap()
        };
        assert!(is_active(0).await && is_active(1).await, "{round}");
        let (status, answer) = send(&http, &nodes, round % 2, "/oauth/revoke", &giving_back, None).await;
        assert_eq!(status, 200, "{answer}");
        assert!(!is_active(round % 2).await);
        until(Duration::from_secs(1), "it is active", async || !is_active((round + 1) % 2).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_all_nodes_is_one_chain_and_has_every_write() {
    const WRITES: usize = 30;
    let nodes = Arc::new(Nodes::start(&DATABASES, [&[], &[], &[]]).await);
    let mut writing = JoinSet::new();
    for node in 0..nodes.len() {
        let api = nodes.api(node);
        writing.spawn(async move {
            for number in 0..WRITES {
                api.create("/api/v2/organizations", json!({"name": format!("org-{node}-{number}")})).await;
            }
        });
    }
    writing.join_all().await;
    // One that is killed leaves the chain whole.
    nodes.node(2).kill();
    nodes.api(0).create("/api/v2/organizations", json!({"name": "after"})).await;
    nodes.node(2).start();
    for number in 0..nodes.len() {
        let mut verify = grantd(&["audit", "verify", "--json", "--database", &nodes.database, "--data"]);
        let output = verify.arg(nodes.node(number).data()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(said["entries"].as_u64().unwrap() > u64::try_from(3 * WRITES).unwrap(), "{said}");
    }
    // Each write is in it once, whichever node is asked.
    let (mut names, mut from) = (Vec::new(), String::new());
    loop {
        let page = nodes.api(1).get(&format!("/api/v2/logs?take=100{from}")).await;
        let page = page.as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        from = format!("&from={}", text(last, "log_id"));
        let of = |event: &Value| Some(event.pointer("/details/request/body/name")?.as_str()?.to_owned());
        names.extend(page.iter().filter_map(of).filter(|name| name.starts_with("org-")));
    }
    assert_eq!(names.len(), 3 * WRITES);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 3 * WRITES);
}
