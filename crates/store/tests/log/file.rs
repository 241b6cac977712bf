//! A log's file, and a way to its rows beside the log.

use std::path::PathBuf;

use grantd_model::{LogEvent, LogEventKind, LogPosition, Secret, Timestamp};
use grantd_store::{ChainFault, ChainHash, ChainKey, Log, SqliteLog, Verified, verify_log};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

pub(crate) struct File(TempDir);

pub(crate) fn key(byte: u8) -> ChainKey {
    ChainKey::new(&Secret::from(vec![byte; ChainKey::LENGTH]))
}

/// The event of a second: every third is a denial, clients take turns.
pub(crate) fn event(second: u64) -> LogEvent<'static> {
    let kind = if second.is_multiple_of(3) { LogEventKind::TokenDenied } else { LogEventKind::TokenIssued };
    LogEvent {
        client_id: (!second.is_multiple_of(5)).then(|| format!("client{}", second % 4).into()),
        ..LogEvent::new(kind, Timestamp::from_seconds(second), format!("event {second}"), "tenant")
    }
}

impl File {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("events.db")
    }

    pub(crate) async fn open(&self) -> SqliteLog {
        SqliteLog::open(&self.path(), key(7)).await.unwrap()
    }

    /// A log with an event for each of these seconds, closed.
    pub(crate) async fn filled(seconds: std::ops::RangeInclusive<u64>) -> Self {
        let file = Self::new();
        let log = file.open().await;
        log.append(&seconds.map(event).collect()).await.unwrap();
        log.close().await;
        file
    }

    /// Does something to the rows that the log knows nothing of.
    pub(crate) async fn execute(&self, text: &str) {
        let mut connection = SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) async fn verify(&self) -> Result<Verified, ChainFault> {
        self.verify_expecting(None).await
    }

    pub(crate) async fn verify_expecting(
        &self,
        expected: Option<(LogPosition, ChainHash)>,
    ) -> Result<Verified, ChainFault> {
        verify_log(&self.path(), &key(7), expected, |_| {}).await.unwrap()
    }
}
