//! Closed-loop load: so many connections or streams, each with one request under way at any time.
//!
//! All on one thread, so that counting needs no locks and the servers' core is left alone.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::sleep;

use crate::Outcome;
use crate::caller::Caller;
use crate::process::Server;
use crate::transport::{Line, Route};

/// How long somebody waits who got no token: a server that is gone would be asked without end.
const PAUSE: Duration = Duration::from_millis(10);

/// What hits a server.
pub(crate) struct Load {
    /// Connections, or streams.
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
    /// Requests that led to no token, or to one that had come before.
    pub(crate) errors: usize,
    /// What the first of them came to, in the warm-up or later.
    pub(crate) first_error: Option<String>,
}

/// What the connections share.
#[derive(Default)]
struct Tally {
    next: usize,
    counting: bool,
    stopped: bool,
    /// Requests that are still to be sent, where there is a number of them.
    left: Option<usize>,
    latencies: Vec<Duration>,
    seen: HashSet<u64>,
    hasher: RandomState,
    errors: usize,
    first_error: Option<String>,
}

impl Load {
    /// Lets it hit the server with requests of these callers in turns, on keep-alive connections without TLS. Any
    /// answer that is not a token, or a token seen before, is an error. (A server with few clients gives one of them
    /// the same token twice within a second, where nothing in it differs.)
    pub(crate) async fn hit(&self, server: &Server, callers: &Rc<[Caller]>) -> Outcome<Window> {
        let window = self.try_hit(server, callers, Route::PLAIN).await?;
        match window.first_error {
            Some(error) => Err(error.into()),
            None => Ok(window),
        }
    }

    /// Lets it hit the server by this route, and counts the errors.
    pub(crate) async fn try_hit(
        &self,
        server: &Server,
        callers: &Rc<[Caller]>,
        route: Route<'_>,
    ) -> Outcome<Window> {
        let lines = Line::open(self.connections, server.address, route).await?;
        let (tally, local) = (Rc::new(RefCell::new(Tally::new(None))), LocalSet::new());
        let connections = spawn(lines, callers, &tally, &local);
        let (elapsed, cpu) = local.run_until(self.watch(server, &tally)).await?;
        local.run_until(connections.join_all()).await;
        let Tally { mut latencies, errors, first_error, .. } = tally.take();
        latencies.sort_unstable();
        Ok(Window { tokens: latencies.len(), elapsed, cpu, latencies, errors, first_error })
    }

    /// Has the callers get so many tokens in turns, in whatever time that takes.
    pub(crate) async fn ask_for(
        &self,
        tokens: usize,
        server: &Server,
        callers: &Rc<[Caller]>,
        route: Route<'_>,
    ) -> Outcome {
        let lines = Line::open(self.connections, server.address, route).await?;
        let (tally, local) = (Rc::new(RefCell::new(Tally::new(Some(tokens)))), LocalSet::new());
        local.run_until(spawn(lines, callers, &tally, &local).join_all()).await;
        let first_error = tally.borrow_mut().first_error.take();
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn watch(&self, server: &Server, tally: &RefCell<Tally>) -> Outcome<(Duration, Duration)> {
        sleep(self.warm_up).await;
        tally.borrow_mut().counting = true;
        let (begun, before) = (Instant::now(), server.cpu()?);
        sleep(self.measured).await;
        tally.borrow_mut().counting = false;
        let (elapsed, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(before));
        tally.borrow_mut().stopped = true;
        Ok((elapsed, cpu))
    }
}

impl Tally {
    fn new(left: Option<usize>) -> Self {
        let hasher = RandomState::new();
        // It begins anywhere: a short load on very many callers would always meet the first of them.
        let next = usize::try_from(hasher.hash_one(0) >> 32).unwrap_or_default();
        Self { next, left, hasher, ..Self::default() }
    }

    /// The caller whose turn it is; none when the load is over.
    fn next<'c>(&mut self, callers: &'c [Caller]) -> Option<&'c Caller> {
        if self.stopped || self.left == Some(0) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        self.next = (self.next + 1) % callers.len();
        callers.get(self.next)
    }

    fn count(&mut self, latency: Duration, answer: &[u8]) -> Outcome {
        let token = token_of(answer)?;
        if self.counting {
            if !self.seen.insert(self.hasher.hash_one(token)) {
                return Err("a token came twice: more clients keep them apart".into());
            }
            self.latencies.push(latency);
        }
        Ok(())
    }

    fn fail(&mut self, error: &str) {
        self.errors += usize::from(self.counting);
        self.first_error.get_or_insert_with(|| error.to_owned());
    }
}

fn spawn(
    lines: Vec<Line>,
    callers: &Rc<[Caller]>,
    tally: &Rc<RefCell<Tally>>,
    local: &LocalSet,
) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    for line in lines {
        let (callers, tally) = (Rc::clone(callers), Rc::clone(tally));
        connections.spawn_local_on(async move { drive(line, &callers, &tally).await }, local);
    }
    connections
}

async fn drive(mut line: Line, callers: &[Caller], tally: &RefCell<Tally>) {
    loop {
        let Some(caller) = tally.borrow_mut().next(callers) else { return };
        let asked = ask(&mut line, caller).await;
        let counted = asked.and_then(|(latency, answer)| tally.borrow_mut().count(latency, &answer));
        if let Err(error) = counted {
            tally.borrow_mut().fail(&error.to_string());
            sleep(PAUSE).await;
        }
    }
}

async fn ask(line: &mut Line, caller: &Caller) -> Outcome<(Duration, Bytes)> {
    let request = caller.request()?;
    let begun = Instant::now();
    let answer = line.token(request).await?;
    Ok((begun.elapsed(), answer))
}

/// The token in an answer. Parsing every answer as JSON would make the load compete with what it measures.
fn token_of(answer: &[u8]) -> Outcome<&[u8]> {
    let token =
        answer.strip_prefix(br#"{"access_token":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
    Ok(token.filter(|token| !token.is_empty()).ok_or("an answer without a token")?)
}
