//! When the database itself fails, what was answered is there, and what was refused is not.
//!
//! A full or broken disk makes SQLite give up the whole transaction; so does a trigger that raises ROLLBACK, which is
//! how the tests do it.

use std::sync::Arc;

use grantd_store::{Change, SqliteStore, Store, StoreError};
use sqlx::Connection;

use crate::file::{File, client};

/// Whoever writes a client of this name loses the transaction.
const FATAL: &str = "CREATE TRIGGER fatal BEFORE INSERT ON clients WHEN new.client_id = 'fatal' \
                     BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END";

/// Commits of one client each, at once; each id with what became of it.
async fn commit_at_once(store: &Arc<SqliteStore>, ids: &[String]) -> Vec<(String, Result<(), StoreError>)> {
    let commits: Vec<_> = ids
        .iter()
        .map(|id| {
            let (store, change) = (Arc::clone(store), Change::CreateClient(client(id, "secret")));
            tokio::spawn(async move { store.commit(vec![change]).await.map(drop) })
        })
        .collect();
    let mut outcomes = Vec::new();
    for (id, commit) in ids.iter().zip(commits) {
        outcomes.push((id.clone(), commit.await.unwrap()));
    }
    outcomes
}

async fn assert_answers_hold(store: &SqliteStore, outcomes: &[(String, Result<(), StoreError>)]) {
    for (id, outcome) in outcomes {
        let there = store.get_client(&id.as_str().into()).await.unwrap().is_some();
        assert_eq!(there, outcome.is_ok(), "{id}: {outcome:?}");
    }
    let clients = store.load().await.unwrap().clients.len();
    assert_eq!(store.revision().await.unwrap().0, u64::try_from(clients).unwrap(), "a revision each");
}

#[tokio::test]
async fn a_transaction_that_the_database_gives_up_is_refused_whole() {
    let file = File::new();
    let store = Arc::new(file.open().await);
    file.execute(FATAL).await;
    let mut ids: Vec<String> = (0..60).map(|number| format!("client_{number}")).collect();
    ids.insert(30, "fatal".into());
    let outcomes = commit_at_once(&store, &ids).await;
    assert!(outcomes[30].1.is_err());
    assert!(outcomes.iter().any(|(id, outcome)| id != "fatal" && outcome.is_err()), "it had company");
    assert_answers_hold(&store, &outcomes).await;
}

#[tokio::test]
async fn the_next_commits_are_made_after_one_that_failed() {
    let file = File::new();
    let store = Arc::new(file.open().await);
    file.execute(FATAL).await;
    for number in 0..5 {
        let ids = ["fatal".to_owned(), format!("client_{number}")];
        assert!(commit_at_once(&store, &ids[..1]).await[0].1.is_err());
        assert!(commit_at_once(&store, &ids[1..]).await[0].1.is_ok());
    }
    assert_eq!(store.revision().await.unwrap().0, 5);
}

#[tokio::test]
async fn a_commit_waits_for_another_writer_and_is_refused_if_that_one_does_not_end() {
    let file = File::new();
    let store = Arc::new(file.open().await);
    let mut other = file.connect().await;
    let transaction = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let refused = commit_at_once(&store, &["one".into()]).await;
    assert!(matches!(refused[0].1, Err(StoreError::NotDurable)), "{refused:?}");
    assert_eq!(store.revision().await.unwrap().0, 0, "readers do not wait");
    transaction.rollback().await.unwrap();
    assert_answers_hold(&store, &commit_at_once(&store, &["two".into()]).await).await;
}

#[tokio::test]
async fn a_store_that_closes_lets_waiting_commits_through() {
    let file = File::new();
    let store = Arc::new(file.open().await);
    let ids: Vec<String> = (0..200).map(|number| format!("client_{number}")).collect();
    let outcomes = commit_at_once(&store, &ids).await;
    Arc::into_inner(store).unwrap().close().await;
    assert_answers_hold(&file.open().await, &outcomes).await;
}
