//! Real exchanges with Auth0, played against the real binary by the replay tool of the reference.
//!
//! All of them are played. A recording starts from the tenant as it then stood; where it shows
//! a part of that tenant which it did not make itself, that part is put there first.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failing test may panic, and says what it saw"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use grantd_model::{
    AssertionAlgorithm, Client, Credential, CredentialKind, Paging, ResourceServerFilter, Secret, Tenant,
    TenantSettings, Timestamp, Versioned,
};
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use serde_json::{Value, json};

/// Recordings that make everything that they show.
const ON_AN_EMPTY_TENANT: [&str; 25] = [
    "TestAccAllowUpdatingTheClientSecret",
    "TestAccClientAuthenticationMethodsPrivateKeyJWT",
    "TestAccClientAuthenticationMethodsSelfSignedTLSClientAuth",
    "TestAccClientCanSetDefaultAuthMethodOnCreate",
    "TestAccClientConfig",
    "TestAccClientGrant",
    "TestAccClientJWTConfiguration",
    "TestAccClientMetadataBehavior",
    "TestAccClientMobile",
    "TestAccClientOIDCLogout",
    "TestAccClientRefreshToken",
    "TestAccClientResourceServer",
    "TestAccClientSessionTransfer",
    "TestAccClientTokenQuota",
    "TestAccClientWithDefaultOrganization",
    "TestAccClient_ThirdPartySecurityMode",
    "TestAccDataClientById",
    "TestAccDataClients",
    "TestAccDataSourceClientNonexistentID",
    "TestAccOrganizationClientGrant",
    "TestAccOrganizationIsAppEntitlementActive",
    "TestAccOrganizationThirdPartyClientAccess",
    "TestAccResourceServer",
    "TestAccResourceServerOnlineAccess",
    "TestAccResourceServerScope",
];

/// Recordings that show something of the tenant that was there before them.
const ON_A_TENANT_IN_USE: [&str; 7] = [
    "TestAccClientCredentialsImport",
    "TestAccDataSourceOrganizations",
    "TestAccDataSourceResourceServer",
    "TestAccGlobalClient",
    "TestAccTenantDefaults",
    "TestAccTenant_CountryCodes",
    "TestAccTenant_Main",
];

/// The answers of this recording were put together by hand before it was stored, to keep the keys out of it: kids of ones
/// and twos, and `previous` true of the current and of the next key, which no key can be. That member is not compared.
const PUT_TOGETHER: (&str, &str) = ("TestAccDataSourceSigningKeys", "previous");

/// While this recording was made, somebody else removed the tenant's theme: the answers from here on show a
/// tenant without it, and no request of the recording says so. It is played in two parts, with that change between.
const THEME_REMOVED: (&str, usize) = ("TestAccTenant_CountryCodes", 9);

/// The issuer of the recorded tenant: one recording reads the Management API by its identifier.
const ISSUER: &str = "https://terraform-provider-auth0-dev.eu.auth0.com/";

#[tokio::test(flavor = "multi_thread")]
async fn recordings_on_an_empty_tenant_agree() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let files = ON_AN_EMPTY_TENANT.map(|name| write(folder.path(), name, &interactions(&shared, name)));
    play(&shared, &server, &files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recording_that_was_put_together_by_hand_agrees() {
    let Some(shared) = shared() else { return };
    let (name, made_up) = PUT_TOGETHER;
    let folder = tempfile::tempdir().unwrap();
    let mut interactions = interactions(&shared, name);
    for interaction in &mut interactions {
        for key in interaction["response"].as_array_mut().unwrap() {
            assert_eq!(key.as_object_mut().unwrap().shift_remove(made_up), Some(json!(true)));
        }
    }
    let file = folder.path().join("recording.json");
    fs::write(&file, json!({ "name": name, "interactions": interactions }).to_string()).unwrap();
    let server = Server::start(&folder.path().join("data"));
    play(&shared, &server, &[file]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_on_a_tenant_in_use_agree() {
    let Some(shared) = shared() else { return };
    for name in ON_A_TENANT_IN_USE {
        let folder = tempfile::tempdir().unwrap();
        Server::start(folder.path()).stop();
        for (number, part) in parts(&shared, name).iter().enumerate() {
            prepare(folder.path(), name, part).await;
            let file = write(folder.path(), &format!("{name}-{number}"), part);
            let server = Server::start(folder.path());
            play(&shared, &server, &[file]).await;
            server.stop();
        }
    }
}

/// The recording as it is, or cut where the tenant changed under it.
fn parts(shared: &Path, name: &str) -> Vec<Vec<Value>> {
    let mut interactions = interactions(shared, name);
    match THEME_REMOVED {
        (cut, position) if cut == name => {
            let rest = interactions.split_off(position);
            vec![interactions, rest]
        }
        _ => vec![interactions],
    }
}

#[test]
fn no_recording_is_left_out() {
    let Some(shared) = shared() else { return };
    let mut recordings: Vec<String> = fs::read_dir(shared.join("recordings"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    recordings.sort();
    let mut played: Vec<&str> = ON_AN_EMPTY_TENANT.into_iter().chain(ON_A_TENANT_IN_USE).collect();
    played.push(PUT_TOGETHER.0);
    played.sort_unstable();
    assert_eq!(recordings, played);
}

/// The folder of the reference beside the project. CI has it; elsewhere it may be missing.
fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if shared.join("recordings").is_dir() {
        return Some(shared);
    }
    assert!(std::env::var_os("CI").is_none(), "the recordings are not there");
    eprintln!("left out: ../shared/recordings is not there");
    None
}

fn interactions(shared: &Path, name: &str) -> Vec<Value> {
    let text = fs::read(shared.join(format!("recordings/{name}.json"))).unwrap();
    let recording: Value = serde_json::from_slice(&text).unwrap();
    recording["interactions"].as_array().unwrap().iter().cloned().map(without_forced_keys).collect()
}

/// Whoever recorded wrote down every answer about a client as if it showed one: also a refusal has `signing_keys`, and
/// nothing of what it said.
fn without_forced_keys(mut interaction: Value) -> Value {
    if interaction["status"] == 400 && interaction["path"].as_str().unwrap().starts_with("/clients") {
        interaction["response"].as_object_mut().unwrap().shift_remove("signing_keys");
    }
    interaction
}

/// A recording as a file that the replay tool reads.
fn write(folder: &Path, name: &str, interactions: &[Value]) -> PathBuf {
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, json!({ "name": name, "interactions": interactions }).to_string()).unwrap();
    file
}

/// Puts what the recording found into the database, below the API: some of it no API can set.
async fn prepare(data: &Path, name: &str, interactions: &[Value]) {
    let key = Secret::from(fs::read(data.join("key-encryption-key")).unwrap());
    let key = KeyEncryptionKey::new(&key).unwrap();
    let store = SqliteStore::open(&data.join("grantd.db"), key).await.unwrap();
    let changes = match name {
        "TestAccClientCredentialsImport" => recorded_clients(interactions),
        "TestAccDataSourceOrganizations" => vec![recorded_organization(interactions)],
        "TestAccDataSourceResourceServer" => vec![recorded_management_api(&store, interactions).await],
        "TestAccGlobalClient" => vec![recorded_global_client(interactions)],
        _ => vec![recorded_settings(&store, interactions).await],
    };
    store.commit(changes).await.unwrap();
    store.close().await;
}

/// The scopes that the Management API had at the time.
async fn recorded_management_api(store: &SqliteStore, interactions: &[Value]) -> Change {
    let system = interactions.iter().find(|interaction| interaction["response"]["is_system"] == true);
    let scopes = system.unwrap()["response"]["scopes"].clone();
    let first = Paging::Offset { page: 0, per_page: 1, include_totals: true };
    let page = store.list_resource_servers(&ResourceServerFilter::default(), &first).await.unwrap();
    let former = store.get_resource_server(&page.items[0].id).await.unwrap().unwrap();
    let body = json!({ "scopes": scopes }).as_object().cloned().unwrap();
    Change::UpdateResourceServer(Versioned { record: former.record.updated(body).unwrap(), ..former })
}

/// The two clients that the recording imports, and the key of one of them, which it registers once more later.
fn recorded_clients(interactions: &[Value]) -> Vec<Change> {
    let made_later = |interaction: &&Value| interaction["body"]["credential_type"] == "public_key";
    let pem = interactions.iter().find(made_later).unwrap()["body"]["pem"].as_str().unwrap();
    let key = grantd_token::PublicKey::from_pem(pem).unwrap();
    let shown = |name: &str| {
        let named =
            interactions.iter().find(|interaction| interaction["path"].as_str().unwrap().contains(name));
        named.unwrap()["response"].clone()
    };
    let clients = [
        recorded_client(&shown("ZZS635abxff29S7rJrTaRU1oVNdrQiLT")),
        recorded_client(&shown("UCc9x6EROad1v7wcdsX6B0dhhD7T0HhH")),
    ];
    let credential = shown("/credentials/cred_sTPG5XB9pSHu7JFzpDJ4Eo");
    let created_at = Timestamp::parse(credential["created_at"].as_str().unwrap()).unwrap();
    let kid = credential["kid"].as_str().unwrap().to_owned();
    let credential = Credential {
        id: credential["id"].as_str().unwrap().into(),
        client_id: clients[1].client_id.clone(),
        name: None,
        created_at,
        updated_at: created_at,
        expires_at: None,
        kind: CredentialKind::PublicKey { kid, alg: AssertionAlgorithm::RS256, spki: key.spki().to_vec() },
    };
    let [one, other] = clients.map(Change::CreateClient);
    vec![one, other, Change::CreateCredential(credential)]
}

/// A client as it was shown.
fn recorded_client(shown: &Value) -> Client {
    let mut record = shown.as_object().cloned().unwrap();
    for not_of_the_record in ["client_secret", "signing_keys"] {
        record.shift_remove(not_of_the_record);
    }
    let client: Client = serde_json::from_value(record.into()).unwrap();
    Client { client_secret: "unknown".into(), ..client }
}

/// The organization that every list shows before the one that the recording makes.
fn recorded_organization(interactions: &[Value]) -> Change {
    let lists =
        interactions.iter().find_map(|interaction| interaction["response"]["organizations"].as_array());
    Change::CreateOrganization(serde_json::from_value(lists.unwrap()[0].clone()).unwrap())
}

/// The global client, whose identifier the recording knew.
fn recorded_global_client(interactions: &[Value]) -> Change {
    Change::CreateClient(Client { global: true, ..recorded_client(&interactions[1]["response"]) })
}

/// The settings that the first answer shows.
async fn recorded_settings(store: &SqliteStore, interactions: &[Value]) -> Change {
    let mut settings = interactions[0]["response"].clone();
    settings.as_object_mut().unwrap().shift_remove("sandbox_versions_available");
    let flags = settings["flags"].as_object_mut().unwrap();
    flags.retain(|name, _| !name.contains("enforce_client_authentication_on_passwordless_start"));
    let settings: TenantSettings = serde_json::from_value(settings).unwrap();
    let former = store.tenant().await.unwrap();
    Change::UpdateTenant(Versioned { record: Tenant { settings, ..former.record }, ..former })
}

async fn play(shared: &Path, server: &Server, files: &[PathBuf]) {
    let output = Command::new("python3")
        .arg(shared.join("tools/replay.py"))
        .args(["--base", &server.base, "--token", &server.token().await, "-v", "--cacert"])
        .arg(server.data.join("ca.pem"))
        .args(files)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    eprintln!("{report}");
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
}

/// The real binary on a data folder.
struct Server {
    child: Child,
    base: String,
    data: PathBuf,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_grantd"))
            .args(["serve", "--listen", "127.0.0.1:0", "--operations-listen", "off"])
            .args(["--issuer", ISSUER, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("grantd is ready at ").unwrap().to_owned();
        Self { child, base, data: data.to_owned() }
    }

    fn stop(mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// A Management API token of the administration client.
    async fn token(&self) -> String {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let admin: Value = serde_json::from_slice(&fs::read(self.data.join("admin.json")).unwrap()).unwrap();
        let ca = reqwest::Certificate::from_pem(&fs::read(self.data.join("ca.pem")).unwrap()).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        let request = json!({
            "grant_type": "client_credentials", "audience": admin["audience"],
            "client_id": admin["client_id"], "client_secret": admin["client_secret"],
        });
        let answer = http.post(format!("{}/oauth/token", self.base)).json(&request).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
