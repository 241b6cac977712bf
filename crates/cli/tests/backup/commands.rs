//! The two commands on the folders of a place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use grantd_model::Secret;
use grantd_store::{KeyEncryptionKey, SqliteStore};
use serde_json::Value;

use crate::support::{Place, grantd};

/// `grantd backup` of the place's data folder.
pub fn backup(place: &Place, to: &Path, arguments: &[&str]) -> Command {
    let mut command = grantd(&["backup", "--data"]);
    command.arg(place.data()).arg("--to").arg(to).args(arguments);
    command
}

/// `grantd restore` into a folder.
pub fn restore(from: &Path, data: &Path, arguments: &[&str]) -> Command {
    let mut command = grantd(&["restore", "--from"]);
    command.arg(from).arg("--data").arg(data).args(arguments);
    command
}

/// What a command says that succeeds and complains of nothing.
pub fn said(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success() && stderr.is_empty(), "{status} {stdout} {stderr}");
    stdout
}

/// The same as JSON.
pub fn json_said(command: Command) -> Value {
    let said = said(command);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Why a command fails that says nothing else.
pub fn refusal(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(1), &b""[..]));
    let text = String::from_utf8(stderr).unwrap();
    text.strip_prefix("grantd: ").and_then(|text| text.strip_suffix('\n')).unwrap().to_owned()
}

/// What `grantd audit verify` says of a folder whose log is whole.
pub fn audit(data: &Path) -> Value {
    let mut command = grantd(&["audit", "verify", "--json", "--data"]);
    command.arg(data);
    json_said(command)
}

/// The key of a data folder.
pub fn key_file(data: &Path) -> PathBuf {
    data.join("key-encryption-key")
}

/// The configuration of a data folder.
pub async fn store(data: &Path) -> SqliteStore {
    let key = KeyEncryptionKey::new(&Secret::from(fs::read(key_file(data)).unwrap())).unwrap();
    SqliteStore::open(&data.join("grantd.db"), key).await.unwrap()
}

/// The names in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}
