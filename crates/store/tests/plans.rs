//! How the database goes about the statements: what is found by a key is searched for, and lists come from an index
//! in their order, so that no answer takes longer because there is more of something else.
//!
//! The statements are the ones that really run, as the driver logs them.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;

use grantd_model::{
    Client, ClientFilter, ClientGrantFilter, Cursor, DefaultFor, OrganizationFilter, Paging,
    ResourceServerFilter, Revision, Secret, Versioned,
};
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What the driver has logged.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl<S: tracing::Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            LOGGED.lock().unwrap().push(statement.text());
        }
    }
}

/// A short statement is its own summary; a longer one stands beside it.
#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Statement {
    fn text(self) -> String {
        if self.whole.is_empty() { self.summary } else { self.whole }
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.trim().clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

struct Database {
    store: SqliteStore,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Database {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grantd.db");
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        Self { store: SqliteStore::open(&file, key).await.unwrap(), file, _folder: folder }
    }

    /// The statements that the store runs for this, each with its plan.
    async fn plans(&self, run: impl AsyncFnOnce(&SqliteStore)) -> Vec<(String, String)> {
        LOGGED.lock().unwrap().clear();
        run(&self.store).await;
        let mut statements = std::mem::take(&mut *LOGGED.lock().unwrap());
        statements.retain(|text| {
            ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb))
        });
        assert!(!statements.is_empty(), "nothing was logged");
        let mut plans = Vec::new();
        for statement in statements {
            let plan = self.plan(&statement).await;
            plans.push((statement, plan));
        }
        plans
    }

    async fn plan(&self, statement: &str) -> String {
        let mut connection = SqliteConnectOptions::new().filename(&self.file).connect().await.unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("; ")
    }

    /// Fails if a statement goes through a whole table or index.
    async fn assert_searches(&self, what: &str, run: impl AsyncFnOnce(&SqliteStore)) {
        for (statement, plan) in self.plans(run).await {
            assert!(!plan.contains("SCAN"), "{what}:\n{statement}\n{plan}");
        }
    }

    /// Fails if a page is sorted after it was found.
    async fn assert_in_order(&self, what: &str, run: impl AsyncFnOnce(&SqliteStore)) {
        for (statement, plan) in self.plans(run).await {
            assert!(!plan.contains("TEMP B-TREE"), "{what}:\n{statement}\n{plan}");
        }
    }
}

const FIRST: Paging = Paging::Offset { page: 0, per_page: 50, include_totals: true };

fn after(id: &str) -> Paging {
    Paging::Checkpoint { after: Some(Cursor { created: 7, id: id.into() }), take: 50 }
}

fn client(id: &str) -> Client {
    Client::from_request(id.into(), Secret::from("s"), [("name".to_owned(), id.into())].into_iter().collect())
        .unwrap()
}

async fn grants(store: &SqliteStore, filter: ClientGrantFilter) {
    store.list_client_grants(&filter, &FIRST).await.unwrap();
}

/// One test, since what is logged does not say who ran it.
#[tokio::test]
async fn what_is_found_by_a_key_is_searched_for_and_lists_are_in_the_order_of_an_index() {
    tracing_subscriber::registry().with(Recorder).init();
    let database = Database::open().await;
    getting_searches(&database).await;
    narrow_lists_search(&database).await;
    changes_search(&database).await;
    lists_are_in_order(&database).await;
}

async fn getting_searches(database: &Database) {
    database
        .assert_searches("get and find", async |store| {
            store.revision().await.unwrap();
            store.tenant().await.unwrap();
            store.changes_since(Revision(5)).await.unwrap();
            store.get_client(&"a".into()).await.unwrap();
            store.find_client_of_api(&"a".into()).await.unwrap();
            store.get_credential(&"a".into()).await.unwrap();
            store.list_credentials(&"a".into()).await.unwrap();
            store.secret_uses(&client("a")).await.unwrap();
            store.get_resource_server(&"a".into()).await.unwrap();
            store.find_resource_server(&"a".into()).await.unwrap();
            store.get_client_grant(&"a".into()).await.unwrap();
            store.get_organization(&"a".into()).await.unwrap();
            store.find_organization("a").await.unwrap();
            store.get_federated_identity(&"a".into(), &"a".into()).await.unwrap();
            store.list_federated_identities(&"a".into()).await.unwrap();
        })
        .await;
}

async fn narrow_lists_search(database: &Database) {
    let none = ClientGrantFilter::default;
    let filters = [
        ClientGrantFilter { client_id: Some("a".into()), ..none() },
        ClientGrantFilter { audience: Some("a".into()), ..none() },
        ClientGrantFilter { organization: Some("a".into()), ..none() },
        ClientGrantFilter { ids: Some(vec!["a".into(), "b".into()]), ..none() },
        ClientGrantFilter { default_for: Some(DefaultFor::ThirdPartyClients), ..none() },
        ClientGrantFilter { client_id: Some("a".into()), audience: Some("a".into()), ..none() },
    ];
    for filter in filters {
        database.assert_searches(&format!("{filter:?}"), async |store| grants(store, filter).await).await;
    }
    database
        .assert_searches("other lists", async |store| {
            let filter = ResourceServerFilter { identifiers: Some(vec!["a".into(), "b".into()]) };
            store.list_resource_servers(&filter, &FIRST).await.unwrap();
            let filter = OrganizationFilter { client_grant: Some("a".into()), sort: None };
            store.list_organizations(&filter, &FIRST).await.unwrap();
            let filter = ClientFilter { grant_in_organization: Some("a".into()), ..ClientFilter::default() };
            store.list_clients(&filter, &FIRST).await.unwrap();
        })
        .await;
}

/// Changes that fail run the statements all the same, up to where they fail.
async fn changes_search(database: &Database) {
    database
        .assert_searches("deleting", async |store| {
            for change in [
                Change::DeleteClient("a".into()),
                Change::DeleteCredential("a".into()),
                Change::UpdateClient(Versioned { record: client("a"), revision: Revision(5) }),
                Change::DeleteResourceServer("a".into()),
                Change::DeleteClientGrant("a".into()),
                Change::DeleteOrganization("a".into()),
                Change::DeleteFederatedIdentity { client: "a".into(), id: "a".into() },
            ] {
                store.commit(vec![change]).await.unwrap_err();
            }
        })
        .await;
}

async fn lists_are_in_order(database: &Database) {
    for paging in [FIRST, after("a")] {
        database
            .assert_in_order(&format!("{paging:?}"), async |store| {
                store.list_clients(&ClientFilter::default(), &paging).await.unwrap();
                store.list_resource_servers(&ResourceServerFilter::default(), &paging).await.unwrap();
                store.list_client_grants(&ClientGrantFilter::default(), &paging).await.unwrap();
                store.list_organizations(&OrganizationFilter::default(), &paging).await.unwrap();
            })
            .await;
    }
}
