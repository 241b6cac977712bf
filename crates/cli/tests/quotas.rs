//! Token quotas of a real server under parallel load: exactly as many tokens as there may be, and after kill -9 less by
//! no more than two blocks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::api::{Api, admin, https};
use crate::support::{Place, Server};

const LIMIT: usize = 10_000;
/// A hundredth of the limit, reserved at a time.
const BLOCK: usize = LIMIT / 100;
const CLIENTS: usize = 64;

/// Who asks for tokens, and how many there were.
struct Load {
    http: Client,
    form: Vec<(&'static str, String)>,
    issued: AtomicUsize,
    refused: AtomicUsize,
}

/// The test counts tokens of one day.
#[expect(clippy::disallowed_methods, reason = "the server under test has the system's clock")]
async fn not_around_midnight() {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 86_400;
    if second > 86_400 - 240 {
        tokio::time::sleep(Duration::from_secs(86_401 - second)).await;
    }
}

/// A server with a client that may get so many tokens a day, of an API whose signatures cost little.
async fn start(place: &Place) -> (Server, Arc<Load>) {
    not_around_midnight().await;
    let server = place.start(&[]);
    let http = https(&place.data().join("ca.pem"));
    let api = Api::open_with(http.clone(), &server.base, &admin(&place.data())).await;
    let audience = "https://orders";
    api.create("/api/v2/resource-servers", json!({"identifier": audience, "signing_alg": "HS256"})).await;
    let quota = json!({"client_credentials": {"per_day": LIMIT}});
    let grant_types = ["client_credentials"];
    let client = json!({"name": "job", "grant_types": grant_types, "token_quota": quota});
    let client = api.create("/api/v2/clients", client).await;
    let id = client["client_id"].clone();
    api.create("/api/v2/client-grants", json!({"client_id": id, "audience": audience, "scope": []})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let form = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", text(&id)),
        ("client_secret", text(&client["client_secret"])),
        ("audience", audience.to_owned()),
    ];
    let (issued, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    (server, Arc::new(Load { http, form, issued, refused }))
}

impl Load {
    /// One client: asks until it has been refused twice, or the server is gone.
    async fn ask(self: Arc<Self>, url: String) {
        let mut refused = 0;
        while refused < 2 {
            let Ok(answer) = self.http.post(&url).form(&self.form).send().await else { return };
            match answer.status().as_u16() {
                // Counted as soon as its head is here: the token was issued, whatever becomes of the body.
                200 => {
                    self.issued.fetch_add(1, Ordering::SeqCst);
                    drop(answer.bytes().await);
                }
                429 => {
                    assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
                    refused += 1;
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                // Many clients on a busy machine: it says when to come back.
                503 => tokio::time::sleep(Duration::from_secs(1)).await,
                status => panic!("{status}: {:?}", answer.text().await),
            }
        }
    }

    fn begin(self: &Arc<Self>, base: &str) -> JoinSet<()> {
        (0..CLIENTS).map(|_| Arc::clone(self).ask(format!("{base}/oauth/token"))).collect()
    }

    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// Waits until so many tokens were issued.
    async fn until(&self, tokens: usize) {
        let issued = async {
            while self.issued() < tokens {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), issued).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_clients_at_once_exactly_as_many_get_tokens_as_there_are() {
    let place = Place::new();
    let (server, load) = start(&place).await;
    load.begin(&server.base).join_all().await;
    assert_eq!(load.issued(), LIMIT);
    assert_eq!(load.refused.load(Ordering::SeqCst), 2 * CLIENTS);
    assert!(server.stop().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_restart_in_the_middle_wastes_none() {
    let place = Place::new();
    let (server, load) = start(&place).await;
    let clients = load.begin(&server.base);
    load.until(LIMIT / 2).await;
    assert!(server.stop().status.success());
    clients.join_all().await;
    let server = place.start(&[]);
    load.begin(&server.base).join_all().await;
    // A token whose answer was under way when its connection ended may be one that nobody has counted.
    let issued = load.issued();
    assert!((LIMIT - CLIENTS..=LIMIT).contains(&issued), "{issued}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_in_the_middle_wastes_less_than_two_blocks_and_gives_never_one_more() {
    let place = Place::new();
    let (server, load) = start(&place).await;
    let clients = load.begin(&server.base);
    load.until(LIMIT / 2).await;
    server.kill();
    clients.join_all().await;
    let server = place.start(&[]);
    load.begin(&server.base).join_all().await;
    let issued = load.issued();
    // Each connection may have lost one answer that was under way.
    assert!((LIMIT - 2 * BLOCK - CLIENTS..=LIMIT).contains(&issued), "{issued}");
}
