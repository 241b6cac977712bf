//! Searching the log beside a search that knows nothing but JSON and sets: 100,000 events, made-up queries, every page
//! the same.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod events;
mod oracle;
mod query;

use std::sync::{Arc, LazyLock};

use grantd_management::{Body, Caller, Context, Request, logs};
use grantd_model::{ClientId, Clock, Entropy, Scope, Secret, Timestamp};
use grantd_store::{ChainKey, KeyEncryptionKey, Log, SqliteLog, SqliteStore};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::query::Asked;

/// How many events there are.
const EVENTS: usize = 100_000;
/// Queries of the ordinary run, and of the long one.
const CASES: u32 = 60;
const LONG: u32 = 1_000;

struct Nothing;

impl Clock for Nothing {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

impl Entropy for Nothing {
    fn fill(&self, _: &mut [u8]) {}
}

/// The log, and the same events as the oracle has them.
struct World {
    runtime: Runtime,
    context: Context,
    caller: Caller,
    oracle: Vec<Value>,
    _folder: tempfile::TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let events = events::generate(EVENTS);
    let (log, store) = runtime.block_on(async {
        let key = ChainKey::new(&Secret::from(vec![7; ChainKey::LENGTH]));
        let log = SqliteLog::open(&folder.path().join("events.db"), key).await.unwrap();
        for events in events.chunks(5_000) {
            log.append(&events.iter().cloned().collect()).await.unwrap();
        }
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        (log, SqliteStore::open(&folder.path().join("grantd.db"), key).await.unwrap())
    });
    let context = Context {
        store: Arc::new(store),
        log: Some(Arc::new(log)),
        entropy: Arc::new(Nothing),
        clock: Arc::new(Nothing),
        tenant: "auth.test".into(),
        management_audience: "https://auth.test/api/v2/".into(),
        may_ask: Arc::new(|_| Ok(())),
        has_log_files: false,
    };
    let scopes = Arc::new([Scope::from("read:logs")].into_iter().collect());
    let caller = Caller { client_id: ClientId::from("reader"), scopes };
    World { runtime, context, caller, oracle: oracle::entries(&events), _folder: folder }
});

impl World {
    /// What grantd answers.
    fn ask(&self, query: &str) -> Value {
        let request = Request { path: Vec::new(), query: query.to_owned(), body: Body::Empty };
        let answer = self.runtime.block_on(logs::list(&self.context, &self.caller, &request));
        serde_json::to_value(answer.unwrap_or_else(|error| panic!("{query}: {error}"))).unwrap()
    }
}

fn same(asked: &Asked) -> Result<(), TestCaseError> {
    let found = WORLD.ask(&asked.as_query());
    let expected = oracle::answer(&WORLD.oracle, asked);
    prop_assert!(found == expected, "{}\n{found:.2000}\n\n{expected:.2000}", asked.q());
    Ok(())
}

#[test]
fn whatever_is_asked_the_answer_is_that_of_a_simple_search() {
    let cases = if std::env::var_os("GRANTD_TEST_LONG").is_some() { LONG } else { CASES };
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&query::any_asked(), |asked| same(&asked)).unwrap();
}

#[test]
fn reading_on_from_entry_to_entry_shows_all_of_them_once() {
    let mut seen = Vec::new();
    let mut from = String::new();
    while seen.len() < 1_050 {
        let page = WORLD.ask(&format!("take=100&from={from}"));
        let page = page.as_array().unwrap();
        page[page.len() - 1]["log_id"].as_str().unwrap().clone_into(&mut from);
        seen.extend(page.iter().map(|entry| entry["log_id"].as_str().unwrap().to_owned()));
    }
    let all = WORLD.oracle.iter().map(|entry| entry["log_id"].as_str().unwrap().to_owned());
    assert_eq!(seen, all.take(seen.len()).collect::<Vec<_>>());
}
