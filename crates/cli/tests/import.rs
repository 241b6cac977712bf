//! `grantd import auth0`: from a tenant, from grantd itself as one, and from an export of the deploy CLI.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "import/source.rs"]
mod source;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use source::Source;
use support::api::{Api, admin};
use support::{Place, Server, grantd};

/// A server that gets an import, and files beside it.
struct Scene {
    place: Place,
    server: Server,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let server = place.start(&[]);
        Self { place, server }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = grantd(&["import", "auth0"]);
        command.args(arguments).arg("--data").arg(self.place.data()).args([
            "--url",
            &self.server.base,
            "--yes",
        ]);
        command.current_dir(self.place.beside("")).env("SOURCE_TOKEN", "the-token");
        command
    }

    /// Runs an import; whether it succeeded, and all that it said.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.success(), said)
    }

    async fn api(&self) -> Api {
        Api::open(&self.server.base, &self.place.data()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_comes_over_with_its_identifiers_and_what_does_not_is_listed() {
    let (scene, source) = (Scene::new(), Source::start(0, usize::MAX));
    let (succeeded, said) = scene.run(&["--domain", &source.url(), "--source-token-env", "SOURCE_TOKEN"]);
    assert!(succeeded, "{said}");
    let listed: Vec<&str> = said.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(
        listed,
        [
            "- client \"Worker\": brand_new_member: Additional properties not allowed: brand_new_member",
            "- client \"By key\": the key the-kid of private_key_jwt, which the source does not show; register it again",
            "- client \"By key\": client_secret, which the source does not show; a new one is made",
            &format!(
                "- client grant of WorkerWorkerWorkerWorkerWorkerWo for {}api/v2/: the scopes read:things_to_come",
                source.url()
            ),
            "- connections (3): grantd has no such resource",
        ]
    );
    let api = scene.api().await;
    let worker = api.get("/api/v2/clients/WorkerWorkerWorkerWorkerWorkerWo").await;
    assert_eq!(worker["client_secret"], "kept-secret-kept-secret");
    let grant = api.get("/api/v2/client-grants/cgr_0000000000000001").await;
    assert_eq!(grant["scope"], json!(["read"]));
    let organizations = api.get("/api/v2/client-grants/cgr_0000000000000001/organizations").await;
    assert_eq!(organizations[0]["id"], "org_0000000000000001");
    assert_eq!(api.get("/api/v2/tenants/settings").await["friendly_name"], "Imported");
    let token = api.ask(&worker["client_id"], &worker["client_secret"], &json!("https://orders.test/")).await;
    assert_eq!(token.status, 200, "the application changes nothing but the domain");
    assert!(!scene.place.beside("auth0-import").exists(), "what was read is not kept");
    let (succeeded, said) = scene.run(&["--domain", &source.url(), "--source-token-env", "SOURCE_TOKEN"]);
    assert!(succeeded && said.contains("Nothing to do"), "{said}");
}

#[test]
fn a_source_that_limits_its_callers_or_fails_for_a_while_is_waited_for() {
    let (scene, source) = (Scene::new(), Source::start(7, usize::MAX));
    let (succeeded, said) = scene.run(&["--domain", &source.url(), "--source-token-env", "SOURCE_TOKEN"]);
    assert!(succeeded, "{said}");
}

#[test]
fn an_import_that_is_interrupted_goes_on_where_it_was() {
    let (scene, source) = (Scene::new(), Source::start(0, 3));
    let arguments = ["--domain", &source.url(), "--source-token-env", "SOURCE_TOKEN"];
    let (succeeded, said) = scene.run(&arguments);
    assert!(!succeeded && said.contains("answered 401"), "{said}");
    let first = source.answered();
    assert_eq!(first.len(), 3);
    source.recover();
    let (succeeded, said) = scene.run(&arguments);
    assert!(succeeded, "{said}");
    let second = source.answered();
    assert!(first.iter().all(|path| !second.contains(path)), "{first:?} {second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grantd_itself_is_a_tenant_like_any_other() {
    let (from, to) = (Scene::new(), Scene::new());
    let document = "\
organizations: [{name: acme}]
resource_servers: [{identifier: 'https://a.test/', scopes: [{value: read}], signing_alg: PS256}]
clients: [{name: Worker, client_secret: known, client_metadata: {team: a}}, {name: Spa, app_type: spa, token_endpoint_auth_method: none}]
client_grants:
  - {client: Worker, audience: 'https://a.test/', scope: [read], organization_usage: require, organizations: [acme]}
  - {client: Worker, audience: 'https://a.test/', scope: [read], subject_type: user}
  - {client: Worker, audience: '@management-api', scope: ['read:clients']}
  - {default_for: third_party_clients, audience: 'https://a.test/', scope: []}
";
    fs::write(from.place.beside("grantd.yaml"), document).unwrap();
    let mut apply = grantd(&["apply", "grantd.yaml", "--yes", "--url", &from.server.base, "--data"]);
    let applied = apply.arg(from.place.data()).current_dir(from.place.beside("")).output().unwrap();
    assert!(applied.status.success(), "{applied:?}");

    let credentials = admin(&from.place.data());
    let ca = from.place.data().join("ca.pem");
    let arguments = [
        "--domain",
        &from.server.base,
        "--source-client-id",
        credentials["client_id"].as_str().unwrap(),
        "--source-ca",
        ca.to_str().unwrap(),
    ];
    let secret = credentials["client_secret"].as_str().unwrap();
    let output = to.command(&arguments).env("AUTH0_CLIENT_SECRET", secret).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (source, target) = (from.api().await, to.api().await);
    let grants = "/api/v2/client-grants?audience=https%3A%2F%2Fa.test%2F";
    assert_eq!(target.get(grants).await, source.get(grants).await);
    for path in ["/api/v2/organizations", "/api/v2/resource-servers/https%3A%2F%2Fa.test%2F"] {
        assert_eq!(target.get(path).await, source.get(path).await);
    }
    let worker = |clients: Value| {
        let mut worker =
            clients.as_array().unwrap().iter().find(|client| client["name"] == "Worker").unwrap().clone();
        worker
            .as_object_mut()
            .unwrap()
            .retain(|name, _| !["tenant", "signing_keys"].contains(&name.as_str()));
        worker
    };
    assert_eq!(worker(target.get("/api/v2/clients").await), worker(source.get("/api/v2/clients").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_the_deploy_cli_comes_over_in_both_forms() {
    let yaml = "\
tenant:
  friendly_name: Exported
clients:
  - name: Worker
    app_type: non_interactive
    grant_types: [client_credentials]
resourceServers:
  - name: Orders
    identifier: https://orders.test/
    scopes: [{value: read}]
clientGrants:
  - client_id: Worker
    audience: https://orders.test/
    scope: [read]
  - client_id: Worker
    audience: https://example.eu.auth0.com/api/v2/
    scope: [read:clients]
organizations:
  - name: acme
    display_name: Acme
    connections: []
roles:
  - name: Admin
";
    let (one, other) = (Scene::new(), Scene::new());
    fs::write(one.place.beside("tenant.yaml"), yaml).unwrap();
    let (succeeded, said) = one.run(&["--folder", "tenant.yaml"]);
    assert!(succeeded, "{said}");
    let listed: Vec<&str> = said.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(
        listed,
        [
            "- client \"Worker\": client_secret, which the source does not show; a new one is made",
            "- client \"Worker\": client_id, which the export does not have; a new one is made",
            "- roles (1): grantd has no such resource",
        ]
    );

    let write = |path: &str, value: Value| {
        let file = other.place.beside(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, value.to_string()).unwrap();
    };
    write("export/tenant.json", json!({"friendly_name": "Exported"}));
    write(
        "export/clients/Worker.json",
        json!({"name": "Worker", "app_type": "non_interactive", "grant_types": ["client_credentials"]}),
    );
    write(
        "export/resource-servers/Orders.json",
        json!({"name": "Orders", "identifier": "https://orders.test/", "scopes": [{"value": "read"}]}),
    );
    write(
        "export/grants/one.json",
        json!({"client_id": "Worker", "audience": "https://orders.test/", "scope": ["read"]}),
    );
    write(
        "export/grants/two.json",
        json!({"client_id": "Worker", "audience": "https://example.eu.auth0.com/api/v2/", "scope": ["read:clients"]}),
    );
    write(
        "export/organizations/acme.json",
        json!({"name": "acme", "display_name": "Acme", "connections": []}),
    );
    write("export/roles/Admin.json", json!({"name": "Admin"}));
    let (succeeded, said) = other.run(&["--folder", "export"]);
    assert!(succeeded, "{said}");

    let exported = |scene: &Scene| {
        let mut command = grantd(&["export", "--url", &scene.server.base, "--data"]);
        String::from_utf8(command.arg(scene.place.data()).output().unwrap().stdout).unwrap()
    };
    assert!(exported(&one).contains("@management-api"), "{}", exported(&one));
    assert_eq!(exported(&one), exported(&other));
}

#[test]
fn the_document_of_an_import_can_be_looked_at_first() {
    let (scene, source) = (Scene::new(), Source::start(0, usize::MAX));
    let (succeeded, said) = scene.run(&[
        "--domain",
        &source.url(),
        "--source-token-env",
        "SOURCE_TOKEN",
        "--out",
        "imported.yaml",
        "--owner",
        "imported",
    ]);
    assert!(succeeded && said.contains("Not carried over:"), "{said}");
    assert!(!scene.place.beside("auth0-import").exists(), "what was read is in the file");
    let file = scene.place.beside("imported.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("owner: imported") && text.contains("client_id: WorkerWorker"), "{text}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(file).unwrap().permissions()) & 0o077,
        0
    );
    let mut plan = grantd(&["plan", "imported.yaml", "--url", &scene.server.base, "--data"]);
    let planned = plan.arg(scene.place.data()).current_dir(scene.place.beside("")).output().unwrap();
    assert_eq!(planned.status.code(), Some(2), "{planned:?}");
}
