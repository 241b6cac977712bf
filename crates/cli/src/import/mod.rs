//! `grantd import auth0`: a tenant becomes a configuration, with its identifiers, so that applications change nothing but
//! the domain.
//!
//! Three steps that know nothing of each other: a tenant is read, from its Management API ([`tenant`]) or from what the
//! deploy CLI has exported ([`folder`]); it is translated into a document ([`translate`]); the document is written, or
//! applied as `grantd apply` does. Whatever cannot be carried over is listed at the end.

mod folder;
mod polite;
mod tenant;
mod translate;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use self::tenant::TenantFlags;
use self::translate::{Translated, translate};
use crate::Outcome;
use crate::configuration::{Document, ServerFlags, apply_shown, yaml};
use crate::data::write_private;

/// The flags of `grantd import`.
#[derive(clap::Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    source: Source,
}

#[derive(clap::Subcommand)]
enum Source {
    /// An Auth0 tenant, or an export of one by Auth0's deploy CLI.
    ///
    /// Clients, APIs, client grants, organizations and tenant settings keep their identifiers, and clients their secrets where
    /// the source shows them. What cannot be carried over is listed at the end.
    Auth0(Auth0),
}

/// The flags of `grantd import auth0`.
#[derive(clap::Args)]
struct Auth0 {
    #[command(flatten)]
    tenant: TenantFlags,
    /// What the deploy CLI has exported: its folder, or its YAML file.
    #[arg(long, value_name = "PATH", conflicts_with = "domain", required_unless_present = "domain")]
    folder: Option<PathBuf>,
    /// Write the configuration into this file, with the secrets that are known, and change no server.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The owner that everything gets.
    #[arg(long, value_name = "LABEL")]
    owner: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: ServerFlags,
}

impl Import {
    /// Reads, translates, and writes or applies.
    pub(crate) async fn run(self) -> Outcome<ExitCode> {
        let Source::Auth0(flags) = self.source;
        let source = match &flags.folder {
            Some(folder) => folder::read(folder)?,
            None => flags.tenant.read().await?,
        };
        let Translated { mut document, left } = translate(source);
        if let Some(owner) = &flags.owner {
            document.insert("owner".into(), owner.as_str().into());
        }
        let document = Value::Object(document);
        if let Some(file) = &flags.out {
            write_private(file, yaml::write(&document)?.as_bytes())?;
            crate::say(&format!("The configuration is in {}.", file.display()))?;
            list(&left)?;
            flags.tenant.forget()?;
            return Ok(ExitCode::SUCCESS);
        }
        let server = flags.server.connect().await?;
        let applied = apply_shown(&server, &Document::of(document), false, flags.yes).await;
        list(&left)?;
        applied?;
        flags.tenant.forget()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What was left behind, so that nobody finds it out later.
fn list(left: &[String]) -> Outcome {
    if left.is_empty() {
        return Ok(crate::say("\nEverything was carried over.")?);
    }
    crate::say("\nNot carried over:")?;
    left.iter().try_for_each(|line| Ok(crate::say(&format!("- {line}"))?))
}
