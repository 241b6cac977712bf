//! Which API is meant, and what it wants.

use serde_json::json;

use super::{Row, USUAL, assert_all};
use crate::token_endpoint::scene::Scene;

const UNKNOWN: &str = "403 access_denied: Service not enabled within domain: https://nowhere";
const UNNAMED: &str = "403 access_denied: Non-global clients are not allowed access to APIv1";
const DENY_ALL: &str =
    r#"403 access_denied: Client "{client}" is not authorized to access resource server "https://orders"."#;
const BOUND: &str = "400 invalid_request: Proof of possession is required";

const UNBINDABLE: &str = "400 invalid_request: Proof of possession is required by the client and not supported by the resource server";

/// A name in Unicode, and the same for the DNS.
const BUCHER: &str = "https://b\u{fc}cher.test";
const BUCHER_IN_ASCII: &str = "https://xn--bcher-kva.test";

const TABLE: &[Row] = &[
    ("nothing is special", USUAL, &[], "200 [read write]"),
    ("no API is named", USUAL, &[("audience", "")], UNNAMED),
    ("the API is unknown", USUAL, &[("audience", "https://nowhere")], UNKNOWN),
    (
        "the API is gone",
        |s| s.afterwards.push(("DELETE", "/resource-servers/{api}", json!(null))),
        &[],
        "403 access_denied: Service not enabled within domain: https://orders",
    ),
    // The tenant's default
    (
        "the default API is meant",
        |s| default_audience(s, "https://orders"),
        &[("audience", "")],
        "200 [read write]",
    ),
    ("the default is none", |s| default_audience(s, ""), &[("audience", "")], UNNAMED),
    ("the default is unknown", |s| default_audience(s, "https://nowhere"), &[("audience", "")], UNKNOWN),
    (
        "the audience goes before the default",
        |s| default_audience(s, "https://nowhere"),
        &[],
        "200 [read write]",
    ),
    // resource (RFC 8707)
    (
        "resource names the API, and the tenant looks at audience only",
        USUAL,
        &[("audience", ""), ("resource", "https://orders")],
        UNNAMED,
    ),
    (
        "resource names the API, and the tenant looks at it",
        |s| look_at_resource(s),
        &[("audience", ""), ("resource", "https://orders")],
        "200 [read write]",
    ),
    (
        "resource names no API, and the tenant looks at it",
        |s| look_at_resource(s),
        &[("audience", ""), ("resource", "https://nowhere")],
        UNKNOWN,
    ),
    (
        "audience goes before resource",
        |s| look_at_resource(s),
        &[("resource", "https://nowhere")],
        "200 [read write]",
    ),
    (
        "audience goes before resource, also when only resource names an API",
        |s| look_at_resource(s),
        &[("audience", "https://nowhere"), ("resource", "https://orders")],
        UNKNOWN,
    ),
    (
        "resource goes before the default",
        |s| {
            look_at_resource(s);
            s.settings["default_audience"] = json!("https://nowhere");
        },
        &[("audience", ""), ("resource", "https://orders")],
        "200 [read write]",
    ),
    (
        "resource is not looked at, and the default is",
        |s| default_audience(s, "https://orders"),
        &[("audience", ""), ("resource", "https://nowhere")],
        "200 [read write]",
    ),
    // Identifiers are compared byte by byte
    (
        "the audience has a slash too many",
        USUAL,
        &[("audience", "https://orders/")],
        "403 access_denied: Service not enabled within domain: https://orders/",
    ),
    (
        "the audience has a capital",
        USUAL,
        &[("audience", "https://Orders")],
        "403 access_denied: Service not enabled within domain: https://Orders",
    ),
    (
        "the audience is percent-encoded once more",
        USUAL,
        &[("audience", "https://%6frders")],
        "403 access_denied: Service not enabled within domain: https://%6frders",
    ),
    (
        "the audience has a fragment",
        USUAL,
        &[("audience", "https://orders#")],
        "403 access_denied: Service not enabled within domain: https://orders#",
    ),
    (
        "the audience has a space in front",
        USUAL,
        &[("audience", " https://orders")],
        "403 access_denied: Service not enabled within domain:  https://orders",
    ),
    (
        "the audience has a scheme in capitals",
        USUAL,
        &[("audience", "HTTPS://orders")],
        "403 access_denied: Service not enabled within domain: HTTPS://orders",
    ),
    (
        "the audience names the port that it has anyway",
        USUAL,
        &[("audience", "https://orders:443")],
        "403 access_denied: Service not enabled within domain: https://orders:443",
    ),
    (
        "the audience goes down and up",
        USUAL,
        &[("audience", "https://orders/x/..")],
        "403 access_denied: Service not enabled within domain: https://orders/x/..",
    ),
    (
        "the audience has a query",
        USUAL,
        &[("audience", "https://orders?")],
        "403 access_denied: Service not enabled within domain: https://orders?",
    ),
    (
        "the audience has a NUL after it",
        USUAL,
        &[("audience", "https://orders\0")],
        "403 access_denied: Service not enabled within domain: https://orders\0",
    ),
    (
        "the audience names two APIs",
        USUAL,
        &[("audience", "https://orders https://orders")],
        "403 access_denied: Service not enabled within domain: https://orders https://orders",
    ),
    (
        "the audience has a letter that only looks like another",
        USUAL,
        &[("audience", "https://\u{43e}rders")],
        "403 access_denied: Service not enabled within domain: https://\u{43e}rders",
    ),
    (
        "the API has an international name",
        |s| identified(s, BUCHER),
        &[("audience", BUCHER)],
        "200 [read write]",
    ),
    (
        "the API has an international name, and its name in ASCII is asked for",
        |s| identified(s, BUCHER),
        &[("audience", BUCHER_IN_ASCII)],
        "403 access_denied: Service not enabled within domain: https://xn--bcher-kva.test",
    ),
    (
        "the API has an international name in ASCII, and the name itself is asked for",
        |s| identified(s, BUCHER_IN_ASCII),
        &[("audience", BUCHER)],
        "403 access_denied: Service not enabled within domain: https://b\u{fc}cher.test",
    ),
    (
        "the API has an international name, and the same letters put together are asked for",
        |s| identified(s, BUCHER),
        &[("audience", "https://bu\u{308}cher.test")],
        "403 access_denied: Service not enabled within domain: https://bu\u{308}cher.test",
    ),
    (
        "the API has a fragment",
        |s| identified(s, "https://orders#a"),
        &[("audience", "https://orders")],
        "403 access_denied: Service not enabled within domain: https://orders",
    ),
    // Policy
    ("the policy is deny_all, and there is a grant", |s| deny_all(s), &[], DENY_ALL),
    (
        "the policy is deny_all, and there is no grant",
        |s| {
            deny_all(s);
            s.grant = None;
        },
        &[],
        DENY_ALL,
    ),
    ("deny_all goes before scopes", |s| deny_all(s), &[("scope", "nonsense")], DENY_ALL),
    (
        "the policy has just become deny_all",
        |s| {
            let policy = json!({"subject_type_authorization": {"client": {"policy": "deny_all"}}});
            s.afterwards.push(("PATCH", "/resource-servers/{api}", policy));
        },
        &[],
        DENY_ALL,
    ),
    (
        "the policy for users is deny_all",
        |s| s.api["subject_type_authorization"] = json!({"user": {"policy": "deny_all"}}),
        &[],
        "200 [read write]",
    ),
    // Binding to a key, of which no proof is sent
    ("the API takes bound tokens", |s| bind(s, "dpop", false, "all_clients"), &[], "200 [read write]"),
    ("the API insists on bound tokens", |s| bind(s, "dpop", true, "all_clients"), &[], BOUND),
    (
        "the API insists on bound tokens for public clients",
        |s| bind(s, "dpop", true, "public_clients"),
        &[],
        "200 [read write]",
    ),
    (
        "the API insists on certificates",
        |s| s.api["proof_of_possession"] = json!({"mechanism": "mtls", "required": true}),
        &[],
        BOUND,
    ),
    (
        "the client insists on bound tokens",
        |s| s.client["require_proof_of_possession"] = json!(true),
        &[],
        UNBINDABLE,
    ),
];

fn identified(s: &mut Scene, identifier: &str) {
    s.api["identifier"] = json!(identifier);
    s.grant_has("audience", json!(identifier));
}

fn default_audience(s: &mut Scene, audience: &str) {
    s.settings = json!({"default_audience": audience});
}

fn look_at_resource(s: &mut Scene) {
    s.settings = json!({"resource_parameter_profile": "compatibility"});
}

fn deny_all(s: &mut Scene) {
    s.api["subject_type_authorization"] = json!({"client": {"policy": "deny_all"}});
}

fn bind(s: &mut Scene, mechanism: &str, required: bool, whom: &str) {
    s.api["proof_of_possession"] =
        json!({"mechanism": mechanism, "required": required, "required_for": whom});
}

#[tokio::test]
async fn the_api_decides_as_written() {
    assert_all(TABLE).await;
}
