//! What goes along when a record goes, or moves.

use grantd_store::{Change, Noun, StoreError};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

pub async fn a_client_goes_with_its_grants_and_their_associations(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [Change::DeleteClient("client_1".into())]).await;
    assert_eq!(grants(&*store).await, ["cgr_2a", "cgr_2b", "cgr_da"]);
    assert_eq!(associations(&*store).await, [association("org_1", "cgr_2b")]);
}

pub async fn an_api_goes_with_its_grants_and_their_associations(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [Change::DeleteResourceServer("api_a".into())]).await;
    assert_eq!(grants(&*store).await, ["cgr_1b", "cgr_2b"], "the default grant goes too");
    assert_eq!(associations(&*store).await, [association("org_1", "cgr_2b")]);
    assert_eq!(store.find_resource_server(&"https://a/".into()).await.unwrap(), None);
}

pub async fn a_grant_goes_with_its_associations(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [Change::DeleteClientGrant("cgr_1a".into())]).await;
    assert_eq!(associations(&*store).await, [association("org_1", "cgr_2b")]);
}

pub async fn an_organization_goes_with_its_associations_and_as_a_default(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    assert!(stored_client(&*store, "client_2").await.record.default_organization.is_some());
    commit_each(&*store, [Change::DeleteOrganization("org_1".into())]).await;
    assert_eq!(associations(&*store).await, [association("org_2", "cgr_1a")]);
    assert_eq!(stored_client(&*store, "client_2").await, at(client("client_2"), 2));
    assert_eq!(
        stored_client(&*store, "client_1").await,
        at(client("client_1"), 1),
        "others stay as they were"
    );
}

pub async fn an_api_moves_with_its_grants(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let moved = Change::MoveResourceServer { id: "api_a".into(), identifier: "https://moved/".into() };
    commit_each(&*store, [moved]).await;
    let there = store.find_resource_server(&"https://moved/".into()).await.unwrap().unwrap();
    assert_eq!(there, at(api("api_a", "https://moved/"), 2));
    assert_eq!(store.find_resource_server(&"https://a/".into()).await.unwrap(), None);
    let grant_now = store.get_client_grant(&"cgr_1a".into()).await.unwrap().unwrap();
    assert_eq!(grant_now, at(grant("cgr_1a", "client_1", "https://moved/"), 2));
    assert_eq!(grants(&*store).await.len(), 5);
    assert_eq!(associations(&*store).await.len(), 3);

    let twin = Change::CreateClientGrant(grant("cgr_twin", "client_1", "https://moved/"));
    let outcome = store.commit(vec![twin]).await;
    assert!(
        matches!(outcome, Err(StoreError::Duplicate(Noun::ClientGrant))),
        "the keys of the grants moved too"
    );
    commit_each(&*store, [Change::DeleteResourceServer("api_a".into())]).await;
    assert_eq!(grants(&*store).await, ["cgr_1b", "cgr_2b"]);
}

pub async fn the_default_audience_moves_with_its_api(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let default_after = async |default: &str, moved_to: &str| {
        let mut tenant = store.tenant().await.unwrap();
        tenant.record.settings.default_audience = Some(default.to_owned());
        let moved = Change::MoveResourceServer { id: "api_a".into(), identifier: moved_to.into() };
        commit_each(&*store, [Change::UpdateTenant(tenant), moved]).await;
        store.tenant().await.unwrap().record.settings.default_audience
    };
    assert_eq!(default_after("https://b/", "https://moved/").await.as_deref(), Some("https://b/"));
    assert_eq!(default_after("https://moved/", "https://again/").await.as_deref(), Some("https://again/"));
}

pub async fn an_api_does_not_move_onto_another(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let before = loaded(&*store).await;
    let onto = Change::MoveResourceServer { id: "api_a".into(), identifier: "https://b/".into() };
    let outcome = store.commit(vec![onto]).await;
    assert!(matches!(outcome, Err(StoreError::Duplicate(Noun::ResourceServer))), "{outcome:?}");
    assert_eq!(loaded(&*store).await, before);
}

pub async fn a_move_does_not_relax_the_rest_of_its_commit(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let before = loaded(&*store).await;
    let nowhere = json!({"default_organization": {"organization_id": "org_none", "flows": []}});
    let changes = vec![
        Change::MoveResourceServer { id: "api_a".into(), identifier: "https://moved/".into() },
        Change::CreateClient(client_with("homeless", nowhere)),
    ];
    let outcome = store.commit(changes).await;
    assert!(matches!(outcome, Err(StoreError::Missing(Noun::Organization))), "{outcome:?}");
    assert_eq!(loaded(&*store).await, before);
}
