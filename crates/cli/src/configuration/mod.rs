//! `grantd export`, `plan` and `apply`: a whole configuration in files, and one step to it.

mod document;
mod secrets;
mod server;
mod show;
pub(crate) mod yaml;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Map, Value};

pub(crate) use self::document::Document;
use self::document::Fault;
pub(crate) use self::server::{Server, ServerFlags};
use crate::Outcome;

/// The exit status of a plan with changes.
const CHANGES: u8 = 2;

/// The flags of `grantd export`.
#[derive(clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    server: ServerFlags,
    /// Only what carries this owner.
    #[arg(long, value_name = "LABEL")]
    owner: Option<String>,
    /// Write identifiers too, for another server that is to have the same.
    #[arg(long)]
    ids: bool,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// The flags of `grantd plan`.
#[derive(clap::Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    wanted: Wanted,
    /// Print the server's answer.
    #[arg(long)]
    json: bool,
}

/// The flags of `grantd apply`.
#[derive(clap::Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    wanted: Wanted,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Print the server's answer. Nothing is asked then.
    #[arg(long, requires = "yes")]
    json: bool,
}

/// A configuration, and where it is wanted.
#[derive(clap::Args)]
struct Wanted {
    /// The configuration: a YAML or JSON file, or a folder of them.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    server: ServerFlags,
    /// Remove what carries the configuration's owner and is no longer in it.
    #[arg(long)]
    prune: bool,
}

impl Export {
    /// Prints the configuration of a server.
    pub(crate) async fn run(self) -> Outcome<ExitCode> {
        let mut path = format!("/grantd/v1/export?ids={}", self.ids);
        if let Some(owner) = &self.owner {
            path = format!("{path}&owner={owner}");
        }
        let server = self.server.connect().await?;
        let document = server.call(Method::GET, &path, None).await?.success()?;
        let text = if self.json { serde_json::to_string_pretty(&document)? } else { yaml::write(&document)? };
        crate::say(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Plan {
    /// Says what applying would change.
    pub(crate) async fn run(self) -> Outcome<ExitCode> {
        let document = self.wanted.document()?;
        let server = self.wanted.server.connect().await?;
        let answer = ask(&server, self.wanted.prune, &document, "/grantd/v1/plan", None).await?;
        crate::say(&if self.json { serde_json::to_string(&answer)? } else { show::plan(&answer) })?;
        Ok(if is_empty(&answer) { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
    }
}

impl Apply {
    /// Shows the plan, asks, and applies what was shown.
    pub(crate) async fn run(self) -> Outcome<ExitCode> {
        let document = self.wanted.document()?;
        let server = self.wanted.server.connect().await?;
        if self.json {
            let answer = ask(&server, self.wanted.prune, &document, "/grantd/v1/apply", None).await?;
            crate::say(&serde_json::to_string(&answer)?)?;
        } else {
            apply_shown(&server, &document, self.wanted.prune, self.yes).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Shows what a document changes, asks unless that is not wanted, and applies exactly that.
pub(crate) async fn apply_shown(server: &Server, document: &Document, prunes: bool, yes: bool) -> Outcome {
    let planned = ask(server, prunes, document, "/grantd/v1/plan", None).await?;
    crate::say(&show::plan(&planned))?;
    if is_empty(&planned) {
        return Ok(());
    }
    if !yes && !agreed()? {
        return Err("nothing was changed".into());
    }
    let answer = ask(server, prunes, document, "/grantd/v1/apply", planned.get("revision")).await?;
    let revision = answer.get("revision").and_then(Value::as_u64).unwrap_or_default();
    Ok(crate::say(&format!("\nApplied, at revision {revision}."))?)
}

impl Wanted {
    /// The document, unless something is wrong with its files already.
    fn document(&self) -> Outcome<Document> {
        let document = Document::read(&self.path)?;
        if document.faults.is_empty() { Ok(document) } else { Err(refused(&document.faults)) }
    }
}

async fn ask(
    server: &Server,
    prunes: bool,
    document: &Document,
    path: &str,
    revision: Option<&Value>,
) -> Outcome<Value> {
    let mut body = Map::new();
    body.insert("document".into(), document.value());
    body.insert("prune".into(), prunes.into());
    body.extend(revision.map(|revision| ("expected_revision".to_owned(), revision.clone())));
    let answer = server.call(Method::POST, path, Some(&body.into())).await?;
    let faults = show::placed(document, &answer.body);
    if faults.is_empty() { answer.success() } else { Err(refused(&faults)) }
}

fn refused(faults: &[Fault]) -> Box<dyn std::error::Error + Send + Sync> {
    format!("the configuration cannot be applied, and nothing was changed:\n{}", show::faults(faults)).into()
}

fn is_empty(answer: &Value) -> bool {
    answer.get("steps").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// Whether a person says yes.
fn agreed() -> Outcome<bool> {
    if !io::stdin().is_terminal() {
        return Err("nobody is there to ask: --yes applies without asking".into());
    }
    write!(io::stdout(), "\nApply this? [y/N] ")?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}
