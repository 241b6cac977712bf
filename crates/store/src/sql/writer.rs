//! A writer: waiting commits share a transaction, and so a flush to the disk.
//!
//! They are written together; where one of them fails, all begin anew, each in a savepoint of its own, so that one that
//! fails takes no other with it. Nobody is answered before the transaction is durable. In between, the uses of secrets that
//! were noted are written.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use grantd_model::{Causes, Revision, Secret, Timestamp};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};

use super::super::{WriteConnection, bounded};
use super::records::Records;
use super::{
    Connection, Write, commit, log_keys, one_time_uses, quotas, revision, revision_of, sealing, write_uses,
};
use crate::key_ring::Sealer;
use crate::secret_uses::SecretUses;
use crate::{
    Change, FormerUses, KeyEncryptionKeys, OneTimeUse, QuotaReservation, QuotaReserved, QuotaReturn,
    StoreError,
};

/// Commits that may wait; more wait to be let in.
const WAITING: usize = 1024;
/// Commits that share one transaction at most, so that the first does not wait for the last for long.
const BATCH: usize = 128;
/// How often a transaction is tried again that met another one, and of which nothing was kept.
const TRIES: u32 = 6;
/// How long the first further try waits; each one twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(5);

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
    /// The uses that a server that starts has to know of.
    TakeOverUses(Timestamp),
}

impl Work {
    /// What it changes of the configuration, if it is a commit.
    fn changes(&self) -> Option<&[Change]> {
        match self {
            Self::Commit(changes) => Some(changes),
            _ => None,
        }
    }

    /// How many revisions it makes.
    fn commits(&self) -> i64 {
        i64::from(self.changes().is_some())
    }
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Written {
    /// Of a commit: the revision that it made.
    pub(crate) revision: Revision,
    /// Of uses: whether all of them were the first.
    pub(crate) first: bool,
    /// Of a reservation: what was reserved.
    pub(crate) reserved: QuotaReserved,
    /// Of taking over: what was taken over.
    pub(crate) former: FormerUses,
}

type Answer = Result<Written, StoreError>;

struct Job {
    work: Work,
    answer: oneshot::Sender<Answer>,
}

/// What reaches the writing task.
enum Message {
    Job(Job),
    /// What waits now is the last.
    Stop,
}

impl Message {
    /// Whether it is a change of the configuration; no token waits for one.
    fn is_commit(&self) -> bool {
        matches!(self, Self::Job(Job { work: Work::Commit(_), .. }))
    }
}

/// The way to a writing task.
pub(crate) struct Writer {
    messages: mpsc::Sender<Message>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts a writing task, which also writes down the uses of secrets, and has forgotten what changes before anybody is
    /// told. It ends, and closes the connection, when the writer is stopped.
    pub(crate) fn start(
        connection: WriteConnection,
        key: Arc<KeyEncryptionKeys>,
        uses: Option<Arc<SecretUses>>,
        records: Arc<Records>,
    ) -> Self {
        let (messages, waiting) = mpsc::channel(WAITING);
        let task = tokio::spawn(write(connection, key, waiting, uses.unwrap_or_default(), records));
        Self { messages, task: Mutex::new(Some(task)) }
    }

    /// Waits until it is durable, or refused.
    pub(crate) async fn write(&self, work: Work) -> Answer {
        let (answer, answered) = oneshot::channel();
        let job = Message::Job(Job { work, answer });
        self.messages.send(job).await.map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }

    /// Lets the jobs that wait go through, writes what was noted, and ends.
    pub(crate) async fn stop(&self) {
        // Whose task has ended needs no word.
        drop(self.messages.send(Message::Stop).await);
        let task = self.task.lock().await.take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the writer ended badly");
        }
    }
}

async fn write(
    mut connection: WriteConnection,
    key: Arc<KeyEncryptionKeys>,
    mut waiting: mpsc::Receiver<Message>,
    uses: Arc<SecretUses>,
    records: Arc<Records>,
) {
    let mut messages = Vec::with_capacity(BATCH);
    let mut ticks = write_uses::ticks();
    loop {
        tokio::select! {
            received = waiting.recv_many(&mut messages, BATCH) => {
                if received == 0 {
                    break;
                }
                if messages.iter().any(Message::is_commit) {
                    // Who is about to ask comes along: one flush to the disk is enough for all of them.
                    yield_now().await;
                    let room = BATCH - messages.len();
                    waiting.recv_many(&mut messages, room).now_or_never();
                }
                if messages.iter().any(|message| matches!(message, Message::Stop)) {
                    waiting.close();
                }
                if !write_batch(&mut connection, &key, &records, &mut messages).await {
                    // Who waits behind a database that does not answer is told so now, and not after as long again.
                    while let Ok(message) = waiting.try_recv() {
                        if let Message::Job(job) = message {
                            drop(job.answer.send(Err(StoreError::NotDurable)));
                        } else {
                            waiting.close();
                        }
                    }
                }
            }
            _ = ticks.tick() => write_uses::write_some(&mut connection, &uses, &mut ticks).await,
        }
    }
    write_uses::write_all(&mut connection, &uses).await;
    connection.close().await;
}

/// No where the database does not answer.
async fn write_batch(
    connection: &mut WriteConnection,
    key: &KeyEncryptionKeys,
    records: &Records,
    messages: &mut Vec<Message>,
) -> bool {
    let jobs = messages.drain(..).filter_map(|message| match message {
        Message::Job(job) => Some((job.answer, job.work)),
        Message::Stop => None,
    });
    let (answers, works): (Vec<_>, Vec<_>) = jobs.unzip();
    if works.is_empty() {
        return true;
    }
    let commits = works.iter().any(|work| work.changes().is_some());
    let written = write_patiently(connection, key, &works).await;
    // What failed may be durable all the same.
    records.forget(works.iter().filter_map(Work::changes).flatten());
    match written {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever asked may be gone; the commit stands all the same.
                drop(answer.send(outcome));
            }
            if commits {
                connection.announce().await;
            }
            true
        }
        Err(error) => {
            refuse(answers.into_iter(), &error);
            !matches!(error, StoreError::TooSlow(_) | StoreError::Uncertain)
        }
    }
}

/// Writes, and again while other transactions are in the way. An error is the transaction's: nothing of the batch
/// is durable then, whatever was found on the way, unless it says that this is not known.
async fn write_patiently(
    connection: &mut WriteConnection,
    key: &KeyEncryptionKeys,
    works: &[Work],
) -> Result<Vec<Answer>, StoreError> {
    let mut tried = 0;
    loop {
        let error = match write_all(connection, key, works).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(error) => connection.give_up(error).await,
        };
        tried += 1;
        if tried == TRIES || !WriteConnection::may_try_again(&error) {
            return Err(error);
        }
        tracing::debug!(error = %Causes(&error), tried, "a transaction is tried again");
        tokio::time::sleep(PAUSE * 2_u32.pow(tried)).await;
    }
}

/// What became of each job.
async fn write_all(
    connection: &mut WriteConnection,
    key: &KeyEncryptionKeys,
    works: &[Work],
) -> Result<Vec<Answer>, StoreError> {
    match write_together(connection, key, works).await? {
        Ok(outcomes) => Ok(outcomes),
        Err(error) => {
            tracing::debug!(error = %Causes(&error), "one of a batch of commits fails");
            connection.give_up(error).await;
            write_apart(connection, key, works).await
        }
    }
}

/// All jobs, or the first error of one. As good as always there is none, and savepoints and a revision for each would be
/// half of all statements. Who waits at the same moment has no order but that of revisions, so the commits come last, all in
/// one list.
async fn write_together(
    connection: &mut WriteConnection,
    key: &KeyEncryptionKeys,
    works: &[Work],
) -> Result<Result<Vec<Answer>, StoreError>, StoreError> {
    let (transaction, sealer) = begin(connection, key).await?;
    let commits = works.iter().map(Work::commits).sum();
    let mut revision = bounded(revision::advance(transaction, commits)).await?;
    let mut changes = Vec::with_capacity(works.len());
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        if let Some(made) = work.changes() {
            revision += 1;
            changes.extend(made.iter().map(|change| (revision, change)));
            outcomes.push(Ok(Written { revision: revision_of(revision), ..Written::default() }));
        } else {
            match attempt(apply(transaction, &sealer, work, revision)).await? {
                Ok(written) => outcomes.push(Ok(written)),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    let applied = async {
        for run in commit::runs(&changes) {
            commit::apply_run(transaction, &sealer, run).await?;
        }
        Ok(())
    };
    if let Err(error) = attempt(applied).await? {
        return Ok(Err(error));
    }
    bounded(connection.commit()).await?;
    Ok(Ok(outcomes))
}

/// What comes of a part of the transaction. An error outside is the transaction's, which may go better another time, or
/// cannot go on.
async fn attempt<T>(
    part: impl Future<Output = Result<T, StoreError>>,
) -> Result<Result<T, StoreError>, StoreError> {
    match bounded(async { Ok(part.await) }).await? {
        Err(error) if WriteConnection::may_try_again(&error) => Err(error),
        outcome => Ok(outcome),
    }
}

/// What becomes of each job where some of them fail.
async fn write_apart(
    connection: &mut WriteConnection,
    key: &KeyEncryptionKeys,
    works: &[Work],
) -> Result<Vec<Answer>, StoreError> {
    let (transaction, sealer) = begin(connection, key).await?;
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        outcomes.push(bounded(write_one(transaction, &sealer, work)).await?);
    }
    bounded(connection.commit()).await?;
    Ok(outcomes)
}

/// A transaction, and what seals in it.
async fn begin<'c, 'k>(
    connection: &'c mut WriteConnection,
    key: &'k KeyEncryptionKeys,
) -> Result<(&'c mut Connection, Sealer<'k>), StoreError> {
    let transaction = bounded(connection.begin()).await?;
    // Nobody else seals anything until the end, so what is named here is named for all that is sealed then.
    let sealer = key.sealer(bounded(sealing::named(transaction)).await?)?;
    Ok((transaction, sealer))
}

async fn write_one(connection: &mut Connection, key: &Sealer<'_>, work: &Work) -> Result<Answer, StoreError> {
    statement(connection, "SAVEPOINT one").await?;
    let outcome = apply_at_next(connection, key, work).await;
    if let Err(error) = outcome {
        if WriteConnection::may_try_again(&error) {
            return Err(error);
        }
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

/// Does the work, at a revision that is taken for it alone.
async fn apply_at_next(connection: &mut Connection, key: &Sealer<'_>, work: &Work) -> Answer {
    let before = revision::advance(connection, work.commits()).await?;
    apply(connection, key, work, before + work.commits()).await
}

/// Does the work; a commit at this revision.
async fn apply(connection: &mut Connection, key: &Sealer<'_>, work: &Work, revision: i64) -> Answer {
    match work {
        Work::Commit(changes) => {
            let revision = apply_all(Write { connection, revision, key }, changes).await?;
            Ok(Written { revision, ..Written::default() })
        }
        Work::Use(uses, now) => {
            let first = one_time_uses::note(connection, uses, *now).await?;
            Ok(Written { first, ..Written::default() })
        }
        Work::ReserveQuota(reservation, now) => {
            let reserved = quotas::reserve(connection, reservation, *now).await?;
            Ok(Written { reserved, ..Written::default() })
        }
        Work::ReturnQuota(unspent) => {
            quotas::give_back(connection, unspent).await?;
            Ok(Written::default())
        }
        Work::MakeLogKey(new) => {
            log_keys::make(connection, key, new).await?;
            Ok(Written::default())
        }
        Work::LeaveUses(uses, now) => {
            one_time_uses::leave(connection, uses, *now).await?;
            Ok(Written::default())
        }
        Work::TakeOverUses(now) => {
            let former = one_time_uses::take_over(connection, *now).await?;
            Ok(Written { former, ..Written::default() })
        }
    }
}

async fn apply_all(mut write: Write<'_>, changes: &[Change]) -> Result<Revision, StoreError> {
    for change in changes {
        commit::apply(&mut write, change).await?;
    }
    Ok(revision_of(write.revision))
}

pub(crate) async fn statement(connection: &mut Connection, text: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(text).execute(connection).await?;
    Ok(())
}

/// Tells everybody in the batch that it failed; the cause is logged once.
fn refuse(answers: impl Iterator<Item = oneshot::Sender<Answer>>, error: &StoreError) {
    tracing::error!(error = %Causes(error), "a batch of commits failed");
    for answer in answers {
        drop(answer.send(Err(match error {
            StoreError::Uncertain => StoreError::Uncertain,
            _ => StoreError::NotDurable,
        })));
    }
}
