//! The binary: the only place that reads flags, files and the environment.

mod admin;
mod audit;
mod backup;
mod client_certificates;
mod configuration;
mod data;
mod database;
mod demo;
mod event_log;
mod first_start;
mod import;
mod issuer;
mod key_files;
mod keys;
mod local_ca;
mod log_fields;
mod log_lines;
mod migrate;
mod open_files;
mod operations;
mod outbound;
mod serve;
mod stop;
mod token;
#[cfg(feature = "otlp")]
mod traces;
mod world;

use std::env::VarError;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::log_fields::PlainFields;
use crate::log_lines::Gathered;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted authorization server for machine-to-machine access, speaking Auth0's protocol.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How the log on standard error looks.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = LogFormat::Text,
        env = "GRANTD_LOG_FORMAT",
        display_order = 100
    )]
    log_format: LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server on a data folder, which the first start fills.
    Serve(serve::Serve),
    /// Show the main job on a temporary server, and leave it running to play with.
    Demo(demo::Demo),
    /// Give the administration client of a stopped server a new secret, and make it usable again.
    ///
    /// For when admin.json is lost, or the client was changed or deleted. The new admin.json is written to the data
    /// folder. All other secrets, keys and outside identities of the client cease to count; tokens that are out stay good
    /// until they expire. Everything else stays as it is.
    Admin(admin::Regain),
    /// The key-encryption key, which seals all secrets of a data folder.
    Keys(keys::Keys),
    /// The event log of a data folder, and whether it is whole.
    Audit(audit::Audit),
    /// Copy a data folder, as it is at one moment, into a backup. The server may run, and does not notice.
    ///
    /// The configuration and the event log are in it. The key-encryption key is so only with --with-key: without it the
    /// key has to be kept apart. What was made for this machine is not: admin.json and the local certificate authority.
    Backup(backup::Backup),
    /// Make a data folder of a backup.
    ///
    /// The backup is checked before: nothing in it may be missing, damaged, or of a newer version, and the key has to open
    /// its secrets. What happened after it was taken is forgotten.
    Restore(backup::Restore),
    /// Move a deployment to another kind of database.
    Migrate(migrate::Migrate),
    /// Write the configuration of a server as YAML: organizations, APIs, clients, client grants and settings, without secrets.
    Export(configuration::Export),
    /// Say what applying a configuration would change.
    ///
    /// The exit status is 0 when everything is as declared, 2 when something would change, 1 when it could not be told.
    Plan(configuration::Plan),
    /// Make a server's configuration what files say, in one step: all of it, or nothing.
    ///
    /// What is going to change is shown first, and exactly that is applied.
    Apply(configuration::Apply),
    /// Bring the configuration of another authorization server over.
    Import(import::Import),
    /// Get an access token, for a CI job or a workload, and print it.
    Token(token::Token),
    /// Print the OpenAPI document of the Management API.
    Openapi,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a server says, unless something else is asked for. What PostgreSQL notices is nobody's business.
const TALKING: &str = "info,sqlx::postgres::notice=warn";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let talks = matches!(arguments.command, Command::Serve(_));
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default().is_ok();
    let written = match start_logging(&arguments, if talks { TALKING } else { "warn" }) {
        Ok(written) => written,
        Err(error) => {
            complain(&*error);
            return ExitCode::FAILURE;
        }
    };
    if !installed {
        tracing::debug!("a cryptography provider was installed before");
    }
    let outcome = run(arguments.command).await;
    // What was logged is written before what went wrong is said.
    drop(written);
    outcome.unwrap_or_else(|error| {
        complain(&*error);
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> Outcome<ExitCode> {
    let done = match command {
        Command::Serve(serve) => serve.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Admin(admin) => admin.run().await,
        Command::Keys(keys) => keys.run().await,
        Command::Audit(audit) => audit.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Restore(restore) => restore.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Export(export) => return export.run().await,
        Command::Plan(plan) => return plan.run().await,
        Command::Apply(apply) => return apply.run().await,
        Command::Import(import) => return import.run().await,
        Command::Token(token) => token.run().await,
        Command::Openapi => print_openapi(),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// What can go wrong here goes to a person.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// `GRANTD_LOG` filters as `RUST_LOG` does elsewhere: `GRANTD_LOG=debug`. A thread writes: whoever reads the log slowly, or not
/// at all, must not hold up tokens. 128,000 lines wait for it; what is beyond is dropped.
#[cfg_attr(
    not(feature = "otlp"),
    expect(clippy::unnecessary_wraps, reason = "a collector can be named wrongly")
)]
fn start_logging(arguments: &Arguments, default: &str) -> Outcome<Written> {
    let (filter, ignored) = match log_filter() {
        Ok(filter) => (filter, None),
        Err(error) => (None, Some(error)),
    };
    let filter = filter.unwrap_or_else(|| EnvFilter::new(default));
    let (writer, log) = tracing_appender::non_blocking(Gathered::to(io::stderr()));
    let colours = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(writer);
    let lines = match arguments.log_format {
        LogFormat::Text if colours => lines.boxed(),
        LogFormat::Text => lines.fmt_fields(PlainFields).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    #[cfg(feature = "otlp")]
    let written = {
        let (layer, sent) = arguments.traces().layer()?.unzip();
        subscriber.with(layer).init();
        Written { _log: log, _traces: sent }
    };
    #[cfg(not(feature = "otlp"))]
    let written = {
        subscriber.init();
        Written { _log: log }
    };
    if let Some(error) = ignored {
        tracing::warn!(%error, "GRANTD_LOG is ignored");
    }
    Ok(written)
}

/// What is written and sent to its end when this goes; the traces first, since they may have something to log.
struct Written {
    #[cfg(feature = "otlp")]
    _traces: Option<traces::Sent>,
    _log: WorkerGuard,
}

#[cfg(feature = "otlp")]
impl Arguments {
    /// Only a server makes traces.
    fn traces(&self) -> traces::TraceFlags {
        match &self.command {
            Command::Serve(serve) => serve.traces.clone(),
            _ => traces::TraceFlags::default(),
        }
    }
}

/// What `GRANTD_LOG` says, if it says anything.
fn log_filter() -> Outcome<Option<EnvFilter>> {
    match std::env::var("GRANTD_LOG") {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(EnvFilter::try_new(text)?)),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn print_openapi() -> Outcome {
    Ok(say(&serde_json::to_string_pretty(&grantd_schema::openapi())?)?)
}

/// A line on standard output. Who reads it may have read enough: `grantd openapi | head` is no failure.
fn say(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// An error and what caused it, one line each.
#[expect(clippy::print_stderr, reason = "the last word of a failed command")]
fn complain(error: &dyn std::error::Error) {
    eprintln!("grantd: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprintln!("  because: {cause}");
        source = cause.source();
    }
}
