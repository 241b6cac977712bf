//! The one writer: waiting commits share a transaction, and so a flush to the disk.
//!
//! Each commit runs in a savepoint of its own, so that one that fails takes no other with it. Nobody is
//! answered before the transaction is durable. In between, the uses of secrets that were noted are written.

use std::sync::Arc;

use grantd_model::{Causes, Revision, Secret, Timestamp};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Connection, secret_uses, sql};
use crate::key_ring::Sealer;
use crate::secret_uses::SecretUses;
use crate::{
    Change, KeyEncryptionKeys, OneTimeUse, QuotaReservation, QuotaReserved, QuotaReturn, StoreError,
};

/// Commits that may wait; more wait to be let in.
const WAITING: usize = 1024;
/// Commits that share one transaction at most, so that the first does not wait for the last for long.
const BATCH: usize = 128;

/// Something to be written.
pub(crate) enum Work {
    /// Changes of the configuration, at the next revision.
    Commit(Vec<Change>),
    /// One-time uses, outside of the revision.
    Use(Vec<OneTimeUse>, Timestamp),
    /// Some tokens of a quota.
    ReserveQuota(QuotaReservation, Timestamp),
    /// Tokens that were reserved and not issued.
    ReturnQuota(Vec<QuotaReturn>),
    /// The key of the log's hash chain, unless there is one.
    MakeLogKey(Secret),
    /// All the uses that a server that stops knows of.
    LeaveUses(Vec<OneTimeUse>, Timestamp),
}

/// What came of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    /// Of a commit: the revision that it made.
    pub(crate) revision: Revision,
    /// Of uses: whether all of them were the first.
    pub(crate) first: bool,
    /// Of a reservation: what was reserved.
    pub(crate) reserved: QuotaReserved,
}

type Answer = Result<Written, StoreError>;

struct Job {
    work: Work,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writing task.
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts the writing task. It ends, and closes the file, when the writer is stopped.
    pub(crate) fn start(connection: Connection, key: Arc<KeyEncryptionKeys>, uses: Arc<SecretUses>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        Self { jobs, task: tokio::spawn(write(connection, key, waiting, uses)) }
    }

    /// Waits until it is durable, or refused.
    pub(crate) async fn write(&self, work: Work) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { work, answer }).await.map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }

    /// Lets the jobs that wait go through, writes what was noted, and ends.
    pub(crate) async fn stop(self) {
        drop(self.jobs);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the writer ended badly");
        }
    }
}

async fn write(
    mut connection: Connection,
    key: Arc<KeyEncryptionKeys>,
    mut waiting: mpsc::Receiver<Job>,
    uses: Arc<SecretUses>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut ticks = secret_uses::ticks();
    loop {
        tokio::select! {
            jobs = waiting.recv_many(&mut batch, BATCH) => match jobs {
                0 => break,
                _ => write_batch(&mut connection, &key, &mut batch).await,
            },
            _ = ticks.tick() => secret_uses::write_some(&mut connection, &uses, &mut ticks).await,
        }
    }
    secret_uses::write_all(&mut connection, &uses).await;
    if let Err(error) = connection.close().await {
        tracing::error!(%error, "the database did not close");
    }
}

async fn write_batch(connection: &mut Connection, key: &KeyEncryptionKeys, batch: &mut Vec<Job>) {
    let (answers, works): (Vec<_>, Vec<_>) = batch.drain(..).map(|job| (job.answer, job.work)).unzip();
    match write_all(connection, key, works).await {
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

/// What became of each job. An error is the transaction's: all of them failed.
async fn write_all(
    connection: &mut Connection,
    key: &KeyEncryptionKeys,
    works: Vec<Work>,
) -> Result<Vec<Answer>, StoreError> {
    statement(connection, "BEGIN IMMEDIATE").await?;
    // Nobody else writes until COMMIT, so what is named here is named for all that is sealed below.
    let sealer = key.sealer(sql::sealing::named(connection).await?)?;
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        outcomes.push(write_one(connection, &sealer, work).await?);
    }
    statement(connection, "COMMIT").await?;
    Ok(outcomes)
}

async fn write_one(connection: &mut Connection, key: &Sealer<'_>, work: Work) -> Result<Answer, StoreError> {
    statement(connection, "SAVEPOINT one").await?;
    let outcome = apply(connection, key, work).await;
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

async fn apply(connection: &mut Connection, key: &Sealer<'_>, work: Work) -> Answer {
    match work {
        Work::Commit(changes) => {
            Ok(Written { revision: apply_all(connection, key, changes).await?, ..Written::default() })
        }
        Work::Use(uses, now) => {
            let first = sql::one_time_uses::note(connection, &uses, now).await?;
            Ok(Written { first, ..Written::default() })
        }
        Work::ReserveQuota(reservation, now) => {
            let reserved = sql::quotas::reserve(connection, &reservation, now).await?;
            Ok(Written { reserved, ..Written::default() })
        }
        Work::ReturnQuota(unspent) => {
            sql::quotas::give_back(connection, &unspent).await?;
            Ok(Written::default())
        }
        Work::MakeLogKey(new) => {
            sql::log_keys::make(connection, key, &new).await?;
            Ok(Written::default())
        }
        Work::LeaveUses(uses, now) => {
            sql::one_time_uses::leave(connection, &uses, now).await?;
            Ok(Written::default())
        }
    }
}

async fn apply_all(
    connection: &mut Connection,
    key: &Sealer<'_>,
    changes: Vec<Change>,
) -> Result<Revision, StoreError> {
    let revision = sql::revision::advance(connection).await?;
    let mut write = sql::Write { connection, revision, key };
    for change in changes {
        sql::commit::apply(&mut write, change).await?;
    }
    Ok(sql::revision_of(revision))
}

pub(super) async fn statement(connection: &mut Connection, text: &'static str) -> Result<(), StoreError> {
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
