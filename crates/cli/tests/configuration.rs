//! `grantd export`, `plan` and `apply` against a running server.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "configuration/kill.rs"]
mod kill;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::api::Api;
use support::{Place, Server, grantd};

const DOCUMENT: &str = "\
owner: payments
organizations:
  - name: acme
resource_servers:
  - identifier: https://payments.test/
    scopes:
      - value: read:payments
clients:
  - name: Worker
    app_type: non_interactive
    client_secret: {env: WORKER_SECRET}
    grant_types: [client_credentials]
client_grants:
  - client: Worker
    audience: https://payments.test/
    scope: [read:payments]
    organization_usage: allow
    organizations: [acme]
";

/// A server and files beside it.
struct Scene {
    place: Place,
    server: Server,
}

/// How a command ended.
#[derive(Debug)]
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let server = place.start(&[]);
        Self { place, server }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = grantd(arguments);
        command.arg("--data").arg(self.place.data()).args(["--url", &self.server.base]);
        command.current_dir(self.place.beside(""));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        ran(command.env("WORKER_SECRET", "a secret from the environment").output().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.place.beside(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    async fn api(&self) -> Api {
        Api::open(&self.server.base, &self.place.data()).await
    }
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_what_an_apply_does_and_then_there_is_nothing_to_do() {
    let scene = Scene::new();
    scene.write("grantd.yaml", DOCUMENT);
    let planned = scene.run(&["plan", "grantd.yaml"]);
    assert_eq!(planned.status, 2, "{planned:?}");
    assert!(planned.stdout.contains("+ client \"Worker\"\n"), "{}", planned.stdout);
    assert!(planned.stdout.contains("    organizations: [\"acme\"]\n"), "{}", planned.stdout);
    assert!(planned.stdout.ends_with("4 to create, 0 to update, 0 to delete.\n"), "{}", planned.stdout);
    assert!(!planned.stdout.contains("a secret from"), "{}", planned.stdout);
    assert_eq!(scene.api().await.get("/api/v2/organizations").await, json!([]));

    let unasked = scene.run(&["apply", "grantd.yaml"]);
    assert_eq!(unasked.status, 1, "{unasked:?}");
    assert!(unasked.stderr.contains("--yes applies without asking"), "{}", unasked.stderr);

    let applied = scene.run(&["apply", "grantd.yaml", "--yes"]);
    assert_eq!(applied.status, 0, "{applied:?}");
    assert!(applied.stdout.contains("Applied, at revision"), "{}", applied.stdout);
    let again = scene.run(&["plan", "grantd.yaml"]);
    assert_eq!(
        (again.status, again.stdout.as_str()),
        (0, "Nothing to do: everything is as it is declared.\n")
    );

    let api = scene.api().await;
    let clients = api.get("/api/v2/clients").await;
    let worker = clients.as_array().unwrap().iter().find(|client| client["name"] == "Worker").unwrap();
    assert_eq!(worker["client_secret"], "a secret from the environment");
    let token =
        api.ask(&worker["client_id"], &worker["client_secret"], &json!("https://payments.test/")).await;
    assert_eq!(token.status, 200, "{token:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_with_an_exit_status_and_mended() {
    let scene = Scene::new();
    scene.write("grantd.yaml", DOCUMENT);
    assert_eq!(scene.run(&["apply", "grantd.yaml", "--yes"]).status, 0);
    let api = scene.api().await;
    let grants = api.get("/api/v2/client-grants?audience=https%3A%2F%2Fpayments.test%2F").await;
    let path = format!("/api/v2/client-grants/{}", grants[0]["id"].as_str().unwrap());
    let drift = json!({"scope": ["read:payments", "write:payments"]});
    assert_eq!(api.call(reqwest::Method::PATCH, &path, Some(&drift)).await.status, 200);
    let planned = scene.run(&["plan", "grantd.yaml"]);
    assert_eq!(planned.status, 2);
    assert!(planned.stdout.contains("    scope: -\"write:payments\"\n"), "{}", planned.stdout);
    assert_eq!(scene.run(&["apply", "grantd.yaml", "--yes"]).status, 0);
    assert_eq!(api.get(&path).await["scope"], json!(["read:payments"]));
}

#[test]
fn an_export_is_a_document_that_changes_nothing() {
    let scene = Scene::new();
    scene.write("grantd.yaml", DOCUMENT);
    assert_eq!(scene.run(&["apply", "grantd.yaml", "--yes"]).status, 0);
    let exported = scene.run(&["export"]);
    assert_eq!(exported.status, 0, "{exported:?}");
    assert!(exported.stdout.starts_with("version: 1\n"), "{}", exported.stdout);
    assert!(!exported.stdout.contains("a secret from"), "{}", exported.stdout);
    scene.write("all.yaml", &exported.stdout);
    let planned = scene.run(&["plan", "all.yaml"]);
    assert_eq!(planned.status, 0, "{planned:?}");
    let own: Value =
        serde_json::from_str(&scene.run(&["export", "--owner", "payments", "--json"]).stdout).unwrap();
    assert_eq!(own["client_grants"][0]["organizations"], json!(["acme"]));
}

#[test]
fn every_fault_is_told_by_file_and_line_and_nothing_is_changed() {
    let scene = Scene::new();
    scene.write(
        "team/1-apis.yaml",
        "resource_servers:\n  - identifier: https://a.test/\n    token_lifetime: long\n",
    );
    scene.write(
        "team/2-clients.yaml",
        "clients:\n  - name: Worker\n    nmae: x\n  - name: Other\n    callbacks: [1]\nclient_grants:\n  - client: Worker\n",
    );
    let planned = scene.run(&["plan", "team"]);
    assert_eq!(planned.status, 1);
    let said: Vec<&str> = planned.stderr.lines().skip(1).collect();
    assert_eq!(
        said,
        [
            "team/1-apis.yaml:3: /resource_servers/0/token_lifetime: Expected type integer but found type string",
            "team/2-clients.yaml:3: /clients/0/nmae: Additional properties not allowed: nmae",
            "team/2-clients.yaml:5: /clients/1/callbacks/0: Expected type string but found type integer",
            "team/2-clients.yaml:7: /client_grants/0: Missing required property: audience",
        ]
    );
    scene.write("team/1-apis.yaml", "resource_servers: [\n");
    scene.write(
        "team/2-clients.yaml",
        "clients:\n  - name: Worker\n    client_secret: {env: NOT_SET_ANYWHERE}\n",
    );
    let planned = scene.run(&["apply", "team", "--yes"]);
    assert_eq!(planned.status, 1);
    let said: Vec<&str> = planned.stderr.lines().skip(1).collect();
    assert!(said[0].starts_with("team/1-apis.yaml:2: "), "{said:?}");
    assert_eq!(
        said[1],
        "team/2-clients.yaml:3: /clients/0/client_secret: the environment variable NOT_SET_ANYWHERE: environment variable not found"
    );
}

#[test]
fn secrets_come_from_files_beside_the_document() {
    let scene = Scene::new();
    scene.write("team/secret", "from a file\n");
    scene.write("team/grantd.yaml", "clients:\n  - name: Worker\n    client_secret: {file: secret}\n");
    assert_eq!(scene.run(&["apply", "team/grantd.yaml", "--yes"]).status, 0);
    assert_eq!(scene.run(&["plan", "team/grantd.yaml"]).status, 0);
    scene.write("team/secret", "another one\n");
    let planned = scene.run(&["plan", "team/grantd.yaml"]);
    assert_eq!(planned.status, 2);
    assert!(planned.stdout.contains("    client_secret: (another secret)\n"), "{}", planned.stdout);
}

#[test]
fn pruning_is_asked_for_and_shown() {
    let scene = Scene::new();
    scene.write("grantd.yaml", DOCUMENT);
    assert_eq!(scene.run(&["apply", "grantd.yaml", "--yes"]).status, 0);
    scene.write("grantd.yaml", "owner: payments\norganizations:\n  - name: acme\n");
    assert_eq!(scene.run(&["plan", "grantd.yaml"]).status, 0, "nothing is deleted unasked");
    let planned = scene.run(&["plan", "grantd.yaml", "--prune"]);
    assert!(
        planned.stdout.contains("- client grant \"Worker for https://payments.test/\" (cgr_"),
        "{}",
        planned.stdout
    );
    assert!(planned.stdout.ends_with("0 to create, 0 to update, 3 to delete.\n"), "{}", planned.stdout);
    assert_eq!(scene.run(&["apply", "grantd.yaml", "--prune", "--yes"]).status, 0);
    assert_eq!(scene.run(&["plan", "grantd.yaml", "--prune"]).status, 0);
}

#[test]
fn who_has_no_server_to_speak_to_is_told_how_to_name_one() {
    let output = ran(grantd(&["export"]).output().unwrap());
    assert_eq!(output.status, 1);
    assert!(
        output.stderr.contains("say which server: --data DIR, or --issuer URL and --client-id ID"),
        "{}",
        output.stderr
    );
}
