//! Backups of a server under parallel writes: each restores to a state that there was.
//!
//! The ordinary run takes 5 of them, `GRANTD_TEST_LONG=1` 60.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use grantd_model::Revision;
use grantd_store::{Changed, Configuration, Store};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::commands::{audit, backup, json_said, key_file, restore, store};
use crate::support::Place;
use crate::support::api::{Api, https};

const WRITERS: usize = 8;

/// A record that was made through the Management API: its identifier, and the time between request and answer.
struct Made {
    id: String,
    begun: Instant,
    answered: Instant,
}

/// A client with an API and a grant, in the order in which they were made.
struct Trio {
    made: [Made; 3],
    client: Value,
    audience: Value,
}

/// What writers and the test tell each other.
#[derive(Default)]
struct Progress {
    end: AtomicBool,
    trios: AtomicUsize,
}

/// A backup, and when it was taken.
struct Taken {
    place: PathBuf,
    begun: Instant,
    ended: Instant,
    manifest: Value,
}

async fn make(api: &Api, path: &str, body: Value, id: &str) -> (Made, Value) {
    let begun = Instant::now();
    let record = api.create(path, body).await;
    let id = record[id].as_str().unwrap().to_owned();
    (Made { id, begun, answered: Instant::now() }, record)
}

/// Makes one record after the other, until told to end.
async fn write(api: Api, number: usize, progress: Arc<Progress>) -> Vec<Trio> {
    let mut trios = Vec::new();
    while !progress.end.load(Ordering::SeqCst) {
        let name = format!("load-{number}-{}", trios.len());
        let audience = json!(format!("https://{name}/"));
        let client = json!({"name": name, "app_type": "non_interactive"});
        let (client_made, client) = make(&api, "/api/v2/clients", client, "client_id").await;
        let body = json!({"identifier": audience});
        let (api_made, _) = make(&api, "/api/v2/resource-servers", body, "id").await;
        let body = json!({"client_id": client["client_id"], "audience": audience, "scope": []});
        let (grant_made, _) = make(&api, "/api/v2/client-grants", body, "id").await;
        trios.push(Trio { made: [client_made, api_made, grant_made], client, audience });
        progress.trios.fetch_add(1, Ordering::SeqCst);
    }
    trios
}

impl Progress {
    /// Waits until the writers have made some more, not all of which were begun before now.
    async fn go_on(&self) {
        let enough = self.trios.load(Ordering::SeqCst) + 2 * WRITERS;
        let going = async {
            while self.trios.load(Ordering::SeqCst) < enough {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), going).await.unwrap();
    }
}

fn take(place: &Place, name: &str) -> Taken {
    let (to, begun) = (place.beside(name), Instant::now());
    let manifest = json_said(backup(place, &to, &["--json"]));
    Taken { place: to, begun, ended: Instant::now(), manifest }
}

fn ids(configuration: &Configuration) -> BTreeSet<String> {
    let clients = configuration.clients.iter().map(|client| client.client_id.to_string());
    let apis = configuration.resource_servers.iter().map(|api| api.id.to_string());
    let grants = configuration.client_grants.iter().map(|grant| grant.id.to_string());
    clients.chain(apis).chain(grants).collect()
}

/// The records that were made after a revision, in the order of their commits.
async fn order(data: &Path, since: Revision) -> Vec<String> {
    let store = store(data).await;
    let changes = store.changes_since(since).await.unwrap();
    store.close().await;
    let id = |changed: &Changed| match changed {
        Changed::Client(id, Some(_)) => id.to_string(),
        Changed::ResourceServer(id, Some(_)) => id.to_string(),
        Changed::ClientGrant(id, Some(_)) => id.to_string(),
        other => panic!("nobody has made this: {other:?}"),
    };
    let order: Vec<String> = changes.changed.iter().map(id).collect();
    assert_eq!(changes.revision.0 - since.0, order.len() as u64, "one commit makes one record");
    order
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for the record")]
async fn each_backup_taken_under_load_restores_to_a_state_that_there_was() {
    let backups = if std::env::var_os("GRANTD_TEST_LONG").is_some() { 60 } else { 5 };
    let (place, started) = (Place::new(), Instant::now());
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let empty = block_in_place(|| take(&place, "empty"));
    let progress = Arc::new(Progress::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| tokio::spawn(write(api.apart(&place.data()), number, Arc::clone(&progress))))
        .collect();
    progress.go_on().await;
    let taken: Vec<Taken> =
        block_in_place(|| (0..backups).map(|number| take(&place, &format!("backup-{number}"))).collect());
    progress.go_on().await;
    progress.end.store(true, Ordering::SeqCst);
    let mut trios = Vec::new();
    for writer in writers {
        trios.extend(writer.await.unwrap());
    }
    let ended = server.stop();
    assert!(ended.status.success() && !ended.stderr.contains("ERROR"), "{ended:?}");
    let base = Revision(empty.manifest["revision"].as_u64().unwrap());
    let history = History { base, order: order(&place.data(), base).await, trios };
    history.check_load(&taken);
    for taken in &taken {
        history.check(&place, taken).await;
    }
    println!(
        "{backups} backups while {WRITERS} writers made {} commits, {} of them within a backup's time; each was restored, all \
         in {:.1} s",
        history.order.len(),
        history.made_during(&taken).count(),
        started.elapsed().as_secs_f64(),
    );
}

/// What was made, and in which order.
struct History {
    base: Revision,
    order: Vec<String>,
    trios: Vec<Trio>,
}

impl History {
    fn made(&self) -> impl Iterator<Item = &Made> {
        self.trios.iter().flat_map(|trio| &trio.made)
    }

    /// There was a load while the backups were taken: it was neither over nor held up.
    fn check_load(&self, taken: &[Taken]) {
        assert_eq!(self.made().count(), self.order.len());
        assert!(self.made_during(taken).next().is_some(), "nobody could write while a backup was taken");
    }

    /// What was begun and answered while one backup was taken.
    fn made_during(&self, taken: &[Taken]) -> impl Iterator<Item = &Made> {
        let within = |made: &Made, taken: &Taken| made.begun > taken.begun && made.answered < taken.ended;
        self.made().filter(move |made| taken.iter().any(|taken| within(made, taken)))
    }

    async fn check(&self, place: &Place, taken: &Taken) {
        let restored = Place::new();
        let (data, key) = (restored.data(), key_file(&place.data()));
        let said = block_in_place(|| {
            json_said(restore(&taken.place, &data, &["--key", key.to_str().unwrap(), "--json"]))
        });
        let store = store(&data).await;
        let configuration = store.load().await.unwrap();
        store.close().await;
        let revision = configuration.revision;
        assert_eq!(
            (&taken.manifest["revision"], &said["revision"]),
            (&json!(revision.0), &json!(revision.0))
        );
        let found = ids(&configuration);
        self.check_prefix(revision, &found);
        self.check_times(taken, &found);
        check_dependents(&configuration);
        assert_eq!(said["clients"], configuration.clients.len());
        assert_eq!(said["client_grants"], configuration.client_grants.len());
        assert_eq!(said["resource_servers"], configuration.resource_servers.len());
        self.check_log(&data, taken, &said, revision);
        self.check_tokens(&restored, &found).await;
    }

    /// What is there is what the first commits made, so many as the revision says.
    fn check_prefix(&self, revision: Revision, found: &BTreeSet<String>) {
        let commits = usize::try_from(revision.0 - self.base.0).unwrap();
        let (before, after) = self.order.split_at(commits);
        let missing: Vec<_> = before.iter().filter(|id| !found.contains(*id)).collect();
        let early: Vec<_> = after.iter().filter(|id| found.contains(*id)).collect();
        assert!(missing.is_empty() && early.is_empty(), "{commits} commits: {missing:?} {early:?}");
    }

    /// As those saw it who wrote: nothing that was answered before is missing, nothing that was begun later is there.
    fn check_times(&self, taken: &Taken, found: &BTreeSet<String>) {
        for made in self.made() {
            let is_there = found.contains(&made.id);
            assert!(is_there || made.answered > taken.begun, "{} was answered before", made.id);
            assert!(!is_there || made.begun < taken.ended, "{} was begun later", made.id);
        }
        let (there, missing): (Vec<_>, Vec<_>) = self.made().partition(|made| found.contains(&made.id));
        let last_there = there.iter().map(|made| made.begun).max().unwrap();
        let first_missing = missing.iter().map(|made| made.answered).min().unwrap();
        assert!(
            last_there < first_missing,
            "one is there that was begun after another was answered that is not"
        );
    }

    /// The log is whole, and has the events of all that is there: those that were not answered yet may be missing, one of
    /// each writer.
    fn check_log(&self, data: &Path, taken: &Taken, said: &Value, revision: Revision) {
        let verified = block_in_place(|| audit(data));
        let log = &taken.manifest["event_log"];
        let end = format!("{}:{}", log["position"], log["hash"].as_str().unwrap());
        assert_eq!((&verified["whole"], &verified["end"]), (&json!(true), &json!(end)));
        assert_eq!(
            said["event_log"],
            json!({"whole": true, "entries": verified["entries"], "end": verified["end"]})
        );
        let commits = revision.0 - self.base.0;
        assert!(verified["entries"].as_u64().unwrap() + WRITERS as u64 > commits, "{verified} {commits}");
    }

    /// Who has a grant gets a token with the old secret, and who was made later is unknown.
    async fn check_tokens(&self, restored: &Place, found: &BTreeSet<String>) {
        let server = restored.start(&[]);
        let http = https(&restored.data().join("ca.pem"));
        for (is_there, expected) in [(true, 200), (false, 401)] {
            let all = |trio: &&Trio| trio.made.iter().all(|made| found.contains(&made.id) == is_there);
            let trio = self.trios.iter().find(all).unwrap();
            let request = json!({
                "grant_type": "client_credentials", "client_id": trio.client["client_id"],
                "client_secret": trio.client["client_secret"], "audience": trio.audience,
            });
            let asked = http.post(format!("{}/oauth/token", server.base)).json(&request);
            assert_eq!(asked.send().await.unwrap().status(), expected);
        }
        assert!(server.stop().status.success());
        block_in_place(|| audit(&restored.data()));
    }
}

fn check_dependents(configuration: &Configuration) {
    for grant in &configuration.client_grants {
        let client = grant.client_id.as_ref().unwrap();
        assert!(configuration.clients.iter().any(|found| found.client_id == *client), "{grant:?}");
        let mut apis = configuration.resource_servers.iter();
        assert!(apis.any(|api| api.identifier == grant.audience), "{grant:?}");
    }
}
