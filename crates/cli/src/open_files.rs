//! How many files the process may have open: each connection is one.

use grantd_server::Listener;

/// What is open beside the connections: the database, the listener, the log.
const OTHERS: u64 = 100;

/// Takes all that the system grants. The usual soft limit of 1,024 is for programs that use `select`; the hard limit
/// is the administrator's.
pub(crate) fn raise_limit() {
    let needed = u64::try_from(Listener::CONNECTIONS).unwrap_or(u64::MAX).saturating_add(OTHERS);
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < needed => {
            tracing::warn!(
                limit,
                needed,
                "the limit of open files (ulimit -Hn) is too low for as many connections as the server would take"
            );
        }
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}
