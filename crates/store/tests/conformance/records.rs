//! Every record reads back as it was written, by every node.

use std::sync::Arc;

use grantd_model::{
    ClientFilter, Extensions, OrganizationId, Paging, Revision, ScopeHandling, SigningKeyState, Tenant,
    TenantSettings,
};
use grantd_store::{Change, Configuration, Store};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

pub async fn an_empty_store_has_nothing_and_is_at_revision_0(backend: impl Backend) {
    let store = backend.open().await;
    store.ping().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), Revision(0));
    assert_eq!(store.load().await.unwrap(), Configuration::default());
    assert_eq!(store.tenant().await.unwrap(), at(Tenant::default(), 0));
    assert!(store.signing_keys().await.unwrap().is_empty());
    let first = Paging::Offset { page: 0, per_page: 10, include_totals: true };
    assert_eq!(store.list_clients(&ClientFilter::default(), &first).await.unwrap().total, Some(0));
}

pub async fn every_record_reads_back_as_it_was_written(backend: impl Backend) {
    let store = backend.open().await;
    let organization =
        organization_with("org_1", "one", json!({"display_name": "One", "metadata": {"a": "b"}}));
    let api =
        api_with("api_1", "https://a/", json!({"signing_alg": "HS256", "signing_secret": "a secret of 16"}));
    let client = client_with("client_1", json!({"client_metadata": {"k": "v"}, "grant_types": []}));
    let grant = grant("cgr_1", "client_1", "https://a/");
    let key = signing_key("kid_1", "a private key", SigningKeyState::Current);
    let tenant = a_tenant();
    let changes = [
        Change::CreateOrganization(organization.clone()),
        Change::CreateResourceServer(api.clone()),
        Change::CreateClient(client.clone()),
        Change::CreateClientGrant(grant.clone()),
        Change::CreateSigningKey(key.clone()),
        Change::UpdateTenant(at(tenant.clone(), 0)),
    ];
    commit_each(&*store, changes).await;

    assert_eq!(store.get_organization(&organization.id).await.unwrap(), Some(at(organization.clone(), 1)));
    assert_eq!(store.find_organization("one").await.unwrap(), Some(at(organization, 1)));
    assert_eq!(store.get_resource_server(&api.id).await.unwrap(), Some(at(api.clone(), 2)));
    assert_eq!(store.find_resource_server(&api.identifier).await.unwrap(), Some(at(api, 2)));
    assert_eq!(store.get_client(&client.client_id).await.unwrap(), Some(at(client, 3)));
    assert_eq!(store.get_client_grant(&grant.id).await.unwrap(), Some(at(grant, 4)));
    assert_eq!(store.signing_keys().await.unwrap(), [key]);
    assert_eq!(store.tenant().await.unwrap(), at(tenant, 6));
}

fn a_tenant() -> Tenant {
    let settings =
        TenantSettings { default_audience: Some("https://a/".into()), ..TenantSettings::default() };
    Tenant {
        settings,
        extensions: Extensions { scope_handling: ScopeHandling::Rfc6749, ..Extensions::default() },
    }
}

pub async fn every_update_reads_back_as_it_was_written(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let mut client = client("client_1");
    client.name = "Renamed".into();
    client.client_secret = "rotated".into();
    let api = api_with("api_a", "https://a/", json!({"signing_alg": "HS256", "signing_secret": "new"}));
    let mut grant = grant("cgr_1a", "client_1", "https://a/");
    grant.allow_any_organization = Some(true);
    let organization = organization_with("org_1", "renamed", json!({"display_name": "Renamed"}));
    let changes = [
        Change::UpdateClient(at(client.clone(), 1)),
        Change::UpdateResourceServer(at(api.clone(), 1)),
        Change::UpdateClientGrant(at(grant.clone(), 1)),
        Change::UpdateOrganization(at(organization.clone(), 1)),
        Change::UpdateTenant(at(a_tenant(), 0)),
        Change::UpdateTenant(at(Tenant::default(), 6)),
    ];
    commit_each(&*store, changes).await;

    assert_eq!(store.get_client(&client.client_id).await.unwrap(), Some(at(client, 2)));
    assert_eq!(store.get_resource_server(&api.id).await.unwrap(), Some(at(api, 3)));
    assert_eq!(store.get_client_grant(&grant.id).await.unwrap(), Some(at(grant, 4)));
    assert_eq!(store.find_organization("renamed").await.unwrap(), Some(at(organization, 5)));
    assert_eq!(store.find_organization("one").await.unwrap(), None);
    assert_eq!(store.tenant().await.unwrap(), at(Tenant::default(), 7));
}

pub async fn a_client_of_an_api_is_found_by_it(backend: impl Backend) {
    let store = backend.open().await;
    let face = json!({"app_type": "resource_server", "resource_server_identifier": "https://a/"});
    let changes = [Change::CreateClient(client("other")), Change::CreateClient(client_with("face", face))];
    commit_each(&*store, changes).await;
    assert_eq!(store.find_client_of_api(&"https://a/".into()).await.unwrap(), Some("face".into()));
    assert_eq!(store.find_client_of_api(&"https://b/".into()).await.unwrap(), None);
}

pub async fn what_is_not_there_is_none(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    assert_eq!(store.get_client(&"nobody".into()).await.unwrap(), None);
    assert_eq!(store.get_resource_server(&"none".into()).await.unwrap(), None);
    assert_eq!(store.find_resource_server(&"https://none/".into()).await.unwrap(), None);
    assert_eq!(store.get_client_grant(&"cgr_none".into()).await.unwrap(), None);
    assert_eq!(store.get_organization(&OrganizationId::from("")).await.unwrap(), None);
    assert_eq!(store.find_organization("' OR 1 = 1 --").await.unwrap(), None);
}

pub async fn load_has_everything_at_one_revision(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let keys = ["kid_b", "kid_a"].map(|kid| signing_key(kid, kid, SigningKeyState::Previous));
    commit_each(&*store, keys.clone().map(Change::CreateSigningKey)).await;
    let configuration = loaded(&*store).await;
    assert_eq!(configuration.revision, Revision(3));
    assert_eq!(configuration.signing_keys, keys, "oldest first");
    assert_eq!(configuration.clients.len(), 2);
    assert_eq!(configuration.clients[0], client("client_1"));
    assert_eq!(configuration.resource_servers, [api("api_a", "https://a/"), api("api_b", "https://b/")]);
    assert_eq!(configuration.client_grants.len(), 5);
    assert_eq!(configuration.organizations, [organization("org_1", "one"), organization("org_2", "two")]);
    let associated =
        [association("org_1", "cgr_1a"), association("org_1", "cgr_2b"), association("org_2", "cgr_1a")];
    assert_eq!(configuration.associations, associated);
}

pub async fn a_store_that_is_opened_again_has_all_of_it(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let before = loaded(&*store).await;
    drop(store);
    let store = backend.open().await;
    assert_eq!(loaded(&*store).await, before);
    assert_eq!(store.commit(vec![Change::CreateClient(client("later"))]).await.unwrap(), Revision(2));
}

pub async fn two_stores_on_one_database_see_each_others_commits(backend: impl Backend) {
    let (one, other) = (backend.open().await, backend.open().await);
    fill(&*one).await;
    assert_eq!(loaded(&*other).await, loaded(&*one).await);
    let revision = other.commit(vec![Change::DeleteClient("client_1".into())]).await.unwrap();
    assert_eq!(one.revision().await.unwrap(), revision);
    assert_eq!(one.get_client(&"client_1".into()).await.unwrap(), None);
}

pub async fn two_stores_on_one_database_write_in_one_order(backend: impl Backend) {
    let stores: [Arc<dyn Store>; 2] = [backend.open().await, backend.open().await];
    let commits = (0..40).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        let change = Change::CreateClient(client(&format!("client_{number}")));
        tokio::spawn(async move { store.commit(vec![change]).await.unwrap() })
    });
    let mut revisions = Vec::new();
    for commit in commits.collect::<Vec<_>>() {
        revisions.push(commit.await.unwrap().0);
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=40).collect::<Vec<_>>());
}

pub async fn stores_that_open_a_new_database_at_the_same_moment_all_do(backend: impl Backend) {
    let (one, two, three) = tokio::join!(backend.open(), backend.open(), backend.open());
    fill(&*one).await;
    assert_eq!(loaded(&*two).await, loaded(&*three).await);
}
