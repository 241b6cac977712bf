//! Closed-loop load: so many connections, each with one request under way at any time.
//!
//! All on one thread, so that counting needs no locks and the servers' core is left alone.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

use crate::Outcome;
use crate::caller::Caller;
use crate::connection::Connection;
use crate::process::Server;

/// What hits a server.
pub(crate) struct Load {
    /// Connections.
    pub(crate) connections: usize,
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    /// While everything is.
    pub(crate) measured: Duration,
}

/// What was seen while everything was counted.
pub(crate) struct Window {
    /// Answers with a token, each another.
    pub(crate) tokens: usize,
    /// How long it was.
    pub(crate) elapsed: Duration,
    /// The server's CPU time in it.
    pub(crate) cpu: Duration,
    /// How long answers took, in order.
    pub(crate) latencies: Vec<Duration>,
}

/// What the connections share.
#[derive(Default)]
struct Tally {
    next: usize,
    counting: bool,
    stopped: bool,
    latencies: Vec<Duration>,
    seen: HashSet<u64>,
    repeated: usize,
    hasher: RandomState,
}

impl Load {
    /// Lets it hit the server with requests of these callers in turns. Any answer that is not a token, or a token
    /// seen before, is an error. (A server with few clients gives one of them the same token twice within a second,
    /// where nothing in it differs.)
    pub(crate) async fn hit(&self, server: &Server, callers: &Rc<[Caller]>) -> Outcome<Window> {
        let tally = Rc::new(RefCell::new(Tally::default()));
        let mut connections = JoinSet::new();
        let local = LocalSet::new();
        for _ in 0..self.connections {
            let (address, callers, tally) = (server.address, Rc::clone(callers), Rc::clone(&tally));
            connections.spawn_local_on(
                async move { drive(address, &callers, &tally).await.map_err(|error| error.to_string()) },
                &local,
            );
        }
        let (elapsed, cpu) = local.run_until(self.watch(server, &tally)).await?;
        for ended in local.run_until(connections.join_all()).await {
            ended?;
        }
        let mut tally = tally.take();
        if tally.repeated > 0 {
            return Err(format!("{} tokens came twice: more clients keep them apart", tally.repeated).into());
        }
        tally.latencies.sort_unstable();
        Ok(Window { tokens: tally.latencies.len(), elapsed, cpu, latencies: tally.latencies })
    }

    async fn watch(&self, server: &Server, tally: &RefCell<Tally>) -> Outcome<(Duration, Duration)> {
        tokio::time::sleep(self.warm_up).await;
        tally.borrow_mut().counting = true;
        let (begun, before) = (Instant::now(), server.cpu()?);
        tokio::time::sleep(self.measured).await;
        tally.borrow_mut().counting = false;
        let (elapsed, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(before));
        tally.borrow_mut().stopped = true;
        Ok((elapsed, cpu))
    }
}

impl Tally {
    /// The caller whose turn it is; none when the load is over.
    fn next<'c>(&mut self, callers: &'c [Caller]) -> Option<&'c Caller> {
        if self.stopped {
            return None;
        }
        self.next = (self.next + 1) % callers.len();
        callers.get(self.next)
    }

    fn count(&mut self, latency: Duration, answer: &[u8]) -> Outcome {
        let token = token_of(answer)?;
        if self.counting {
            self.latencies.push(latency);
            let known = !self.seen.insert(self.hasher.hash_one(token));
            self.repeated += usize::from(known);
        }
        Ok(())
    }
}

async fn drive(address: SocketAddr, callers: &[Caller], tally: &RefCell<Tally>) -> Outcome {
    let mut connection = Connection::open(address).await?;
    loop {
        let Some(caller) = tally.borrow_mut().next(callers) else { return Ok(()) };
        let request = caller.request()?;
        let begun = Instant::now();
        let answer = connection.token(request).await?;
        tally.borrow_mut().count(begun.elapsed(), &answer)?;
    }
}

/// The token in an answer. Parsing every answer as JSON would make the load compete with what it measures.
fn token_of(answer: &[u8]) -> Outcome<&[u8]> {
    let token =
        answer.strip_prefix(br#"{"access_token":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
    Ok(token.filter(|token| !token.is_empty()).ok_or("an answer without a token")?)
}
