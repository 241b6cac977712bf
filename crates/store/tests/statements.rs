//! Every SQL text of the store is prepared against the schema: a statement that no other test runs still has its
//! tables, its columns and its grammar checked.
//!
//! The texts are read from the sources. Some are put together when they run: `plans.rs`, `sqlite/rewrap.rs` and the
//! conformance suite run those as they are.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::fs;
use std::path::Path;

use grantd_model::Secret;
use grantd_store::{KeyEncryptionKey, PostgresOptions, PostgresStore, SqliteStore, Store};
use grantd_testbed::{Cluster, Durability};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Database, Executor, PgConnection, SqlSafeStr,
    Statement, TypeInfo,
};

/// What statements begin with.
const VERBS: [&str; 4] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
/// Put statements together from parts that are none by themselves: lists, what is done for each sealed column, and rows that
/// share a statement.
const OF_PARTS: [&str; 4] = ["grants_together.rs", "paging.rs", "rate_counts.rs", "sealing.rs"];

/// What PostgreSQL calls numbers of fewer than 64 bits.
const NARROW: [&str; 2] = ["INT2", "INT4"];

/// The sources that have statements: name and text.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sql");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let named =
        files.map(|file| (file.file_name().into_string().unwrap(), fs::read_to_string(file.path()).unwrap()));
    named.filter(|(name, _)| !OF_PARTS.contains(&name.as_str())).collect()
}

/// The string literals of a source, as the compiler reads them. It knows comments, `\"`, `\\` and a line that goes on.
fn literals(source: &str) -> Vec<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let (mut literals, mut rest) = (Vec::new(), code.chars().peekable());
    while rest.find(|letter| *letter == '"').is_some() {
        let mut literal = String::new();
        while let Some(letter) = rest.next_if(|letter| *letter != '"') {
            match letter {
                '\\' if rest.peek() == Some(&'\n') => {
                    while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
                }
                '\\' => literal.extend(rest.next()),
                letter => literal.push(letter),
            }
        }
        rest.next();
        literals.push(literal);
    }
    literals
}

fn statements(source: &str) -> Vec<String> {
    literals(source).into_iter().filter(|text| VERBS.iter().any(|verb| text.starts_with(verb))).collect()
}

#[test]
fn literals_are_read_as_the_compiler_reads_them() {
    let source =
        "let a = \"one\"; // \"kept\"\n// \"left out\"\nf(\"two \\\n     parts\", \"a \\\"quote\\\"\");";
    assert_eq!(literals(source), ["one", "kept", "two parts", "a \"quote\""]);
}

/// How many there are. The types of what a statement answers with are looked at: a number of fewer than 64 bits, as `SELECT 1`
/// has in PostgreSQL, is no `i64` to the library, which it says when it reads one.
async fn prepared_in<D, C>(connection: &mut C) -> usize
where
    D: Database,
    for<'e> &'e mut C: Executor<'e, Database = D>,
{
    let mut prepared = 0;
    for (name, source) in sources() {
        let statements = statements(&source);
        let run = source.matches("sqlx::query").count();
        assert!(statements.len() >= run, "{name} runs {run} statements, and {} were found", statements.len());
        for statement in statements {
            let outcome = (&mut *connection).prepare(AssertSqlSafe(statement.clone()).into_sql_str()).await;
            assert!(outcome.is_ok(), "{name}: {statement}: {:?}", outcome.err());
            for column in outcome.unwrap().columns() {
                let narrow = NARROW.contains(&column.type_info().name());
                assert!(!narrow, "{name}: {statement}: {}", column.name());
            }
            prepared += 1;
        }
    }
    prepared
}

#[tokio::test]
async fn every_statement_can_be_prepared_in_postgres() {
    let cluster = Cluster::start(Durability::Nothing);
    let url = cluster.database();
    let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
    PostgresStore::open(&PostgresOptions::parse(&url).unwrap(), key).await.unwrap().close().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    assert!(prepared_in(&mut connection).await >= 40);
}

#[tokio::test]
async fn every_statement_can_be_prepared_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grantd.db");
    let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
    let store = SqliteStore::open(&file, key).await.unwrap();
    store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    assert!(prepared_in(&mut connection).await >= 40);
}
