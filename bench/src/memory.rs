//! `grantd-bench memory`: that issuing tokens leaves nothing behind. What a server with everything on holds in memory after
//! a thousand tokens and after a million, and that the database of the configuration is not written meanwhile.

use std::fs;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::fill::Size;
use crate::grantd::Grantd;
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::operations::{ON, settings};
use crate::report::{megabytes, show};
use crate::transport::Route;

/// The flags of `grantd-bench memory`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many tokens there are before the memory is read again.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(2_000..))]
    tokens: u32,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// What the suite calls it.
pub(crate) const NAME: &str = "memory";
/// How many tokens there are in the suite.
pub(crate) const TOKENS: usize = 1_000_000;

const CLIENTS: usize = 1_000;
const CONNECTIONS: usize = 32;
/// Tokens after which the memory is first read.
const FIRST: usize = 1_000;
/// Tokens that nothing counts, during which nobody may write the configuration.
const UNCOUNTED: usize = 20_000;
/// What the memory may grow by.
const ALLOWED: f64 = 1.05;
/// The database of the configuration, and the log that SQLite writes ahead of it.
const DATABASE: [&str; 2] = ["grantd.db", "grantd.db-wal"];

/// What was found out.
#[derive(Serialize)]
pub(crate) struct Memory {
    first_tokens: usize,
    first_mb: f64,
    tokens: usize,
    mb: f64,
    /// The growth that is allowed, and whether it was kept to.
    allowed: f64,
    met: bool,
    uncounted_tokens: usize,
    /// Files of the database of the configuration that changed during these.
    written: Vec<&'static str>,
}

/// Runs it alone.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let machine = Machine::read()?;
    let memory = measure(usize::try_from(options.tokens)?).await?;
    if !options.json {
        println!("\n{machine}");
    }
    show(&memory, options.json, Memory::print)
}

/// Measures it, with so many tokens.
pub(crate) async fn measure(tokens: usize) -> Outcome<Memory> {
    let size = Size { clients: CLIENTS, grants_per_client: 1, algorithm: Algorithm::Hs256 };
    let grantd = Grantd::new(ON)?;
    let server = grantd.start()?;
    let administrator = Administrator::log_in(server.address, grantd.data()).await?;
    let callers: Rc<[Caller]> = size.fill(administrator).await?.into();
    server.stop()?;

    let load = Load { connections: CONNECTIONS, warm_up: Duration::ZERO, measured: Duration::ZERO };
    let server = grantd.start()?;
    load.ask_for(CLIENTS, &server, &callers, Route::PLAIN).await?;
    let before = state(&grantd)?;
    load.ask_for(UNCOUNTED, &server, &callers, Route::PLAIN).await?;
    let pairs = DATABASE.into_iter().zip(before.into_iter().zip(state(&grantd)?));
    let written = pairs.filter(|(_, (before, after))| before != after).map(|(name, _)| name).collect();
    let mut administrator = Administrator::log_in(server.address, grantd.data()).await?;
    for (path, body) in settings() {
        administrator.update(path, &body).await?;
    }
    server.stop()?;

    let server = grantd.start()?;
    load.ask_for(FIRST, &server, &callers, Route::PLAIN).await?;
    let first_mb = megabytes(server.memory()?.resident);
    eprintln!("memory: {first_mb:.1} MB after {FIRST} tokens");
    load.ask_for(tokens.saturating_sub(FIRST), &server, &callers, Route::PLAIN).await?;
    let mb = megabytes(server.memory()?.resident);
    eprintln!("memory: {mb:.1} MB after {tokens} tokens");
    server.stop()?;
    Ok(Memory {
        first_tokens: FIRST,
        first_mb,
        tokens,
        mb,
        allowed: ALLOWED,
        met: mb <= first_mb * ALLOWED,
        uncounted_tokens: UNCOUNTED,
        written,
    })
}

/// Length and time of the last change of each file of the database of the configuration; none where there is no file.
fn state(grantd: &Grantd) -> Outcome<Vec<Option<(u64, SystemTime)>>> {
    let of = |name| -> Outcome<_> {
        let path = grantd.data().join(name);
        if !path.try_exists()? {
            return Ok(None);
        }
        let file = fs::metadata(path)?;
        Ok(Some((file.len(), file.modified()?)))
    };
    DATABASE.into_iter().map(of).collect()
}

impl Memory {
    /// For people.
    pub(crate) fn print(&self) {
        let Self { first_tokens, first_mb, tokens, mb, uncounted_tokens, .. } = self;
        println!("\nmemory, HS256, {CLIENTS} clients, everything on");
        println!("  resident after {first_tokens:>9} tokens: {first_mb:.1} MB");
        println!("  resident after {tokens:>9} tokens: {mb:.1} MB");
        let (growth, met) = (mb / first_mb, if self.met { "met" } else { "missed" });
        println!("  {growth:.3} times as much; the goal is at most {:.2}: {met}", self.allowed);
        let written = if self.written.is_empty() { "none".to_owned() } else { self.written.join(", ") };
        println!("  writes to the database of the configuration: {written}");
        println!("  (during {uncounted_tokens} tokens without quotas, by size and time of its files)");
    }
}
