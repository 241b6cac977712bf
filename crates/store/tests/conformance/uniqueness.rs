//! Natural keys are unique because the database says so, however many ask at once.

use std::sync::Arc;

use grantd_model::SigningKeyState;
use grantd_store::{Change, Noun, Store, StoreError};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

async fn assert_duplicate(store: &dyn Store, noun: Noun, change: Change) {
    let before = loaded(store).await;
    let outcome = store.commit(vec![change.clone()]).await;
    assert!(matches!(outcome, Err(StoreError::Duplicate(of)) if of == noun), "{change:?}: {outcome:?}");
    assert_eq!(loaded(store).await, before);
}

pub async fn a_second_grant_of_the_same_client_api_and_subject_type_is_a_duplicate(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let twin = Change::CreateClientGrant(grant("cgr_new", "client_1", "https://a/"));
    assert_duplicate(&*store, Noun::ClientGrant, twin).await;
}

pub async fn a_second_default_grant_of_the_same_api_and_subject_type_is_a_duplicate(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let twin = Change::CreateClientGrant(default_grant("cgr_new", "https://a/"));
    assert_duplicate(&*store, Noun::ClientGrant, twin).await;
}

pub async fn grants_that_differ_in_any_part_of_the_key_stand_side_by_side(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let user = |body: serde_json::Value| {
        let mut body = body;
        body["subject_type"] = "user".into();
        body
    };
    let twins = [
        grant_with("cgr_u1", user(json!({"client_id": "client_1", "audience": "https://a/"}))),
        grant_with("cgr_u2", user(json!({"client_id": "client_2", "audience": "https://a/"}))),
        grant_with("cgr_u3", user(json!({"client_id": "client_1", "audience": "https://b/"}))),
        grant_with("cgr_u4", user(json!({"default_for": "third_party_clients", "audience": "https://a/"}))),
        default_grant("cgr_db", "https://b/"),
    ];
    commit_each(&*store, twins.clone().map(Change::CreateClientGrant)).await;
    for mut twin in twins {
        twin.id = "cgr_again".into();
        assert_duplicate(&*store, Noun::ClientGrant, Change::CreateClientGrant(twin)).await;
    }
}

/// 100 grants with the same key, spread over the stores: how many are made, and how many are refused as duplicates.
async fn race(stores: &[Arc<dyn Store>]) -> (usize, usize) {
    let commits = (0..100).map(|number| {
        let store = Arc::clone(&stores[number % stores.len()]);
        let grant = grant(&format!("cgr_race_{number}"), "client_1", "https://new/");
        tokio::spawn(async move { store.commit(vec![Change::CreateClientGrant(grant)]).await })
    });
    let (mut made, mut duplicates) = (0, 0);
    for commit in commits.collect::<Vec<_>>() {
        match commit.await.unwrap() {
            Ok(_) => made += 1,
            Err(StoreError::Duplicate(Noun::ClientGrant)) => duplicates += 1,
            Err(error) => panic!("neither made nor a duplicate: {error:?}"),
        }
    }
    (made, duplicates)
}

pub async fn of_100_grants_made_at_once_one_is_there(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [Change::CreateResourceServer(api("api_new", "https://new/"))]).await;
    assert_eq!(race(&[Arc::clone(&store)]).await, (1, 99));
    assert_eq!(store.revision().await.unwrap().0, 3, "a refused commit takes no revision");
}

pub async fn of_100_grants_made_at_once_on_two_stores_one_is_there(backend: impl Backend) {
    let stores = [backend.open().await, backend.open().await];
    fill(&*stores[0]).await;
    commit_each(&*stores[0], [Change::CreateResourceServer(api("api_new", "https://new/"))]).await;
    assert_eq!(race(&stores).await, (1, 99));
}

pub async fn of_many_grants_made_at_once_all_are_there_but_those_that_cannot_be(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let apis = (0..90).map(|number| {
        Change::CreateResourceServer(api(&format!("api_{number}"), &format!("https://{number}/")))
    });
    store.commit(apis.collect()).await.unwrap();
    let before = store.revision().await.unwrap();
    // Each tenth is for an API that is not there, and each tenth a second one.
    let commits = (0..100).map(|number| {
        let (store, id) = (Arc::clone(&store), format!("cgr_{number}"));
        let api = if number % 10 == 9 { number - 1 } else { number };
        let grant = grant(&id, "client_1", &format!("https://{api}/"));
        tokio::spawn(async move { (id, store.commit(vec![Change::CreateClientGrant(grant)]).await) })
    });
    let (mut made, mut revisions, mut refused) = (grants(&*store).await, Vec::new(), Vec::new());
    for commit in commits.collect::<Vec<_>>() {
        let (id, outcome) = commit.await.unwrap();
        match outcome {
            Ok(revision) => {
                made.push(id);
                revisions.push(revision.0);
            }
            Err(error) => refused.push(format!("{error:?}")),
        }
    }
    made.sort();
    revisions.sort_unstable();
    refused.sort();
    refused.dedup();
    assert_eq!(grants(&*store).await, made);
    assert_eq!(revisions, (before.0 + 1..=before.0 + 81).collect::<Vec<_>>(), "each has its own");
    assert_eq!(refused, ["Duplicate(ClientGrant)", "Missing(ResourceServer)"]);
    let changes = store.changes_since(before).await.unwrap();
    assert_eq!((changes.revision.0, changes.changed.len()), (before.0 + 81, 81), "followers read them all");
}

pub async fn a_key_is_free_again_when_its_record_is_gone(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let changes = vec![
        Change::DeleteClientGrant("cgr_1a".into()),
        Change::CreateClientGrant(grant("cgr_new", "client_1", "https://a/")),
        Change::DeleteOrganization("org_1".into()),
        Change::CreateOrganization(organization("org_new", "one")),
        Change::DeleteResourceServer("api_b".into()),
        Change::CreateResourceServer(api("api_new", "https://b/")),
    ];
    store.commit(changes).await.unwrap();
    assert_eq!(grants(&*store).await, ["cgr_2a", "cgr_da", "cgr_new"]);
}

pub async fn identifiers_names_and_ids_are_unique(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let key =
        |private_key| Change::CreateSigningKey(signing_key("kid", private_key, SigningKeyState::Current));
    commit_each(&*store, [key("one")]).await;
    let refused = [
        (Noun::ResourceServer, Change::CreateResourceServer(api("api_new", "https://a/"))),
        (Noun::ResourceServer, Change::CreateResourceServer(api("api_a", "https://new/"))),
        (Noun::Organization, Change::CreateOrganization(organization("org_new", "one"))),
        (Noun::Organization, Change::CreateOrganization(organization("org_1", "new"))),
        (Noun::Organization, Change::UpdateOrganization(at(organization("org_1", "two"), 1))),
        (Noun::Client, Change::CreateClient(client("client_1"))),
        (Noun::ClientGrant, Change::CreateClientGrant(default_grant("cgr_1a", "https://b/"))),
        (Noun::SigningKey, key("other")),
    ];
    for (noun, change) in refused {
        assert_duplicate(&*store, noun, change).await;
    }
}

pub async fn an_association_is_made_once(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    assert_duplicate(&*store, Noun::Association, associate("org_1", "cgr_1a")).await;
    commit_each(&*store, [separate("org_1", "cgr_1a"), associate("org_1", "cgr_1a")]).await;
}
