//! Query strings, path parameters and form bodies: how their texts become types, and what is refused.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is a failed test")]

use grantd_schema::Operation;
use serde_json::{Value, json};

fn payload_message(operation: Operation, body: &Value) -> String {
    operation.check_payload(body).unwrap_err().message
}

fn query_message(operation: Operation, raw: &str) -> String {
    let violation = operation.check_query(raw).unwrap_err();
    assert_eq!(violation.part.error_code(), "invalid_query_string");
    violation.message
}

#[test]
fn query_values_come_back_typed() {
    let query = Operation::ListClientGrants
        .check_query("audience=https%3A%2F%2Fapi%2F&page=2&per_page=50&include_totals=true&take=100&from=&allow_any_organization=true")
        .unwrap();
    let expected = json!({
        "audience": "https://api/", "page": 2, "per_page": 50, "include_totals": true, "take": 100, "from": "",
        "allow_any_organization": true
    });
    assert_eq!(Value::Object(query), expected);
}

#[test]
fn a_repeatable_parameter_is_a_list_however_it_is_written() {
    for raw in [
        "identifiers=a&identifiers=b",
        "identifiers[]=a&identifiers[]=b",
        "identifiers%5B0%5D=a&identifiers[1]=b",
    ] {
        let query = Operation::ListResourceServers.check_query(raw).unwrap();
        assert_eq!(Value::Object(query), json!({"identifiers": ["a", "b"]}), "{raw}");
    }
    let query = Operation::ListResourceServers.check_query("identifiers=a").unwrap();
    assert_eq!(Value::Object(query), json!({"identifiers": ["a"]}));
}

#[test]
fn more_than_ten_identifiers_are_refused() {
    let raw = "identifiers=a&".repeat(11);
    assert!(
        query_message(Operation::ListResourceServers, &raw).contains("Array is too long (11), maximum 10")
    );
}

#[test]
fn a_single_parameter_given_twice_is_an_array() {
    assert_eq!(
        query_message(Operation::ListClientGrants, "client_id=a&client_id=b"),
        "Query validation error: 'Expected type string but found type array' on property client_id (Optional filter on client_id).",
    );
}

#[test]
fn an_unknown_parameter_is_refused_but_paging_never_is() {
    assert_eq!(
        query_message(Operation::ListClients, "name=x&page=0"),
        "Query validation error: 'Additional properties not allowed: name'.",
    );
    assert_eq!(
        query_message(Operation::CreateClientGrant, "dry_run=true"),
        "Query validation error: 'Additional properties not allowed: dry_run'.",
    );
    for operation in Operation::ALL.iter().filter(|operation| operation.summary().starts_with("Lists")) {
        let answer = operation.check_query("page=0&per_page=1&include_totals=false&from=x&take=1");
        assert!(answer.is_ok(), "{operation:?}");
    }
}

#[test]
fn paging_has_bounds() {
    for (operation, raw, expected) in [
        (Operation::ListClientGrants, "page=-1", "Value -1 is less than minimum 0"),
        (
            Operation::ListClientGrants,
            "page=2147483648",
            "Value 2147483648 is greater than maximum 2147483647",
        ),
        (
            Operation::ListClientGrants,
            "page=99999999999999999999",
            "Value 100000000000000000000 is greater than maximum 2147483647",
        ),
        (Operation::ListOrganizations, "page=1001", "Value 1001 is greater than maximum 1000"),
        (Operation::ListClientGrants, "per_page=0", "Value 0 is less than minimum 1"),
        (Operation::ListClientGrants, "per_page=101", "Value 101 is greater than maximum 100"),
        (Operation::ListClientGrants, "take=0", "Value 0 is less than minimum 1"),
        (Operation::ListClientGrants, "page=1.5", "Expected type integer but found type number"),
        (Operation::ListClientGrants, "page=x", "Expected type integer but found type string"),
        (Operation::ListClientGrants, "page=", "Expected type integer but found type string"),
        (Operation::ListClientGrants, "include_totals=1", "Expected type boolean but found type string"),
        (Operation::ListClientGrants, "allow_any_organization=false", "No enum match for: false"),
    ] {
        let message = query_message(operation, raw);
        assert!(message.contains(expected), "{raw}: {message}");
    }
    assert!(Operation::ListClients.check_query("per_page=0").is_ok());
}

#[test]
fn a_list_of_names_says_which_names_there_are() {
    let message = query_message(Operation::GetTenantSettings, "fields=flags,nope");
    assert!(
        message.starts_with(
            "Query validation error: 'String 'flags,nope' does not match pattern. Must be a comma separated list of the following values: allowed_logout_urls,change_password,"
        ),
        "{message}"
    );
    assert!(message.ends_with("' on property fields (Comma-separated list of fields to include or exclude (based on value provided for include_fields) in the result. Leave empty to retrieve all fields)."));
    assert!(
        Operation::GetClient
            .check_query("fields=client_id,jwt_configuration.alg&include_fields=true")
            .is_ok()
    );
    assert!(
        Operation::ListClients
            .check_query("app_type=non_interactive,native&q=client_grant.organization_id:org_1")
            .is_ok()
    );
}

#[test]
fn any_name_may_stand_in_a_path_unless_the_contract_bounds_it() {
    assert_eq!(Operation::GetClient.check_path(&[("id", "this-client-does-not-exist")]), Ok(()));
    assert_eq!(Operation::GetClientGrant.check_path(&[("id", "no-grant")]), Ok(()));
    let violation = Operation::DeleteOrganization.check_path(&[("id", &"x".repeat(51))]).unwrap_err();
    assert_eq!(violation.part.error_code(), "invalid_uri");
    assert_eq!(
        violation.message,
        "Path validation error: 'String is too long (51 chars), maximum 50' on property id (Organization identifier).",
    );
}

#[test]
fn a_form_is_read_with_the_types_of_the_schema() {
    let raw = b"audience=https%3A%2F%2Fapi%2F&scope=a&scope=b+c&allow_any_organization=true&client_id=5";
    let body = Operation::CreateClientGrant.form_payload(raw).unwrap();
    let expected = json!({"audience": "https://api/", "scope": ["a", "b c"], "allow_any_organization": true, "client_id": "5"});
    assert_eq!(body, expected);
    assert_eq!(Operation::CreateClientGrant.check_payload(&body), Ok(()));
}

#[test]
fn brackets_in_a_form_make_lists_and_objects() {
    let raw = "identifier=a&token_lifetime=60&scopes[1][value]=y&scopes[0][value]=x&scopes[0][description]=d&subject_type_authorization[client][policy]=deny_all";
    let body = Operation::CreateResourceServer.form_payload(raw.as_bytes()).unwrap();
    let expected = json!({
        "identifier": "a", "token_lifetime": 60, "scopes": [{"value": "x", "description": "d"}, {"value": "y"}],
        "subject_type_authorization": {"client": {"policy": "deny_all"}}
    });
    assert_eq!(body, expected);
    let body = Operation::CreateOrganization.form_payload(b"name=a&metadata[0]=x&metadata[k]=5").unwrap();
    assert_eq!(body, json!({"name": "a", "metadata": {"0": "x", "k": "5"}}));
    let body = Operation::CreateClientGrant.form_payload(b"audience=a&scope[]=x&scope[]=y").unwrap();
    assert_eq!(body, json!({"audience": "a", "scope": ["x", "y"]}));
}

#[test]
fn what_a_form_cannot_coerce_is_refused_in_the_usual_words() {
    let body = Operation::CreateClientGrant.form_payload(b"audience=a&allow_any_organization=yes").unwrap();
    assert!(
        payload_message(Operation::CreateClientGrant, &body)
            .contains("Expected type boolean but found type string")
    );
    let body = Operation::CreateClientGrant.form_payload(b"audience=a&audience=b").unwrap();
    assert!(
        payload_message(Operation::CreateClientGrant, &body)
            .contains("Expected type string but found type array")
    );
    assert_eq!(
        payload_message(
            Operation::CreateClientGrant,
            &Operation::CreateClientGrant.form_payload(b"").unwrap()
        ),
        "Payload validation error: 'Missing required property: audience'.",
    );
    let deep = format!("a{}=1", "[b]".repeat(17));
    assert_eq!(
        Operation::CreateClientGrant.form_payload(deep.as_bytes()).unwrap_err().message,
        "Payload validation error: form keys are nested too deeply",
    );
}
