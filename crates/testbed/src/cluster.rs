//! A PostgreSQL server for one test program: made from Debian's package when it is first needed, in a folder that goes
//! with it, and stopped when the program ends, however it ends.

use std::io::{self, Read, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

/// What the server does before it says that something is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It waits for the disk.
    Disk,
    /// It waits for nothing: what a crash of the machine would lose is nobody's business in a test.
    Nothing,
}

/// A running server.
pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// When this closes, the server is stopped.
    _keeper: ChildStdin,
}

impl Cluster {
    /// Makes a server and starts it.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn start(durability: Durability) -> Self {
        match Self::try_start(durability) {
            Ok(cluster) => cluster,
            #[expect(clippy::panic, reason = "nothing can be tested without it")]
            Err(error) => panic!("PostgreSQL for tests: {error}"),
        }
    }

    fn try_start(durability: Durability) -> io::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("grantd-postgres-").tempdir()?;
        // PostgreSQL refuses root, so the folder is for its own user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let data = folder.path().join("data");
        let mut initdb = as_postgres(&programs.join("initdb"));
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(initdb.arg("--pgdata").arg(&data))?;
        let port = free_port()?;
        let mut settings = format!("port = {port}\n");
        settings += "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 400\n";
        settings += "shared_buffers = 64MB\nlogging_collector = off\n";
        if durability == Durability::Nothing {
            settings += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";
        }
        append(&folder, &data, &settings)?;
        control(&programs, &data, "start")?;
        let keeper = keep(&programs, &data, folder.path())?;
        Ok(Self { folder, programs, port, databases: AtomicU32::new(0), _keeper: keeper })
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database, by its URL.
    ///
    /// # Panics
    /// Where the server does not make it.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL in a database and gives what psql prints, without decoration.
    ///
    /// # Panics
    /// Where it fails.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--host=127.0.0.1", "--username=postgres", "--command", text, database]);
        psql.arg(format!("--port={}", self.port));
        match run(&mut psql) {
            Ok(output) => output,
            #[expect(clippy::panic, reason = "a failing test may panic")]
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// Takes TLS connections with this certificate and key, PEM.
    ///
    /// # Errors
    /// Where the files cannot be written.
    pub fn take_tls(&self, certificate: &str, key: &str) -> io::Result<()> {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.folder.path().join(name);
            fs::write(&file, text)?;
            let mut shell = as_postgres(Path::new("/bin/sh"));
            shell.arg("-c").arg("umask 077; cat \"$0\" > \"$1\"").arg(&file).arg(self.data().join(name));
            run(&mut shell)?;
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on");
        self.sql("postgres", "SELECT pg_reload_conf()");
        Ok(())
    }

    /// Stops the server as a machine that fails would: nothing is said to anybody. With [`Durability::Nothing`] it then
    /// lacks what it has acknowledged last.
    ///
    /// # Errors
    /// Where it cannot be stopped.
    pub fn stop(&self) -> io::Result<()> {
        control(&self.programs, &self.data(), "stop")
    }

    /// Starts it again.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_again(&self) -> io::Result<()> {
        control(&self.programs, &self.data(), "start")
    }

    /// Stands still, connections and all, until [`resume`](Self::resume).
    ///
    /// # Errors
    /// Where its processes are not to be found.
    pub fn pause(&self) -> io::Result<()> {
        self.signal("-STOP")
    }

    /// Goes on.
    ///
    /// # Errors
    /// Where its processes are not to be found.
    pub fn resume(&self) -> io::Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let pid = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let pid = pid.lines().next().unwrap_or_default().to_owned();
        let mut children = Command::new("pgrep");
        let children = run(children.args(["-P", &pid])).unwrap_or_default();
        let mut kill = Command::new("kill");
        run(kill.arg(signal).arg(&pid).args(children.split_whitespace())).map(drop)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// Where Debian puts the programs of the newest version.
fn programs() -> io::Result<PathBuf> {
    let versions =
        fs::read_dir("/usr/lib/postgresql").map(|found| found.flatten().collect()).unwrap_or(vec![]);
    let mut versions: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort_unstable();
    let newest = versions.pop().map(|(_, programs)| programs);
    newest.ok_or_else(|| io::Error::other("it is not installed: apt-get install postgresql"))
}

/// A program as PostgreSQL's own user, where we are root.
pub(crate) fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn control(programs: &Path, data: &Path, what: &str) -> io::Result<()> {
    let mut command = as_postgres(&programs.join("pg_ctl"));
    command.args([what, "--wait", "--silent", "--pgdata"]).arg(data);
    if what == "stop" {
        command.args(["--mode", "immediate"]);
    } else {
        command.arg("--log").arg(data.join("log"));
    }
    // The server keeps what it is started with, so it must not hold our pipes.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("pg_ctl {what}: {status}"))) }
}

/// A process that stops the server when its standard input ends, which it does with this process.
fn keep(programs: &Path, data: &Path, folder: &Path) -> io::Result<ChildStdin> {
    let mut keeper = as_postgres(Path::new("/bin/sh"));
    let script = "trap '' INT TERM; read -r line; \"$0\" stop --silent --mode immediate --pgdata \"$1\"; rm -rf \"$2\"/*";
    keeper.arg("-c").arg(script).arg(programs.join("pg_ctl")).arg(data).arg(folder);
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    let mut child: Child = keeper.spawn()?;
    child.stdin.take().ok_or_else(|| io::Error::other("the keeper has no input"))
}

fn append(folder: &tempfile::TempDir, data: &Path, settings: &str) -> io::Result<()> {
    let file = folder.path().join("settings");
    fs::File::create(&file)?.write_all(settings.as_bytes())?;
    let mut shell = as_postgres(Path::new("/bin/sh"));
    shell.arg("-c").arg("cat \"$0\" >> \"$1\"").arg(&file).arg(data.join("postgresql.conf"));
    run(&mut shell).map(drop)
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> io::Result<u16> {
    // Servers start at the same moment: those of several test programs are kept apart by the process, those of one by
    // their number.
    static SERVERS: AtomicU32 = AtomicU32::new(0);
    let first = 20_000 + process::id() % 10_000 + 10 * SERVERS.fetch_add(1, Ordering::Relaxed);
    for port in first..first + 100 {
        let port = u16::try_from(port).unwrap_or(u16::MAX);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other("no port is free"))
}

fn run(command: &mut Command) -> io::Result<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (mut output, mut errors) = (String::new(), String::new());
    child
        .stdout
        .take()
        .into_iter()
        .try_for_each(|mut stream| stream.read_to_string(&mut output).map(drop))?;
    child
        .stderr
        .take()
        .into_iter()
        .try_for_each(|mut stream| stream.read_to_string(&mut errors).map(drop))?;
    let status = child.wait()?;
    if status.success() { Ok(output) } else { Err(io::Error::other(format!("{status}: {errors}"))) }
}
