//! One run: fill, start both servers, hit them in turns, report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::check::Jws;
use crate::connection::Connection;
use crate::fill::{Size, text};
use crate::load::Load;
use crate::machine::{self, Machine};
use crate::process::Server;
use crate::report::{Measured, Report, Round, megabytes};

/// The flags of `grantd-bench token`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many clients there are.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clients: u32,
    /// How many of the 16 APIs each client has a grant for.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=16))]
    grants_per_client: u32,
    /// Seconds that each server is measured for in each round.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Keep-alive connections of the load.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// How often the two servers take turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How tokens are signed.
    #[arg(long, value_enum, default_value_t = Algorithm::Rs256)]
    algorithm: Algorithm,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Warm starts that are timed.
const STARTS: usize = 10;
/// What each server runs under load before it is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// Runs it all.
pub(crate) async fn run(options: &Options) -> Outcome {
    machine::pin_load()?;
    let bench = std::env::current_exe()?;
    let grantd = match std::env::var_os("GRANTD_BIN") {
        Some(named) => PathBuf::from(named),
        None => bench.with_file_name("grantd"),
    };
    let folder = tempfile::tempdir()?;
    let data = Grantd { program: &grantd, data: folder.path(), log: folder.path().join("log") };

    let server = data.start()?;
    let size = Size {
        clients: usize::try_from(options.clients)?,
        grants_per_client: usize::try_from(options.grants_per_client)?,
        algorithm: options.algorithm,
    };
    let requests = size.fill(server.address, folder.path()).await?;
    server.stop()?;
    let starts = data.warm_starts()?;

    let server = data.start()?;
    let idle = server.memory()?;
    let sample = sample(&server, options.algorithm, &requests).await?;
    let ceiling = Server::start(
        &bench,
        &["ceiling", "--like", &sample, "--algorithm", options.algorithm.name()],
        &data.log,
    )?;
    let load = Load {
        requests,
        connections: usize::try_from(options.connections)?,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let mut report = Report {
        machine: Machine::read()?,
        algorithm: options.algorithm.name(),
        clients: size.clients,
        grants: size.clients * size.grants_per_client,
        connections: load.connections,
        seconds: options.seconds,
        start_ms: starts.iter().map(|start| start.as_secs_f64() * 1e3).collect(),
        idle_mb: megabytes(idle.resident),
        answer_bytes: sample.len(),
        rounds: Vec::new(),
    };
    for number in 1..=options.rounds {
        let grantd = measure(&load, &server).await?;
        let ceiling = measure(&load, &ceiling).await?;
        eprintln!("round {number} of {}: {:.1} and {:.1} µs", options.rounds, grantd.cpu_us, ceiling.cpu_us);
        report.rounds.push(Round { grantd, ceiling });
    }
    // What was measured issued real tokens to the end.
    self::sample(&server, options.algorithm, &load.requests).await?;
    if options.json {
        return report.print_json();
    }
    report.print();
    Ok(())
}

async fn measure(load: &Load, server: &Server) -> Outcome<Measured> {
    let window = load.hit(server).await?;
    Measured::new(&window, server.memory()?)
}

/// An answer of the server, with a token that has been verified.
async fn sample(server: &Server, algorithm: Algorithm, requests: &[Bytes]) -> Outcome<String> {
    let mut connection = Connection::open(server.address).await?;
    let request = requests.first().ok_or("no requests")?;
    let answer = connection.token(request.clone()).await?;
    let token = text(&serde_json::from_slice::<Value>(&answer)?, "access_token")?;
    Jws::parse(&token)?.verify(algorithm, &connection.get("/.well-known/jwks.json").await?)?;
    Ok(String::from_utf8(answer.into())?)
}

/// grantd on one data folder.
struct Grantd<'a> {
    program: &'a Path,
    data: &'a Path,
    log: PathBuf,
}

impl Grantd<'_> {
    fn start(&self) -> Outcome<Server> {
        let data = self.data.to_str().ok_or("the temporary folder has no name in UTF-8")?;
        let arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--plain-http"];
        Server::start(self.program, &arguments, &self.log)
    }

    /// How long it takes to be ready on a folder that is filled.
    fn warm_starts(&self) -> Outcome<Vec<Duration>> {
        let mut starts = Vec::with_capacity(STARTS);
        for _ in 0..STARTS {
            let server = self.start()?;
            starts.push(server.start);
            server.stop()?;
        }
        starts.sort_unstable();
        Ok(starts)
    }
}
