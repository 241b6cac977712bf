//! `grantd-bench`: what a token costs grantd, beside what its signature and its HTTP cost anybody. `suite` is one run for
//! who doubts it: many kinds of tokens and connections, beside oidc-provider, too, and memory. The others look at one thing
//! closely: `token` at one kind of token, `methods` at all kinds, `operations` at what watching costs, `nodes` at several
//! servers, `overload` at more requests than there can be tokens, `management` at the Management API, `memory` at what
//! tokens leave behind, `instructions` at what a token takes where times differ.
//!
//! One run starts grantd, fills it through its own Management API, starts the ceiling (a server that only signs)
//! and lets the same load hit the two in turns. A slow result is a result: only errors make the exit code 1, and in `suite`
//! not even they, which it counts.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the report and the progress are for people")]

mod administrator;
mod algorithm;
mod caller;
mod ceiling;
mod check;
mod connection;
mod fill;
mod grantd;
mod group;
mod instructions;
mod load;
mod machine;
mod management;
mod memory;
mod method;
mod methods;
mod methods_report;
mod multitude;
mod nodes;
mod oidc_provider;
mod open_load;
mod operations;
mod overload;
mod process;
mod report;
mod signing_key;
mod spread;
mod statement;
mod suite;
mod tls;
mod token;
mod transport;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The same as grantd's, so that the two servers differ in what they do and not in what they are made of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can go wrong here goes to a person.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Measures grantd.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Many kinds of tokens and connections beside the ceiling and oidc-provider, and memory: about fifteen minutes.
    Suite(suite::Options),
    /// Tokens per second, CPU time per token, latency, memory and start-up, beside the ceiling.
    Token(token::Options),
    /// CPU time per token for each way to authenticate and each way to sign, beside the ceiling.
    Methods(methods::Options),
    /// CPU time per token with logs, metrics, quotas and limits on, beside all of it off.
    Operations(operations::Options),
    /// Several nodes on one PostgreSQL: starts, memory, how soon a change is in force, tokens per second.
    Nodes(nodes::Options),
    /// How long tokens take at 80 % of capacity, and how many come in time at twice as much.
    Overload(overload::Options),
    /// How many instructions a token takes, which hardly differs between runs and machines.
    Instructions(instructions::Options),
    /// How many grants are made in a second, and what reading costs where there are very many.
    Management(management::Options),
    /// Resident memory after a thousand and after a million tokens, and whether they write the configuration.
    Memory(memory::Options),
    /// The ceiling itself; the others start it.
    #[command(hide = true)]
    Ceiling(ceiling::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Token(options) => token::run(&options).await,
        Command::Methods(options) => methods::run(&options).await,
        Command::Operations(options) => operations::run(&options).await,
        Command::Nodes(options) => nodes::run(&options).await,
        Command::Overload(options) => overload::run(&options).await,
        Command::Instructions(options) => instructions::run(&options).await,
        Command::Management(options) => management::run(&options).await,
        Command::Suite(options) => suite::run(&options).await,
        Command::Memory(options) => memory::run(&options).await,
        Command::Ceiling(options) => ceiling::run(&options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grantd-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
