//! The wording of refusals, one situation each.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is a failed test")]

use grantd_schema::{Operation, Part, Schema, integral_numbers};
use serde_json::{Value, json};

fn payload_message(operation: Operation, body: &Value) -> String {
    operation.check_payload(body).unwrap_err().message
}

#[test]
fn a_missing_required_property_is_named() {
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({})),
        "Payload validation error: 'Missing required property: audience'.",
    );
}

#[test]
fn a_missing_property_is_said_before_an_unknown_one() {
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({"foo": 1})),
        "Payload validation error: 'Missing required property: audience'.",
    );
}

#[test]
fn of_several_missing_properties_the_last_is_named() {
    assert_eq!(
        payload_message(Operation::UpdateClient, &json!({"default_organization": {}})),
        "Payload validation error: 'Missing required property: flows' on property default_organization (Defines the default Organization ID and flows).",
    );
}

#[test]
fn unknown_properties_are_joined_in_the_order_of_the_body() {
    assert_eq!(
        payload_message(
            Operation::UpdateClientGrant,
            &json!({"subject_type": "user", "scope": [], "client_id": "x"})
        ),
        "Payload validation error: 'Additional properties not allowed: subject_type,client_id'.",
    );
}

#[test]
fn a_wrong_type_is_described_with_the_property_and_without_its_final_dot() {
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({"audience": "a", "scope": null})),
        "Payload validation error: 'Expected type array but found type null' on property scope (Scopes allowed for this client grant).",
    );
}

#[test]
fn of_two_faulty_members_the_last_of_the_body_is_reported() {
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({"audience": "", "scope": ["", 5]})),
        "Payload validation error: 'Expected type string but found type integer' on property scope[1].",
    );
}

#[test]
fn an_enum_mismatch_shows_the_value() {
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({"audience": "a", "subject_type": "app"})),
        "Payload validation error: 'No enum match for: app' on property subject_type (The type of application access the client grant allows).",
    );
}

#[test]
fn lengths_are_judged_in_characters_and_shown_in_utf16_units() {
    let just_fits = json!({"audience": "a", "scope": ["\u{1f600}".repeat(280)]});
    assert_eq!(Operation::CreateClientGrant.check_payload(&just_fits), Ok(()));
    assert_eq!(
        payload_message(
            Operation::CreateClientGrant,
            &json!({"audience": "a", "scope": ["\u{1f600}".repeat(281)]})
        ),
        "Payload validation error: 'String is too long (562 chars), maximum 280' on property scope[0].",
    );
}

#[test]
fn a_grant_of_more_than_a_thousand_scopes_is_refused() {
    let scopes: Vec<String> = (0..1001).map(|number| format!("s:{number}")).collect();
    assert_eq!(
        payload_message(Operation::CreateClientGrant, &json!({"audience": "a", "scope": scopes})),
        "Payload validation error: 'Array is too long (1001), maximum 1000' on property scope (Scopes allowed for this client grant).",
    );
}

#[test]
fn a_format_is_named_with_the_value() {
    assert_eq!(
        payload_message(Operation::CreateOrganizationClientGrant, &json!({"grant_id": "x"})),
        "Payload validation error: 'Object didn't pass validation for format client-grant-id: x' on property grant_id (A Client Grant ID to add to the organization).",
    );
}

#[test]
fn an_empty_patch_has_too_few_properties() {
    assert_eq!(
        payload_message(Operation::UpdateClient, &json!({})),
        "Payload validation error: 'Too few properties defined (0), minimum 1'.",
    );
}

#[test]
fn a_failed_one_of_lists_the_fault_of_each_branch() {
    let body = json!({"name": "a", "addons": {"sharepoint": {"external_url": 5}}});
    let place = "on property addons.sharepoint.external_url";
    assert_eq!(
        payload_message(Operation::CreateClient, &body),
        format!(
            "Payload validation error: 'None of the valid schemas were met' {place} (External SharePoint application URLs if exposed to the Internet). \
             Inner errors: [ Payload validation error: 'Expected type array but found type integer' {place}. (also) \
             Payload validation error: 'Expected type string but found type integer' {place}. ]."
        ),
    );
}

#[test]
fn a_value_in_two_branches_of_one_of_is_refused() {
    let schema = Schema::compile(&json!({"oneOf": [{"minimum": 1}, {"maximum": 5}]}));
    let violation = schema.check(Part::Payload, &json!(3)).unwrap_err();
    assert_eq!(
        violation.message,
        "Payload validation error: 'Data is valid against more than one schema from 'oneOf''.",
    );
    assert_eq!(violation.part.error_code(), "invalid_body");
}

#[test]
fn a_repeated_item_is_shown_by_both_indexes() {
    let schema = Schema::compile(&json!({"properties": {"a": {"uniqueItems": true}}}));
    let violation =
        schema.check(Part::Payload, &json!({"a": [{"x": 1, "y": 2}, 3, 3, {"y": 2, "x": 1}]})).unwrap_err();
    assert_eq!(
        violation.message,
        "Payload validation error: 'Array items are not unique (indexes 0 and 3)' on property a.",
    );
}

#[test]
fn names_that_look_like_indexes_or_addresses_are_shown_as_the_pointer_has_them() {
    for (name, shown) in [
        ("1k", "metadata[1]k"),
        ("a/b~c", "metadata.a~1b~0c"),
        ("https://x/1", "metadata.uri(https:..x[1])"),
        ("v1.2", "metadata.v1[2]"),
    ] {
        let mut body = json!({"name": "a", "metadata": {}});
        body.pointer_mut("/metadata")
            .and_then(Value::as_object_mut)
            .unwrap()
            .insert(name.to_owned(), json!(5));
        assert_eq!(
            payload_message(Operation::CreateOrganization, &body),
            format!(
                "Payload validation error: 'Expected type string,null but found type integer' on property {shown}."
            ),
        );
    }
}

#[test]
fn a_whole_number_written_with_a_fraction_is_an_integer_once_rewritten() {
    let mut body = json!({"identifier": "a", "token_lifetime": 3600.0});
    assert!(
        payload_message(Operation::CreateResourceServer, &body)
            .contains("Expected type integer but found type number")
    );
    integral_numbers(&mut body);
    assert_eq!(Operation::CreateResourceServer.check_payload(&body), Ok(()));
}

#[test]
fn an_integer_beyond_every_type_is_refused_by_its_bound() {
    let body = json!({"name": "a", "jwt_configuration": {"lifetime_in_seconds": 1e300}});
    assert!(
        payload_message(Operation::CreateClient, &body)
            .contains("Value 1e+300 is greater than maximum 9007199254740991")
    );
}

#[test]
fn empty_addresses_are_accepted_where_auth0_accepts_them() {
    let body = json!({"logo_uri": "", "initiate_login_uri": "", "signed_request_object": null});
    assert_eq!(Operation::UpdateClient.check_payload(&body), Ok(()));
    assert_eq!(
        Operation::UpdateTenantSettings.check_payload(&json!({"default_redirection_uri": ""})),
        Ok(())
    );
}

#[test]
fn an_operation_without_a_body_looks_at_none() {
    assert_eq!(Operation::RotateClientSecret.check_payload(&json!([1])), Ok(()));
}
