//! `check-deps`: the import rules of DESIGN.md §1. A crate boundary exists only where it forbids an import, so this
//! table is the architecture: who may import whom, and which outside crates stay where. Dev-dependencies are free.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::{Result, process};

/// For each crate, the crates of this workspace that it may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("grantd-model", &[]),
    ("grantd-schema", &["grantd-model"]),
    ("grantd-decision", &["grantd-model"]),
    ("grantd-token", &["grantd-model", "grantd-decision"]),
    ("grantd-store", &["grantd-model"]),
    ("grantd-snapshot", &["grantd-model", "grantd-decision", "grantd-store"]),
    ("grantd-management", &["grantd-model", "grantd-schema", "grantd-store", "grantd-token"]),
    ("grantd-outbound", &["grantd-model", "grantd-token"]),
    ("grantd-server", BELOW_SERVER),
    ("grantd", ALL),
];

const BELOW_SERVER: &[&str] = &[
    "grantd-model",
    "grantd-schema",
    "grantd-decision",
    "grantd-token",
    "grantd-store",
    "grantd-snapshot",
    "grantd-management",
    "grantd-outbound",
];

const ALL: &[&str] = &[
    "grantd-model",
    "grantd-schema",
    "grantd-decision",
    "grantd-token",
    "grantd-store",
    "grantd-snapshot",
    "grantd-management",
    "grantd-outbound",
    "grantd-server",
];

/// Outside crates that only one crate may import.
const CONFINED: &[(&str, &str)] =
    &[("sqlx", "grantd-store"), ("axum", "grantd-server"), ("reqwest", "grantd")];

/// The one crate that reads the environment; the rest get what they need as parameters.
const READS_ENVIRONMENT: &str = "grantd";

/// Tools beside the product: nothing imports them, and the rules are not about them.
const TOOLS: &[&str] = &["xtask", "grantd-bench", "grantd-testbed"];

/// Prints every violation. `true` when there is none.
pub fn run() -> Result<bool> {
    let violations = violations()?;
    for violation in &violations {
        println!("check-deps: {violation}");
    }
    if violations.is_empty() {
        println!("check-deps: every import is allowed");
    }
    Ok(violations.is_empty())
}

fn violations() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for package in packages()? {
        if TOOLS.contains(&package.name.as_str()) {
            continue;
        }
        found.extend(package.dependencies.iter().filter_map(|to| forbidden(&package.name, to)));
        if package.name != READS_ENVIRONMENT {
            for file in rust_files(&package.folder.join("src"))? {
                found.extend(environment_reads(&file, &fs::read_to_string(&file)?));
            }
        }
    }
    Ok(found)
}

struct Package {
    name: String,
    folder: PathBuf,
    /// Normal and build dependencies, by name.
    dependencies: Vec<String>,
}

fn packages() -> Result<Vec<Package>> {
    let command = process::cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata = process::quietly(command, Duration::from_mins(5))?.lines.join("\n");
    let metadata: Value =
        serde_json::from_str(metadata.get(metadata.find('{').unwrap_or(0)..).unwrap_or_default())?;
    Ok(items(&metadata, "packages").iter().map(package).collect())
}

fn package(package: &Value) -> Package {
    let dependencies =
        items(package, "dependencies").iter().filter(|dependency| text(dependency, "kind") != "dev");
    Package {
        name: text(package, "name").to_owned(),
        folder: Path::new(text(package, "manifest_path")).parent().unwrap_or(Path::new("")).to_owned(),
        dependencies: dependencies.map(|dependency| text(dependency, "name").to_owned()).collect(),
    }
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Why `from` may not import `to`, if it may not.
fn forbidden(from: &str, to: &str) -> Option<String> {
    if let Some((_, only)) = CONFINED.iter().find(|(name, _)| *name == to) {
        return (from != *only).then(|| format!("{from} -> {to}: only {only} may import {to}"));
    }
    if TOOLS.contains(&to) {
        return Some(format!("{from} -> {to}: a tool is not a library"));
    }
    if !to.starts_with("grantd") {
        return None;
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == from) else {
        return Some(format!("{from} has no line in the table of xtask/src/check_deps.rs"));
    };
    let list = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    (!allowed.contains(&to)).then(|| format!("{from} -> {to}: of this workspace, {from} may import {list}"))
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                found.extend(rust_files(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The lines of a source file, outside its tests and comments, that use `std::env`.
fn environment_reads(file: &Path, source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let reads = |line: &str| !line.trim_start().starts_with("//") && names_environment(line);
    let file = file.strip_prefix(crate::root()).unwrap_or(file).display();
    code.lines()
        .enumerate()
        .filter(|(_, line)| reads(line))
        .map(|(index, _)| format!("{file}:{}: std::env outside {READS_ENVIRONMENT}", index + 1))
        .collect()
}

/// `std::env`, or `env::` after `use std::{env, ...}`; not `env!`, which cargo answers when it builds.
fn names_environment(line: &str) -> bool {
    let imported = |(at, _): (usize, &str)| {
        !line
            .get(..at)
            .unwrap_or_default()
            .ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before))
    };
    line.contains("std::env") || line.match_indices("env::").any(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_what_the_table_draws() {
        assert_eq!(forbidden("grantd-snapshot", "grantd-store"), None);
        assert_eq!(forbidden("grantd", "grantd-server"), None);
        assert_eq!(forbidden("grantd-decision", "smallvec"), None);
        assert_eq!(forbidden("grantd-store", "sqlx"), None);
    }

    #[test]
    fn refuses_what_the_table_does_not_draw() {
        for (from, to) in [
            ("grantd-decision", "grantd-store"),
            ("grantd-management", "grantd-server"),
            ("grantd-management", "grantd-decision"),
            ("grantd-management", "axum"),
            ("grantd-management", "sqlx"),
            ("grantd", "sqlx"),
            ("grantd-token", "axum"),
            ("grantd-model", "grantd-schema"),
            ("grantd-new", "grantd-model"),
            ("grantd-server", "grantd-bench"),
        ] {
            assert!(forbidden(from, to).is_some(), "{from} -> {to}");
        }
    }

    #[test]
    fn finds_the_environment_however_it_is_imported() {
        let reads = |line: &str| !environment_reads(Path::new("lib.rs"), line).is_empty();
        assert!(reads("let home = std::env::var(\"HOME\");"));
        assert!(reads("let home = env::var(\"HOME\");"));
        assert!(!reads("const VERSION: &str = env!(\"CARGO_PKG_VERSION\");"));
        assert!(!reads("// reads std::env"));
        assert!(!reads("#[cfg(test)]\nmod tests { fn f() { std::env::var(\"CI\"); } }"));
    }
}
