//! Client grants: what requests make of them, as recorded, and what may not be.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod support;

use grantd_model::{
    Client, ClientGrant, ClientGrantFault, DefaultFor, Grantee, OrganizationUsage, ResourceServer, ScopeSet,
    Secret, SubjectType,
};
use serde_json::{Value, json};
use support::members;

fn created(id: &str, body: Value) -> ClientGrant {
    ClientGrant::from_request(id.into(), &members(body)).unwrap()
}

fn text(grant: &ClientGrant) -> String {
    serde_json::to_string(grant).unwrap()
}

/// A grant as it is after each of these updates.
fn updates(mut grant: ClientGrant, bodies: &[Value]) -> Vec<String> {
    let after = bodies.iter().map(|body| {
        grant = grant.updated(members(body.clone())).unwrap();
        text(&grant)
    });
    after.collect()
}

fn api(is_system: bool) -> ResourceServer {
    let body = json!({"identifier": "https://x", "scopes": [{"value": "a"}, {"value": "b"}]});
    let api = ResourceServer::from_request(&"api".into(), members(body)).unwrap();
    ResourceServer { is_system, ..api }
}

fn client(is_first_party: bool) -> Client {
    let body = json!({"name": "c", "is_first_party": is_first_party});
    Client::from_request("c".into(), Secret::from("s"), members(body)).unwrap()
}

fn check(body: Value, is_system: bool, client: Option<&Client>) -> Result<(), ClientGrantFault> {
    created("cgr_1", body).check(&api(is_system), client)
}

#[test]
fn a_user_grant_is_created_as_recorded() {
    let body = json!({"client_id":"hwfO","audience":"https://x","scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]});
    let grant = created("cgr_e40jKy0Rq2IfvoyQ", body);
    assert_eq!(
        text(&grant),
        r#"{"id":"cgr_e40jKy0Rq2IfvoyQ","client_id":"hwfO","audience":"https://x","scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]}"#
    );
}

#[test]
fn a_default_grant_is_created_as_recorded() {
    let body = json!({"audience":"https://x","scope":["read:data"],"default_for":"third_party_clients"});
    let grant = created("cgr_XB6ZHmjNC4RXBCpg", body);
    assert_eq!(
        text(&grant),
        r#"{"id":"cgr_XB6ZHmjNC4RXBCpg","audience":"https://x","scope":["read:data"],"subject_type":"client","default_for":"third_party_clients"}"#
    );
    assert_eq!(grant.grantee(), Some(Grantee::Default(DefaultFor::ThirdPartyClients)));
}

#[test]
fn a_grant_for_organizations_is_created_as_recorded() {
    let body = json!({"client_id":"oFv3","audience":"https://x","scope":["a","b"],"allow_any_organization":true,"organization_usage":"allow"});
    assert_eq!(
        text(&created("cgr_Pl14LRDFbzd8W494", body)),
        r#"{"id":"cgr_Pl14LRDFbzd8W494","client_id":"oFv3","audience":"https://x","scope":["a","b"],"organization_usage":"allow","allow_any_organization":true,"subject_type":"client"}"#
    );
}

#[test]
fn the_order_of_scopes_is_kept() {
    let body = json!({"client_id":"HW2h","audience":"https://t/api/v2/","scope":["z","a","m","a"]});
    assert_eq!(
        text(&created("cgr_NUKidZC54pI9CYZV", body)),
        r#"{"id":"cgr_NUKidZC54pI9CYZV","client_id":"HW2h","audience":"https://t/api/v2/","scope":["z","a","m","a"],"subject_type":"client"}"#
    );
}

#[test]
fn what_was_not_set_is_absent_and_neither_scope_nor_all_is_no_scope() {
    let grant = created("cgr_1", json!({"client_id": "c", "audience": "https://x"}));
    let expected =
        r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":[],"subject_type":"client"}"#;
    assert_eq!(text(&grant), expected);
}

#[test]
fn all_scopes_are_created_with_the_scope_that_was_sent_or_none() {
    let all = json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": true});
    assert_eq!(created("cgr_1", all.clone()).scope, None);
    let mut empty = all;
    empty.as_object_mut().unwrap().insert("scope".to_owned(), json!([]));
    assert_eq!(created("cgr_1", empty).scope, Some(ScopeSet::default()));
}

#[test]
fn updates_go_as_recorded() {
    let grant = created(
        "cgr_1",
        json!({"client_id":"c","audience":"https://x","scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]}),
    );
    let bodies = [
        json!({"scope": ["create:foo"], "authorization_details_types": ["payment"]}),
        json!({"scope": []}),
        json!({"allow_all_scopes": true}),
        json!({"allow_all_scopes": false, "scope": []}),
        json!({"scope": ["create:foo"]}),
    ];
    assert_eq!(
        updates(grant, &bodies),
        [
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":["create:foo"],"subject_type":"user","authorization_details_types":["payment"]}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":[],"subject_type":"user","authorization_details_types":["payment"]}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","subject_type":"user","authorization_details_types":["payment"],"allow_all_scopes":true}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":[],"subject_type":"user","authorization_details_types":["payment"],"allow_all_scopes":false}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":["create:foo"],"subject_type":"user","authorization_details_types":["payment"],"allow_all_scopes":false}"#,
        ]
    );
}

#[test]
fn null_removes_what_may_be_unset() {
    let grant = created(
        "cgr_1",
        json!({"client_id":"c","audience":"https://x","scope":["a"],"organization_usage":"require","allow_any_organization":true}),
    );
    let bodies = [
        json!({"allow_any_organization": null}),
        json!({"organization_usage": null}),
        json!({"allow_all_scopes": true}),
        json!({"allow_all_scopes": null}),
        json!({"scope": null}),
    ];
    assert_eq!(
        updates(grant, &bodies),
        [
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":["a"],"organization_usage":"require","subject_type":"client"}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":["a"],"subject_type":"client"}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","subject_type":"client","allow_all_scopes":true}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","scope":[],"subject_type":"client"}"#,
            r#"{"id":"cgr_1","client_id":"c","audience":"https://x","subject_type":"client"}"#,
        ]
    );
}

#[test]
fn all_scopes_taken_back_without_naming_scopes_leave_none() {
    let grant =
        created("cgr_1", json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": true}));
    let after = grant.updated(members(json!({"allow_all_scopes": false}))).unwrap();
    assert_eq!(after.scope, Some(ScopeSet::default()));
}

#[test]
fn false_for_all_scopes_keeps_the_scopes_of_a_grant_that_never_had_all() {
    let grant = created("cgr_1", json!({"client_id": "c", "audience": "https://x", "scope": ["a"]}));
    let after = grant.updated(members(json!({"allow_all_scopes": false}))).unwrap();
    assert_eq!(after.scope, grant.scope);
}

#[test]
fn an_update_leaves_the_grantee_and_the_api() {
    let grant = created("cgr_1", json!({"client_id": "c", "audience": "https://x", "scope": ["a"]}));
    let after = grant.updated(members(json!({"organization_usage": "deny"}))).unwrap();
    assert_eq!((&after.id, after.grantee(), &after.audience), (&grant.id, grant.grantee(), &grant.audience));
    assert_eq!(after.organization_usage, Some(OrganizationUsage::Deny));
}

#[test]
fn a_body_cannot_choose_the_id() {
    let grant = created("cgr_1", json!({"id": "cgr_2", "client_id": "c", "audience": "https://x"}));
    assert_eq!(grant.id.as_str(), "cgr_1");
}

#[test]
fn records_survive_storage() {
    let bodies = [
        json!({"client_id": "c", "audience": "https://x", "scope": [], "organization_usage": "require"}),
        json!({"audience": "https://x", "allow_all_scopes": true, "default_for": "third_party_clients"}),
        json!({"client_id": "c", "audience": "https://x", "subject_type": "user", "authorization_details_types": []}),
    ];
    for body in bodies {
        let grant = created("cgr_1", body);
        assert_eq!(serde_json::from_str::<ClientGrant>(&text(&grant)).unwrap(), grant);
    }
}

#[test]
fn exactly_one_grantee_is_named() {
    let both = json!({"client_id": "c", "default_for": "third_party_clients", "audience": "https://x"});
    assert_eq!(check(both, false, Some(&client(true))), Err(ClientGrantFault::GranteeAmbiguous));
    assert_eq!(check(json!({"audience": "https://x"}), false, None), Err(ClientGrantFault::GranteeAmbiguous));
}

#[test]
fn custom_apis_take_scopes_that_they_do_not_have() {
    let body = json!({"client_id": "c", "audience": "https://x", "scope": ["never:heard:of"]});
    assert_eq!(check(body, false, Some(&client(true))), Ok(()));
}

#[test]
fn system_apis_take_their_own_scopes_only() {
    let own = json!({"client_id": "c", "audience": "https://x", "scope": ["b", "a"]});
    assert_eq!(check(own, true, Some(&client(true))), Ok(()));
    let more = json!({"client_id": "c", "audience": "https://x", "scope": ["a", "c"]});
    assert_eq!(check(more, true, Some(&client(true))), Err(ClientGrantFault::ScopeNotOfSystemApi));
}

#[test]
fn all_scopes_exclude_scopes() {
    let scopes = json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": true, "scope": ["a"]});
    assert_eq!(check(scopes, false, Some(&client(true))), Err(ClientGrantFault::AllScopesAndScope));
    let none = json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": true, "scope": []});
    assert_eq!(check(none, false, Some(&client(true))), Ok(()));
}

#[test]
fn naming_scopes_on_a_grant_of_all_scopes_is_refused_too() {
    let all = created("cgr_1", json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": true}));
    for body in [json!({"scope": ["a"]}), json!({"allow_all_scopes": true, "scope": ["a"]})] {
        let after = all.updated(members(body)).unwrap();
        assert_eq!(after.check(&api(false), None), Err(ClientGrantFault::AllScopesAndScope));
    }
}

#[test]
fn all_scopes_are_not_for_system_apis_not_even_false() {
    for all in [true, false] {
        let body = json!({"client_id": "c", "audience": "https://x", "allow_all_scopes": all});
        assert_eq!(check(body, true, Some(&client(true))), Err(ClientGrantFault::AllScopesOnSystemApi));
    }
}

#[test]
fn authorization_details_are_for_users() {
    let mut body =
        json!({"client_id": "c", "audience": "https://x", "authorization_details_types": ["payment"]});
    let refused = Err(ClientGrantFault::AuthorizationDetailsWithoutUser);
    assert_eq!(check(body.clone(), false, Some(&client(true))), refused);
    body.as_object_mut().unwrap().insert("subject_type".to_owned(), json!("user"));
    assert_eq!(check(body, false, Some(&client(true))), Ok(()));
}

#[test]
fn system_apis_are_neither_for_defaults_nor_for_third_parties() {
    let default = json!({"default_for": "third_party_clients", "audience": "https://x"});
    assert_eq!(check(default.clone(), true, None), Err(ClientGrantFault::DefaultOnSystemApi));
    assert_eq!(check(default, false, None), Ok(()));
    let own = json!({"client_id": "c", "audience": "https://x"});
    assert_eq!(check(own.clone(), true, Some(&client(false))), Err(ClientGrantFault::ThirdPartyOnSystemApi));
    assert_eq!(check(own, false, Some(&client(false))), Ok(()));
}

#[test]
fn any_organization_is_not_for_third_parties() {
    let refused = Err(ClientGrantFault::AnyOrganizationForThirdParty);
    let own = json!({"client_id": "c", "audience": "https://x", "allow_any_organization": true});
    assert_eq!(check(own.clone(), false, Some(&client(false))), refused);
    // Without organization_usage it has no effect, and is accepted.
    assert_eq!(check(own, false, Some(&client(true))), Ok(()));
    let default = json!({"default_for": "third_party_clients", "audience": "https://x", "allow_any_organization": true});
    assert_eq!(check(default, false, None), refused);
}

#[test]
fn user_grants_may_carry_organization_settings() {
    let body = json!({"client_id": "c", "audience": "https://x", "subject_type": "user", "organization_usage": "allow"});
    assert_eq!(check(body, false, Some(&client(true))), Ok(()));
}

#[test]
fn organizations_are_added_where_the_usage_allows_them() {
    let with = |usage: Option<OrganizationUsage>, subject_type| ClientGrant {
        organization_usage: usage,
        subject_type,
        ..created("cgr_1", json!({"client_id": "c", "audience": "https://x"}))
    };
    for usage in [OrganizationUsage::Allow, OrganizationUsage::Require] {
        assert_eq!(with(Some(usage), SubjectType::Client).check_association(), Ok(()));
        let refused = Err(ClientGrantFault::OrganizationsForUserGrant);
        assert_eq!(with(Some(usage), SubjectType::User).check_association(), refused);
    }
    for usage in [None, Some(OrganizationUsage::Deny)] {
        let refused = Err(ClientGrantFault::OrganizationsNotAllowed);
        assert_eq!(with(usage, SubjectType::Client).check_association(), refused);
    }
}
