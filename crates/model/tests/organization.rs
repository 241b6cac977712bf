//! Organizations: what a new one has and what updates do to it.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod support;

use grantd_model::Organization;
use grantd_model::patch::to_members;
use serde_json::{Value, json};
use support::members;

fn created(body: Value) -> Organization {
    Organization::from_request(&"org_1".into(), members(body)).unwrap()
}

fn after(organization: &Organization, body: Value) -> Organization {
    organization.updated(members(body)).unwrap()
}

fn shown(organization: &Organization) -> Value {
    to_members(organization).unwrap().into()
}

fn metadata(organization: &Organization) -> Option<Value> {
    organization.properties.get("metadata").cloned()
}

#[test]
fn a_new_organization_has_the_recorded_defaults() {
    assert_eq!(
        shown(&created(json!({"name": "acme"}))),
        json!({"id": "org_1", "name": "acme", "third_party_client_access": "block", "is_app_entitlement_active": false})
    );
}

#[test]
fn what_is_sent_goes_before_the_defaults_and_comes_back() {
    let body = json!({
        "name": "acme",
        "display_name": "Acme",
        "branding": {"logo_url": null, "colors": {"primary": "#000000", "page_background": "#FFFFFF"}},
        "metadata": {"tier": "gold"},
        "token_quota": {"client_credentials": {"per_day": 5}},
        "third_party_client_access": "allow",
        "is_app_entitlement_active": true,
    });
    let mut expected = body.clone();
    expected.as_object_mut().unwrap().insert("id".to_owned(), "org_1".into());
    assert_eq!(shown(&created(body)), expected);
}

#[test]
fn metadata_is_replaced_whole() {
    let organization = created(json!({"name": "acme", "metadata": {"a": "1", "b": "2"}}));
    let organization = after(&organization, json!({"metadata": {"b": "3"}}));
    assert_eq!(metadata(&organization), Some(json!({"b": "3"})));
    assert_eq!(metadata(&after(&organization, json!({"name": "acme"}))), Some(json!({"b": "3"})));
}

#[test]
fn metadata_without_entries_disappears() {
    assert_eq!(metadata(&created(json!({"name": "acme", "metadata": {}}))), None);
    assert_eq!(metadata(&created(json!({"name": "acme", "metadata": {"a": null}}))), None);
    let organization = created(json!({"name": "acme", "metadata": {"a": "1"}}));
    assert_eq!(metadata(&after(&organization, json!({"metadata": {}}))), None);
    let half = after(&organization, json!({"metadata": {"a": "", "b": null}}));
    assert_eq!(metadata(&half), Some(json!({"a": ""})));
}

#[test]
fn null_removes_and_what_is_not_named_stays() {
    let organization = created(json!({
        "name": "acme",
        "display_name": "Acme",
        "branding": {"logo_url": "https://l"},
        "token_quota": {"client_credentials": {"per_day": 5}},
    }));
    let organization = after(&organization, json!({"token_quota": null, "display_name": "Acme Inc."}));
    assert!(!organization.properties.contains_key("token_quota"));
    assert_eq!(organization.properties.get("branding"), Some(&json!({"logo_url": "https://l"})));
    assert_eq!(organization.display_name.as_deref(), Some("Acme Inc."));
    assert_eq!((organization.id.as_str(), organization.name.as_str()), ("org_1", "acme"));
}

#[test]
fn records_survive_storage() {
    let organization = created(json!({"name": "acme", "metadata": {"a": "1"}, "branding": {}}));
    let stored = serde_json::to_string(&organization).unwrap();
    assert_eq!(serde_json::from_str::<Organization>(&stored).unwrap(), organization);
}
