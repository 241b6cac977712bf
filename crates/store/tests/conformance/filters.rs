//! What lists are narrowed to.

use grantd_model::{
    ClientFilter, ClientGrantFilter, DefaultFor, Direction, OrganizationFilter, OrganizationOrder,
    ResourceServerFilter, SubjectType,
};
use grantd_store::{Change, Store};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;
use crate::listing::{all_apis, all_clients, all_grants, all_organizations};

async fn fill_more(store: &dyn Store) {
    fill(store).await;
    let any = json!({
        "client_id": "client_2", "audience": "https://a/", "subject_type": "user", "allow_any_organization": true,
    });
    let denied = json!({
        "client_id": "client_1", "audience": "https://b/", "subject_type": "user", "allow_any_organization": false,
    });
    let third = json!({"is_first_party": false, "app_type": "spa"});
    let changes = [
        Change::CreateClientGrant(grant_with("cgr_u2a", any)),
        Change::CreateClientGrant(grant_with("cgr_u1b", denied)),
        Change::CreateClient(client_with("client_3", third)),
        Change::CreateClient(client_with("all", json!({"global": true, "app_type": null}))),
        Change::CreateClient(client_with("client_4", json!({"app_type": "regular_web"}))),
    ];
    commit_each(store, changes).await;
}

pub async fn grants_are_found_by_every_member_of_the_filter(backend: impl Backend) {
    let store = backend.open().await;
    fill_more(&*store).await;
    let none = ClientGrantFilter::default;
    let expected: [(ClientGrantFilter, &[&str]); 11] = [
        (none(), &["cgr_1a", "cgr_1b", "cgr_2a", "cgr_2b", "cgr_da", "cgr_u1b", "cgr_u2a"]),
        (
            ClientGrantFilter { audience: Some("https://b/".into()), ..none() },
            &["cgr_1b", "cgr_2b", "cgr_u1b"],
        ),
        (
            ClientGrantFilter { client_id: Some("client_1".into()), ..none() },
            &["cgr_1a", "cgr_1b", "cgr_u1b"],
        ),
        (ClientGrantFilter { allow_any_organization: Some(true), ..none() }, &["cgr_u2a"]),
        (ClientGrantFilter { allow_any_organization: Some(false), ..none() }, &["cgr_u1b"]),
        (ClientGrantFilter { subject_type: Some(SubjectType::User), ..none() }, &["cgr_u1b", "cgr_u2a"]),
        (ClientGrantFilter { default_for: Some(DefaultFor::ThirdPartyClients), ..none() }, &["cgr_da"]),
        (ClientGrantFilter { organization: Some("org_1".into()), ..none() }, &["cgr_1a", "cgr_2b"]),
        (
            ClientGrantFilter { ids: Some(vec!["cgr_da".into(), "cgr_1a".into()]), ..none() },
            &["cgr_1a", "cgr_da"],
        ),
        (
            ClientGrantFilter {
                client_id: Some("client_2".into()),
                subject_type: Some(SubjectType::Client),
                ..none()
            },
            &["cgr_2a", "cgr_2b"],
        ),
        (
            ClientGrantFilter {
                audience: Some("https://a/".into()),
                client_id: Some("client_1".into()),
                organization: Some("org_2".into()),
                ..none()
            },
            &["cgr_1a"],
        ),
    ];
    for (filter, ids) in expected {
        assert_eq!(all_grants(&*store, &filter).await, ids, "{filter:?}");
    }
}

pub async fn clients_are_found_by_every_member_of_the_filter(backend: impl Backend) {
    let store = backend.open().await;
    fill_more(&*store).await;
    let none = ClientFilter::default;
    let types = |types: &[&str]| Some(types.iter().map(ToString::to_string).collect());
    let expected: [(ClientFilter, &[&str]); 7] = [
        (none(), &["client_1", "client_2", "client_3", "client_4", "all"]),
        (ClientFilter { is_global: Some(true), ..none() }, &["all"]),
        (
            ClientFilter { is_global: Some(false), ..none() },
            &["client_1", "client_2", "client_3", "client_4"],
        ),
        (ClientFilter { is_first_party: Some(false), ..none() }, &["client_3"]),
        (ClientFilter { app_types: types(&["spa", "regular_web"]), ..none() }, &["client_3", "client_4"]),
        (ClientFilter { app_types: types(&["native"]), ..none() }, &[]),
        (
            ClientFilter { is_first_party: Some(true), app_types: types(&["spa", "regular_web"]), ..none() },
            &["client_4"],
        ),
    ];
    for (filter, ids) in expected {
        assert_eq!(all_clients(&*store, &filter).await, ids, "{filter:?}");
    }
    let now_a_web_application = client_with("client_3", json!({"app_type": "regular_web"}));
    let revision = stored_client(&*store, "client_3").await.revision.0;
    commit_each(&*store, [Change::UpdateClient(at(now_a_web_application, revision))]).await;
    let filter = ClientFilter { is_first_party: Some(true), app_types: types(&["regular_web"]), ..none() };
    assert_eq!(all_clients(&*store, &filter).await, ["client_3", "client_4"], "updates are found anew");
}

pub async fn clients_are_found_by_what_their_grants_allow(backend: impl Backend) {
    let store = backend.open().await;
    fill_more(&*store).await;
    let in_organization =
        |id: &str| ClientFilter { grant_in_organization: Some(id.into()), ..ClientFilter::default() };
    assert_eq!(all_clients(&*store, &in_organization("org_1")).await, ["client_1", "client_2"]);
    assert_eq!(all_clients(&*store, &in_organization("org_2")).await, ["client_1"]);
    assert!(all_clients(&*store, &in_organization("org_none")).await.is_empty());
    let any = ClientFilter { grant_for_any_organization: true, ..ClientFilter::default() };
    assert_eq!(all_clients(&*store, &any).await, ["client_2"]);
    let both = ClientFilter { grant_for_any_organization: true, ..in_organization("org_2") };
    assert!(all_clients(&*store, &both).await.is_empty());
}

pub async fn apis_are_found_by_identifier(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let named = |names: &[&str]| ResourceServerFilter {
        identifiers: Some(names.iter().map(|name| (*name).into()).collect()),
    };
    assert_eq!(all_apis(&*store, &named(&["https://b/"])).await, ["api_b"]);
    assert_eq!(
        all_apis(&*store, &named(&["https://b/", "https://a/", "https://b/"])).await,
        ["api_a", "api_b"]
    );
    assert!(all_apis(&*store, &named(&["https://B/"])).await.is_empty());
}

pub async fn organizations_are_found_by_grant_and_sorted(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let shown = organization_with("org_3", "three", json!({"display_name": "A"}));
    commit_each(&*store, [Change::CreateOrganization(shown)]).await;
    let with = |grant: &str| OrganizationFilter { client_grant: Some(grant.into()), sort: None };
    assert_eq!(all_organizations(&*store, &with("cgr_1a")).await, ["org_1", "org_2"]);
    assert_eq!(all_organizations(&*store, &with("cgr_2b")).await, ["org_1"]);
    assert!(all_organizations(&*store, &with("cgr_1b")).await.is_empty());
    let expected = [
        (OrganizationOrder::CreatedAt, ["org_1", "org_2", "org_3"]),
        (OrganizationOrder::Name, ["org_1", "org_3", "org_2"]),
        (OrganizationOrder::DisplayName, ["org_1", "org_2", "org_3"]),
    ];
    for (order, mut ids) in expected {
        let sorted = |direction| OrganizationFilter { client_grant: None, sort: Some((order, direction)) };
        assert_eq!(all_organizations(&*store, &sorted(Direction::Ascending)).await, ids);
        ids.reverse();
        assert_eq!(all_organizations(&*store, &sorted(Direction::Descending)).await, ids);
    }
}

pub async fn a_filter_that_names_nothing_finds_nothing(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let grants = ClientGrantFilter { ids: Some(Vec::new()), ..ClientGrantFilter::default() };
    assert!(all_grants(&*store, &grants).await.is_empty());
    let clients = ClientFilter { app_types: Some(Vec::new()), ..ClientFilter::default() };
    assert!(all_clients(&*store, &clients).await.is_empty());
    let apis = ResourceServerFilter { identifiers: Some(Vec::new()) };
    assert!(all_apis(&*store, &apis).await.is_empty());
}
