//! Texts are bytes: two that differ in any way are two, and lists are in the order of bytes.

use grantd_model::{ClientGrantFilter, Direction, OrganizationFilter, OrganizationOrder, Paging};
use grantd_store::Change;
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

/// Texts that one collation or another takes for the same, in byte order. The ö is one code point and two.
const ALIKE: [&str; 9] = ["A", "a", "a ", "a/", "oe", "o\u{308}", "\u{e4}", "\u{f6}", "\u{ff41}"];
const ALL: Paging = Paging::Offset { page: 0, per_page: 100, include_totals: true };

pub async fn identifiers_and_names_are_compared_byte_by_byte(backend: impl Backend) {
    let store = backend.open().await;
    for text in ALIKE {
        let changes = vec![
            Change::CreateResourceServer(api(&format!("api {text}"), text)),
            Change::CreateOrganization(organization(&format!("org {text}"), text)),
            Change::CreateClient(client(text)),
        ];
        store.commit(changes).await.unwrap();
    }
    for text in ALIKE {
        let api = store.find_resource_server(&text.into()).await.unwrap().unwrap();
        assert_eq!(api.record.id.as_str(), format!("api {text}"));
        let organization = store.find_organization(text).await.unwrap().unwrap();
        assert_eq!(organization.record.id.as_str(), format!("org {text}"));
        assert_eq!(stored_client(&*store, text).await.record, client(text));
    }
    assert_eq!(store.find_organization("A ").await.unwrap(), None);
    assert_eq!(store.find_resource_server(&"\u{d6}".into()).await.unwrap(), None);
}

pub async fn lists_are_in_byte_order(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    // In another order than the one that is expected.
    for (number, text) in ALIKE.into_iter().rev().enumerate() {
        let organization = organization_with(&format!("org {number}"), text, json!({"display_name": text}));
        commit_each(&*store, [Change::CreateOrganization(organization)]).await;
        commit_each(&*store, [Change::CreateResourceServer(api(text, &format!("https://{number}/")))]).await;
        commit_each(
            &*store,
            [Change::CreateClientGrant(grant(text, "client_1", &format!("https://{number}/")))],
        )
        .await;
    }
    for order in [OrganizationOrder::Name, OrganizationOrder::DisplayName] {
        let sort = Some((order, Direction::Ascending));
        let filter = OrganizationFilter { sort, ..OrganizationFilter::default() };
        let names = store.list_organizations(&filter, &ALL).await.unwrap().items;
        let names = names.into_iter().map(|organization| organization.name);
        assert_eq!(names.filter(|name| ALIKE.contains(&name.as_str())).collect::<Vec<_>>(), ALIKE);
    }
    let grants = store.list_client_grants(&ClientGrantFilter::default(), &ALL).await.unwrap().items;
    let ids = grants.iter().map(|grant| grant.id.as_str()).filter(|id| !id.starts_with("cgr_"));
    assert_eq!(ids.collect::<Vec<_>>(), ALIKE);
}

pub async fn any_text_survives(backend: impl Backend) {
    let store = backend.open().await;
    let long = "x".repeat(100_000);
    for text in
        ["", "'; DROP TABLE clients; --", "\u{1F600}", "\u{fffd}", "line\nbreak\ttab", "$1 ? :name", &long]
    {
        let before = organization_with("org", text, json!({"display_name": text, "metadata": {"key": text}}));
        commit_each(&*store, [Change::CreateOrganization(before.clone())]).await;
        assert_eq!(store.find_organization(text).await.unwrap().unwrap().record, before);
        commit_each(&*store, [Change::DeleteOrganization("org".into())]).await;
    }
}
