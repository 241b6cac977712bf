//! The one writer: waiting commits share a transaction, and so a flush to the disk.
//!
//! Each commit runs in a savepoint of its own, so that one that fails takes no other with it. Nobody is
//! answered before the transaction is durable.

use std::sync::Arc;

use grantd_model::{Causes, Revision};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Connection, sql};
use crate::{Change, KeyEncryptionKey, StoreError};

/// Commits that may wait; more wait to be let in.
const WAITING: usize = 1024;
/// Commits that share one transaction at most, so that the first does not wait for the last for long.
const BATCH: usize = 128;

type Answer = Result<Revision, StoreError>;

struct Commit {
    changes: Vec<Change>,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writing task.
pub(crate) struct Writer {
    commits: mpsc::Sender<Commit>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts the writing task. It ends, and closes the file, when the writer is stopped.
    pub(crate) fn start(connection: Connection, key: Arc<KeyEncryptionKey>) -> Self {
        let (commits, waiting) = mpsc::channel(WAITING);
        Self { commits, task: tokio::spawn(write(connection, key, waiting)) }
    }

    /// Waits until the changes are durable, or refused.
    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.commits.send(Commit { changes, answer }).await.map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }

    /// Lets the commits that wait go through, and ends.
    pub(crate) async fn stop(self) {
        drop(self.commits);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the writer ended badly");
        }
    }
}

async fn write(mut connection: Connection, key: Arc<KeyEncryptionKey>, mut waiting: mpsc::Receiver<Commit>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        write_batch(&mut connection, &key, &mut batch).await;
    }
    if let Err(error) = connection.close().await {
        tracing::error!(%error, "the database did not close");
    }
}

async fn write_batch(connection: &mut Connection, key: &KeyEncryptionKey, batch: &mut Vec<Commit>) {
    let (answers, commits): (Vec<_>, Vec<_>) =
        batch.drain(..).map(|commit| (commit.answer, commit.changes)).unzip();
    match write_all(connection, key, commits).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever asked may be gone; the commit stands all the same.
                drop(answer.send(outcome));
            }
        }
        Err(error) => {
            // Nothing of the batch is durable, whatever was found on the way.
            if let Err(error) = statement(connection, "ROLLBACK").await {
                tracing::debug!(%error, "there was no transaction to roll back");
            }
            refuse(answers.into_iter(), &error);
        }
    }
}

/// What became of each commit. An error is the transaction's: all of them failed.
async fn write_all(
    connection: &mut Connection,
    key: &KeyEncryptionKey,
    commits: Vec<Vec<Change>>,
) -> Result<Vec<Answer>, StoreError> {
    statement(connection, "BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(commits.len());
    for changes in commits {
        outcomes.push(write_one(connection, key, changes).await?);
    }
    statement(connection, "COMMIT").await?;
    Ok(outcomes)
}

async fn write_one(
    connection: &mut Connection,
    key: &KeyEncryptionKey,
    changes: Vec<Change>,
) -> Result<Answer, StoreError> {
    statement(connection, "SAVEPOINT one").await?;
    let outcome = apply_all(connection, key, changes).await;
    if let Err(error) = outcome {
        // Where the disk is full or broken, SQLite gives up the transaction, and there is no savepoint any more:
        // to go on would be to write outside of a transaction.
        return match statement(connection, "ROLLBACK TO one; RELEASE one").await {
            Ok(()) => Ok(Err(error)),
            Err(_) => Err(error),
        };
    }
    statement(connection, "RELEASE one").await?;
    Ok(outcome)
}

async fn apply_all(connection: &mut Connection, key: &KeyEncryptionKey, changes: Vec<Change>) -> Answer {
    let revision = sql::revision::advance(connection).await?;
    let mut write = sql::Write { connection, revision, key };
    for change in changes {
        sql::commit::apply(&mut write, change).await?;
    }
    Ok(sql::revision_of(revision))
}

async fn statement(connection: &mut Connection, text: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(text).execute(connection).await?;
    Ok(())
}

/// Tells everybody in the batch that it failed; the cause is logged once.
fn refuse(answers: impl Iterator<Item = oneshot::Sender<Answer>>, error: &StoreError) {
    tracing::error!(error = %Causes(error), "a batch of commits failed");
    for answer in answers {
        drop(answer.send(Err(StoreError::NotDurable)));
    }
}
