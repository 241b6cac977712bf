//! Open-loop load: requests come at their times, whether or not the answers to earlier ones are there.
//!
//! Who waits too long goes away, as clients with a time-out do. Times count from when a request was due, so that a load
//! which falls behind hides nothing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::task::LocalSet;
use tokio::time::{sleep_until, timeout};

use crate::Outcome;
use crate::caller::Caller;
use crate::connection::Connection;

/// So many requests a second for so long.
pub(crate) struct OpenLoad {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    /// While everything is.
    pub(crate) measured: Duration,
    /// How long somebody waits for an answer.
    pub(crate) patience: Duration,
}

/// What became of the requests that were due while everything was counted.
#[derive(Default)]
pub(crate) struct Seen {
    /// How many there were.
    pub(crate) due: usize,
    /// How long tokens took, in order.
    pub(crate) tokens: Vec<Duration>,
    /// How long answers took that said to come back later, in order.
    pub(crate) turned_away: Vec<Duration>,
    /// Answers that did not come in time.
    pub(crate) late: usize,
}

/// What all requests share.
struct Shared {
    address: SocketAddr,
    patience: Duration,
    callers: Rc<[Caller]>,
    idle: RefCell<VecDeque<Connection>>,
    seen: RefCell<Seen>,
    failed: RefCell<Option<String>>,
}

enum Ended {
    Token,
    TurnedAway,
    Late,
}

impl OpenLoad {
    /// Lets it hit the server. An answer that is neither a token nor 503 is an error.
    pub(crate) async fn hit(&self, address: SocketAddr, callers: &Rc<[Caller]>) -> Outcome<Seen> {
        let shared = Rc::new(Shared {
            address,
            patience: self.patience,
            callers: Rc::clone(callers),
            idle: RefCell::default(),
            seen: RefCell::default(),
            failed: RefCell::default(),
        });
        let local = LocalSet::new();
        local.run_until(self.send(&shared, &local)).await;
        // The last ones have their time, too.
        local.run_until(tokio::time::sleep(self.patience + Duration::from_millis(100))).await;
        if let Some(failed) = shared.failed.take() {
            return Err(failed.into());
        }
        let mut seen = shared.seen.take();
        seen.tokens.sort_unstable();
        seen.turned_away.sort_unstable();
        Ok(seen)
    }

    async fn send(&self, shared: &Rc<Shared>, local: &LocalSet) {
        let begun = Instant::now();
        let counted = begun + self.warm_up;
        let end = counted + self.measured;
        let (mut number, mut due) = (0_u32, begun);
        loop {
            due += gap(number).div_f64(self.rate);
            if due >= end || shared.failed.borrow().is_some() {
                return;
            }
            if due > Instant::now() {
                sleep_until(due.into()).await;
            }
            let counts = due >= counted;
            shared.seen.borrow_mut().due += usize::from(counts);
            let shared = Rc::clone(shared);
            local.spawn_local(async move { shared.ask(number, due, counts).await });
            number += 1;
            if number.is_multiple_of(16) {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Seconds to the next request where there is one a second, by chance as independent clients come (a Poisson process); the
/// same chance each time.
fn gap(number: u32) -> Duration {
    // SplitMix64, of which the upper half is a fraction of one.
    let mut state = u64::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let fraction = f64::from(u32::try_from(state >> 32).unwrap_or_default()) / f64::from(u32::MAX);
    Duration::from_secs_f64(-(1.0 - fraction).max(1e-9).ln())
}

impl Shared {
    async fn ask(&self, number: u32, due: Instant, counts: bool) {
        let left = (due + self.patience).saturating_duration_since(Instant::now());
        // Who goes away takes the connection along.
        let ended = match timeout(left, self.exchange(number)).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => {
                self.failed.borrow_mut().get_or_insert(error.to_string());
                return;
            }
            Err(_) => Ended::Late,
        };
        if !counts {
            return;
        }
        let took = due.elapsed();
        let mut seen = self.seen.borrow_mut();
        match ended {
            Ended::Token => seen.tokens.push(took),
            Ended::TurnedAway => seen.turned_away.push(took),
            Ended::Late => seen.late += 1,
        }
    }

    async fn exchange(&self, number: u32) -> Outcome<Ended> {
        let idle = self.idle.borrow_mut().pop_back();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let place = usize::try_from(number)? % self.callers.len();
        let caller = self.callers.get(place).ok_or("there are no callers")?;
        let ended = match connection.try_token(caller.request()?).await? {
            StatusCode::OK => Ended::Token,
            StatusCode::SERVICE_UNAVAILABLE => Ended::TurnedAway,
            status => return Err(format!("the server answered {status}").into()),
        };
        self.idle.borrow_mut().push_back(connection);
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_at_the_rate_and_by_chance() {
        let gaps: Vec<f64> = (0..10_000).map(|number| gap(number).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        // Of exponential gaps, 37 % are longer than the mean.
        let longer = gaps.iter().filter(|gap| **gap > 1.0).count();
        assert!((3_500..3_900).contains(&longer), "{longer}");
    }
}
