//! The schema: which tables there are, and which versions may use which.

use std::collections::BTreeSet;

use grantd_store::{PostgresOptions, PostgresStore, SqliteStore, Store, StoreError, moved_tables};
use sqlx::Row;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::{CLUSTER, key, open};

/// Not moved as rows: what is of one file or one server only, what is counted anew, and the revision, which comes last.
const APART: [&str; 5] = ["_sqlx_migrations", "clean_stop", "rate_counts", "revision", "sqlite_stat1"];

async fn columns_in_sqlite() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grantd.db");
    SqliteStore::open(&file, key()).await.unwrap().close().await;
    let log = folder.path().join("events.db");
    let chain = grantd_store::ChainKey::new(&grantd_model::Secret::from(vec![7; 32]));
    grantd_store::Log::close(&grantd_store::SqliteLog::open(&log, chain).await.unwrap()).await;
    let mut found = BTreeSet::new();
    for file in [file, log] {
        let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let text = "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
                    WHERE m.type = 'table'";
        let rows = sqlx::query(text).fetch_all(&mut connection).await.unwrap();
        found.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    found
}

async fn columns_in_postgres(url: &str) -> BTreeSet<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let text = "SELECT table_name || '.' || column_name FROM information_schema.columns \
                WHERE table_schema = 'public'";
    let rows = sqlx::query(text).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

fn without(columns: BTreeSet<String>, tables: &[&str]) -> BTreeSet<String> {
    columns.into_iter().filter(|column| !tables.contains(&column.split('.').next().unwrap())).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_columns_and_all_of_them_are_moved() {
    let url = CLUSTER.database();
    open(&url).await.close().await;
    let postgres = without(columns_in_postgres(&url).await, &["compatibility", "leases", "_sqlx_migrations"]);
    let sqlite = without(columns_in_sqlite().await, &["_sqlx_migrations"]);
    assert_eq!(sqlite, postgres);
    let tables: BTreeSet<&str> = sqlite.iter().map(|column| column.split('.').next().unwrap()).collect();
    let tables: BTreeSet<&str> = tables.into_iter().filter(|table| !APART.contains(table)).collect();
    assert_eq!(tables, moved_tables().collect());
}

#[tokio::test]
async fn a_newer_schema_is_used_where_it_says_that_this_version_may_and_refused_otherwise() {
    let url = CLUSTER.database();
    open(&url).await.close().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (99, 'of another version', TRUE, '', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    open(&url).await.close().await;
    for (oldest, opens) in [(1, true), (99, false)] {
        let text = format!("UPDATE compatibility SET oldest = {oldest}");
        sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        let opened = PostgresStore::open(&PostgresOptions::parse(&url).unwrap(), key()).await;
        match opened {
            Ok(_) => assert!(opens),
            Err(error) => assert!(!opens && matches!(error, StoreError::Newer { schema: 99, .. }), "{error}"),
        }
    }
}
