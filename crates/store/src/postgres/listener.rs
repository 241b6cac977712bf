//! Hearing of commits on other nodes. Whatever goes wrong here costs time and nothing else.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::write_connection::CHANNEL;

/// How long it takes until a listener that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a listener that hears nothing is believed.
const SILENT: Duration = Duration::from_mins(1);

/// A connection that listens, as long as this is kept.
pub(super) struct Listener {
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Listener {
    pub(super) fn start(options: PgConnectOptions) -> Self {
        let news = Arc::new(Notify::new());
        let task = tokio::spawn(listen(options, Arc::clone(&news)));
        Self { news, task }
    }

    /// Returns when something was heard since the last time.
    pub(super) async fn heard(&self) {
        self.news.notified().await;
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens, and again after each failure. What was said in between was not heard, so who follows asks at once.
async fn listen(options: PgConnectOptions, news: Arc<Notify>) {
    let mut works = true;
    loop {
        let Err(error) = hear(&options, &news).await else { continue };
        if std::mem::take(&mut works) {
            tracing::info!(%error, "commits of other nodes are not heard of at once; asking for them goes on");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Hears until nothing has been said for a while: nobody knows then whether the connection is one still.
async fn hear(options: &PgConnectOptions, news: &Notify) -> Result<(), sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        news.notify_one();
        // None: the connection was lost, and is made again by the next call.
        match timeout(SILENT, listener.try_recv()).await {
            Ok(heard) => drop(heard?),
            Err(_) => return Ok(()),
        }
    }
}
