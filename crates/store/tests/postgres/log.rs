//! The log that several servers write: one chain, and one of them delivers.

use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Duration;

use grantd_model::{Direction, LogBatch, LogEvent, LogEventKind, LogPosition, Secret, Timestamp};
use grantd_store::{
    ChainFault, ChainKey, Log, LogRange, PostgresLog, PostgresOptions, Retention, Store, verify_log_on_server,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{CLUSTER, open};

fn chain_key() -> ChainKey {
    ChainKey::new(&Secret::from(vec![7; ChainKey::LENGTH]))
}

fn event(second: u64) -> LogEvent<'static> {
    let date = Timestamp::from_seconds(second);
    LogEvent::new(LogEventKind::TokenIssued, date, format!("event {second}"), "tenant")
}

struct Nodes {
    url: String,
    options: PostgresOptions,
}

impl Nodes {
    async fn new() -> Self {
        let url = CLUSTER.database();
        open(&url).await.close().await;
        let options = PostgresOptions::parse(&url).unwrap();
        Self { url, options }
    }

    async fn log(&self) -> PostgresLog {
        PostgresLog::open(&self.options, chain_key()).await.unwrap()
    }

    async fn verify(&self) -> Result<grantd_store::Verified, ChainFault> {
        verify_log_on_server(&self.options, &chain_key(), None, |_| {}).await.unwrap()
    }

    async fn execute(&self, text: &str) {
        execute(&mut self.connect().await, text).await;
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

async fn execute(connection: &mut PgConnection, text: &str) {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_three_nodes_append_at_once_is_one_chain_with_all_of_it() {
    let nodes = Nodes::new().await;
    let mut appending = Vec::new();
    for node in 0..3 {
        let log = nodes.log().await;
        appending.push(tokio::spawn(async move {
            for batch in 0..40 {
                let first = 1 + node * 10_000 + batch * 10;
                log.append(&(first..first + 10).map(event).collect()).await.unwrap();
            }
        }));
    }
    for task in appending {
        task.await.unwrap();
    }
    let verified = nodes.verify().await.unwrap();
    assert_eq!((verified.entries, verified.head), (1_200, LogPosition(1_200)));
    let log = nodes.log().await;
    let mut seen = 0;
    let mut visit = |_| {
        seen += 1;
        ControlFlow::Continue(())
    };
    log.scan(&LogRange::default(), Direction::Descending, &mut visit).await.unwrap();
    assert_eq!(seen, 1_200);
    assert_eq!(log.after(LogPosition(1_195), 100).await.unwrap().len(), 5);
}

#[tokio::test]
async fn who_calls_themselves_something_that_cannot_be_kept_holds_up_nothing() {
    let nodes = Nodes::new().await;
    let log = nodes.log().await;
    let odd = LogEvent { client_id: Some("a\0b".into()), ..event(1) };
    log.append(&LogBatch::from_iter([odd, event(2)])).await.unwrap();
    let range = LogRange { client_id: Some("a\u{fffd}b".into()), ..LogRange::default() };
    let mut found = Vec::new();
    let mut visit = |entry: grantd_model::LogEntry| {
        found.push(entry.position);
        ControlFlow::Continue(())
    };
    log.scan(&range, Direction::Ascending, &mut visit).await.unwrap();
    assert_eq!(found, [LogPosition(1)]);
    assert_eq!(nodes.verify().await.unwrap().entries, 2);
}

#[tokio::test]
async fn a_writer_that_goes_away_in_the_middle_holds_up_nobody() {
    let nodes = Nodes::new().await;
    let (one, other) = (nodes.log().await, nodes.log().await);
    let long: LogBatch = (1..=20_000).map(event).collect();
    for patience in 1..20 {
        // Cut wherever it is then.
        drop(tokio::time::timeout(Duration::from_millis(patience), one.append(&long)).await);
        one.append(&LogBatch::from_iter([event(1)])).await.unwrap();
        tokio::time::timeout(Duration::from_secs(4), other.append(&LogBatch::from_iter([event(2)])))
            .await
            .unwrap()
            .unwrap();
    }
    assert!(nodes.verify().await.is_ok());
}

/// Lets commits that add events fail as long as there is a row in `refusing`, and wait as long as it is locked.
const MAY_REFUSE: &str = "CREATE TABLE refusing (one INT); \
    CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
    IF EXISTS (SELECT 1 FROM refusing) THEN RAISE EXCEPTION 'refused'; END IF; RETURN NULL; END $$; \
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION refuse()";

/// Whether somebody's commit waits for `refusing`.
async fn commits(connection: &mut PgConnection) -> bool {
    let text = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'refusing'::regclass AND NOT granted)";
    sqlx::query_scalar(text).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn what_was_kept_without_an_answer_is_there_once_whatever_becomes_of_what_follows_it() {
    let nodes = Nodes::new().await;
    let log = nodes.log().await;
    nodes.execute(MAY_REFUSE).await;
    let mut locking = nodes.connect().await;
    execute(&mut locking, "BEGIN; LOCK TABLE refusing").await;
    let first: LogBatch = (1..=3).map(event).collect();
    let stays_unheard = async {
        let mut appending = std::pin::pin!(log.append(&first));
        while !commits(&mut locking).await {
            let polled = std::future::poll_fn(|context| Poll::Ready(appending.as_mut().poll(context))).await;
            assert!(polled.is_pending(), "nobody is to be told");
        }
        execute(&mut locking, "COMMIT").await;
        // Whoever appends does not look from here on.
        while nodes.verify().await.unwrap().entries < 3 {}
    };
    tokio::time::timeout(Duration::from_mins(1), stays_unheard).await.unwrap();
    let longer: LogBatch = (1..=5).map(event).collect();
    nodes.execute("INSERT INTO refusing VALUES (1)").await;
    log.append(&longer).await.unwrap_err();
    nodes.execute("DELETE FROM refusing").await;
    log.append(&longer).await.unwrap();
    assert_eq!(nodes.verify().await.unwrap().entries, 5);
}

#[tokio::test]
async fn what_was_done_to_the_rows_from_outside_is_found() {
    for (done, fault) in [
        ("UPDATE events SET text = 'x' WHERE position = 3", ChainFault::Altered(3)),
        ("DELETE FROM events WHERE position = 2", ChainFault::Missing(2)),
        ("DELETE FROM events WHERE position > 3", ChainFault::Missing(4)),
        ("DELETE FROM chain_ends", ChainFault::Forged(grantd_store::ChainEnd::Head)),
    ] {
        let nodes = Nodes::new().await;
        nodes.log().await.append(&(1..=5).map(event).collect()).await.unwrap();
        nodes.execute(done).await;
        assert_eq!(nodes.verify().await, Err(fault), "{done}");
        // What happens from then on is noted all the same, and the break stays to be seen.
        let log = nodes.log().await;
        log.append(&LogBatch::from_iter([event(6)])).await.unwrap();
        assert!(nodes.verify().await.is_err(), "{done}");
    }
}

#[tokio::test]
async fn retention_on_one_node_leaves_a_whole_chain_for_the_others() {
    let nodes = Nodes::new().await;
    let (one, other) = (nodes.log().await, nodes.log().await);
    one.append(&(1..=100).map(event).collect()).await.unwrap();
    let retention = Retention { age: Duration::from_secs(50), bytes: u64::MAX };
    assert_eq!(other.trim(retention, Timestamp::from_seconds(100)).await.unwrap(), 49);
    one.append(&LogBatch::from_iter([event(101)])).await.unwrap();
    assert_eq!(one.removed().await.unwrap(), LogPosition(49));
    assert_eq!(nodes.verify().await.unwrap().entries, 52);
}

#[tokio::test]
async fn one_node_holds_a_lease_until_it_lets_it_run_out() {
    let nodes = Nodes::new().await;
    let (one, other) = (nodes.log().await, nodes.log().await);
    let long = Duration::from_mins(10);
    assert!(one.lease("work", "one", long).await.unwrap());
    assert!(!other.lease("work", "other", long).await.unwrap());
    assert!(other.lease("other work", "other", long).await.unwrap());
    assert!(one.lease("work", "one", Duration::ZERO).await.unwrap(), "it goes on, for no time at all");
    assert!(other.lease("work", "other", long).await.unwrap());
    assert!(!one.lease("work", "one", long).await.unwrap());
}
