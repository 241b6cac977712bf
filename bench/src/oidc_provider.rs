//! oidc-provider, the fastest of the others: the same tokens from a server on Node. What runs is
//! `bench/oidc-provider/server.mjs`, in a folder where its packages are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use serde_json::Value;

use crate::Outcome;
use crate::algorithm::{Algorithm, SECRET};
use crate::caller::Caller;
use crate::check::text;
use crate::multitude::copied_client;
use crate::process::Server;

/// What each grant of grantd's clients has, too.
const SCOPES: &str = "read:records write:records delete:records";

/// An installation of it.
pub(crate) struct OidcProvider {
    folder: PathBuf,
    /// Its version, and that of Node.
    pub(crate) version: String,
}

impl OidcProvider {
    /// The one in this folder.
    pub(crate) fn find(folder: &Path) -> Outcome<Self> {
        let package = fs::read(folder.join("node_modules/oidc-provider/package.json"));
        let package = package.map_err(|error| format!("oidc-provider is not installed: {error}"))?;
        let version = text(&serde_json::from_slice::<Value>(&package)?, "version")?;
        let node = Command::new("node").arg("--version").output()?;
        let node = String::from_utf8(node.stdout)?;
        let version = format!("oidc-provider {version} on Node {}", node.trim());
        Ok(Self { folder: folder.to_owned(), version })
    }

    /// Starts it with so many clients.
    pub(crate) fn start(&self, clients: usize, log: &Path) -> Outcome<Server> {
        let script = self.folder.join("server.mjs");
        let script = script.to_str().ok_or("the folder of oidc-provider has no name in UTF-8")?;
        let arguments = [script, &clients.to_string(), SECRET];
        Server::start(Path::new("node"), &arguments, log, &[("NODE_ENV", "production")])
    }
}

/// Its clients, who ask for tokens that are signed in this way.
pub(crate) fn callers(clients: usize, algorithm: Algorithm) -> Rc<[Caller]> {
    let resource = format!("https://api.example.com/{}", algorithm.argument());
    let caller = |number| {
        let (id, secret) = copied_client(number);
        let credentials = [("client_id", &*id), ("client_secret", &*secret)];
        Caller::new(&[credentials.as_slice(), &[("resource", &resource), ("scope", SCOPES)]].concat())
    };
    (0..clients).map(caller).collect()
}
