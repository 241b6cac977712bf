//! The table: name, what differs from the usual scene, outcome.

use grantd_decision::Possession;
use grantd_model::PossessionMechanism::{Dpop, Mtls};
use grantd_model::{
    ClientGrant, ClientPolicy, DefaultOrganization, OrganizationUsage, PossessionMechanism,
    ProofOfPossession, ResourceParameterProfile, ScopeHandling, SubjectType, ThirdPartySecurityMode,
    TokenEndpointAuthMethod,
};

use crate::{Scene, world};

type Row = (&'static str, fn(&mut Scene), &'static str);

pub const SITUATIONS: &[Row] = &[
    // The client
    ("nothing is special", |_| {}, "[read write]"),
    (
        "the client may use other grant types only",
        |s| s.client.grant_types = Some(vec!["authorization_code".to_owned()]),
        "grant_type: the client may not use the client credentials grant",
    ),
    (
        "the client is the global one, which has no grant types",
        |s| s.client.grant_types = None,
        "grant_type: the client may not use the client credentials grant",
    ),
    (
        "the client is public",
        |s| s.client.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::None),
        "grant_type: the client may not use the client credentials grant",
    ),
    (
        "a client that lacks the grant type asks for an API that does not exist",
        |s| (s.client.grant_types, s.audience) = (None, Some("https://nowhere")),
        "grant_type: the client may not use the client credentials grant",
    ),
    // The API
    ("no API is named", |s| s.audience = None, "audience_named: no API is named"),
    (
        "no API is named and the tenant has a default",
        |s| {
            s.audience = None;
            s.world.tenant.settings.default_audience = Some("https://orders".to_owned());
        },
        "[read write]",
    ),
    (
        "no API is named and the tenant's default is empty",
        |s| {
            s.audience = None;
            s.world.tenant.settings.default_audience = Some(String::new());
        },
        "audience_named: no API is named",
    ),
    (
        "resource names the API and the tenant looks at audience only",
        |s| (s.audience, s.resource) = (None, Some("https://orders")),
        "audience_named: no API is named",
    ),
    (
        "resource names the API and the tenant looks at it",
        |s| {
            (s.audience, s.resource) = (None, Some("https://orders"));
            s.world.tenant.settings.resource_parameter_profile = ResourceParameterProfile::Compatibility;
        },
        "[read write]",
    ),
    (
        "audience and resource name different APIs",
        |s| {
            s.resource = Some("https://nowhere");
            s.world.tenant.settings.resource_parameter_profile = ResourceParameterProfile::Compatibility;
        },
        "[read write]",
    ),
    (
        "the audience has a slash too many",
        |s| s.audience = Some("https://orders/"),
        r#"audience_known: no API has the identifier "https://orders/""#,
    ),
    // Policies, parties and system APIs
    (
        "the API's policy is deny_all and there is a grant",
        |s| s.world.apis[0].subject_type_authorization.client.policy = ClientPolicy::DenyAll,
        r#"client_policy: the policy of the API "https://orders" denies all clients"#,
    ),
    (
        "there is no grant",
        |s| s.world.grants.clear(),
        r#"grant: the client has no grant for the API "https://orders""#,
    ),
    (
        "the only grant is another client's",
        |s| s.world.grants[0].client_id = Some("another".into()),
        r#"grant: the client has no grant for the API "https://orders""#,
    ),
    (
        "the only grant is for users",
        |s| s.world.grants[0].subject_type = SubjectType::User,
        r#"grant: the client has no grant for the API "https://orders""#,
    ),
    (
        "there is a grant for users beside the client's own",
        |s| {
            let everything = world::grant("cgr_user", Some("shop"), "https://orders", &["delete"]);
            s.world.grants.insert(0, ClientGrant { subject_type: SubjectType::User, ..everything });
        },
        "[read write]",
    ),
    ("a third party has its own grant", |s| s.client.is_first_party = false, "[read write]"),
    ("a third party has none and there is a default", |s| third_party_by_default(s, &["delete"]), "[delete]"),
    (
        "a strict third party has none and there is a default",
        |s| {
            third_party_by_default(s, &["delete"]);
            s.client.third_party_security_mode = Some(ThirdPartySecurityMode::Strict);
        },
        "[delete]",
    ),
    (
        "a third party has both, and its own replaces the default",
        |s| {
            s.client.is_first_party = false;
            s.world.grants.insert(0, world::grant("cgr_default", None, "https://orders", &["delete"]));
        },
        "[read write]",
    ),
    (
        "a first party has none and there is a default for third parties",
        |s| {
            third_party_by_default(s, &["delete"]);
            s.client.is_first_party = true;
        },
        r#"grant: the client has no grant for the API "https://orders""#,
    ),
    ("a first party is granted a system API", |s| s.world.apis[0].is_system = true, "[read write]"),
    (
        "a third party is granted a system API all the same",
        |s| (s.client.is_first_party, s.world.apis[0].is_system) = (false, true),
        r#"system_api: third-party clients may not use the system API "https://orders""#,
    ),
    // Scopes
    ("a subset is asked for", |s| s.scope = Some("read"), "[read write]"),
    (
        "a subset is asked for and the tenant narrows",
        |s| {
            s.scope = Some("write");
            s.world.tenant.extensions.scope_handling = ScopeHandling::Rfc6749;
        },
        "[write]",
    ),
    (
        "nothing is asked for and the tenant narrows",
        |s| s.world.tenant.extensions.scope_handling = ScopeHandling::Rfc6749,
        "[read write]",
    ),
    (
        "a scope of the API is asked for that is not granted",
        |s| s.scope = Some("read delete"),
        "scope: scopes not granted: delete",
    ),
    (
        "scopes of OpenID Connect are asked for",
        |s| s.scope = Some("openid profile read"),
        "scope: scopes not granted: openid, profile",
    ),
    (
        "the API no longer has a granted scope",
        |s| s.world.apis[0].scopes = Some(world::definitions(&["write", "delete"])),
        "[write]",
    ),
    (
        "a granted scope is asked for that the API no longer has",
        |s| {
            s.world.apis[0].scopes = Some(world::definitions(&["write"]));
            s.scope = Some("read");
        },
        "scope: scopes not granted: read",
    ),
    ("the grant has no scopes", |s| s.world.grants[0].scope = Some(world::scope_set(&[])), "[]"),
    (
        "the grant has every scope, also those that came later",
        |s| all_scopes(s, Some(true)),
        "[read write delete]",
    ),
    ("the grant no longer has every scope", |s| all_scopes(s, Some(false)), "[]"),
    (
        "a scope is granted twice",
        |s| s.world.grants[0].scope = Some(world::scope_set(&["write", "read", "write"])),
        "[write read]",
    ),
    // Organizations: usage deny
    ("usage is deny and none is sent", |s| usage(s, OrganizationUsage::Deny, None), "[read write]"),
    (
        "usage is deny and one is sent",
        |s| usage(s, OrganizationUsage::Deny, Some("org_acme")),
        "organization: the grant allows no organization",
    ),
    (
        "usage is unset and one is sent",
        |s| s.organization = Some("org_acme"),
        "organization: the grant allows no organization",
    ),
    (
        "usage is deny, any organization would do, and one is sent",
        |s| {
            usage(s, OrganizationUsage::Deny, Some("org_acme"));
            s.world.grants[0].allow_any_organization = Some(true);
        },
        "organization: the grant allows no organization",
    ),
    // Usage allow
    ("usage is allow and none is sent", |s| usage(s, OrganizationUsage::Allow, None), "[read write]"),
    (
        "usage is allow, none is sent, and the client has a default",
        |s| {
            usage(s, OrganizationUsage::Allow, None);
            default_organization(s, "org_acme");
        },
        "[read write]",
    ),
    (
        "usage is allow and an associated one is sent",
        |s| usage(s, OrganizationUsage::Allow, Some("org_acme")),
        "[read write] for org_acme (unnamed)",
    ),
    (
        "usage is allow and any organization will do",
        |s| {
            usage(s, OrganizationUsage::Allow, Some("org_bird"));
            s.world.grants[0].allow_any_organization = Some(true);
        },
        "[read write] for org_bird (unnamed)",
    ),
    (
        "usage is allow and one is sent that is not associated",
        |s| usage(s, OrganizationUsage::Allow, Some("org_bird")),
        r#"organization: the grant for "https://orders" is not associated with the organization "org_bird""#,
    ),
    // Usage require
    (
        "usage is require and the client's default is associated",
        |s| {
            usage(s, OrganizationUsage::Require, None);
            default_organization(s, "org_acme");
        },
        "[read write] for org_acme (unnamed)",
    ),
    (
        "usage is require and the client's default is not associated",
        |s| {
            usage(s, OrganizationUsage::Require, None);
            default_organization(s, "org_bird");
        },
        r#"organization: the grant for "https://orders" is not associated with the organization "org_bird""#,
    ),
    (
        "usage is require and the client's default is for no flow",
        |s| {
            usage(s, OrganizationUsage::Require, None);
            default_organization(s, "org_acme");
            s.client.default_organization.as_mut().unwrap().flows.clear();
        },
        "organization: the grant requires an organization",
    ),
    (
        "usage is require and there is neither one sent nor a default",
        |s| usage(s, OrganizationUsage::Require, None),
        "organization: the grant requires an organization",
    ),
    (
        "usage is require and what is sent goes before the default",
        |s| {
            usage(s, OrganizationUsage::Require, Some("org_acme"));
            default_organization(s, "org_bird");
        },
        "[read write] for org_acme (unnamed)",
    ),
    (
        "usage is require and any organization will do",
        |s| {
            usage(s, OrganizationUsage::Require, Some("org_bird"));
            s.world.grants[0].allow_any_organization = Some(true);
        },
        "[read write] for org_bird (unnamed)",
    ),
    (
        "usage is require and one is sent that is not associated",
        |s| usage(s, OrganizationUsage::Require, Some("org_bird")),
        r#"organization: the grant for "https://orders" is not associated with the organization "org_bird""#,
    ),
    // Which organization is meant
    (
        "the organization does not exist",
        |s| usage(s, OrganizationUsage::Allow, Some("org_gone")),
        r#"organization: no organization is "org_gone""#,
    ),
    (
        "the organization is named by name, and names are not accepted",
        |s| usage(s, OrganizationUsage::Allow, Some("acme")),
        r#"organization: "acme" is not an organization id, and names are not accepted"#,
    ),
    (
        "the organization is named by name, and names are accepted",
        |s| named(s, "acme"),
        "[read write] for org_acme (acme)",
    ),
    (
        "the organization is named by id where names are accepted",
        |s| named(s, "org_acme"),
        "[read write] for org_acme (acme)",
    ),
    (
        "the name is spelled with a capital",
        |s| named(s, "Acme"),
        r#"organization: no organization is "Acme""#,
    ),
    (
        "the name looks like an id, and names are not accepted",
        |s| {
            usage(s, OrganizationUsage::Allow, Some("org_name"));
            s.world.organizations[0] = world::organization("org_acme", "org_name");
        },
        r#"organization: no organization is "org_name""#,
    ),
    (
        "another organization is named like an id",
        |s| {
            usage(s, OrganizationUsage::Allow, Some("org_acme"));
            accept_names(s);
            s.world.organizations.insert(0, world::organization("org_thief", "org_acme"));
            s.world.associations.push(("org_thief".into(), "cgr_shop".into()));
        },
        "[read write] for org_acme (acme)",
    ),
    (
        "a third party's grant would take any organization, which it may not",
        |s| {
            usage(s, OrganizationUsage::Allow, Some("org_bird"));
            s.client.is_first_party = false;
            s.world.grants[0].allow_any_organization = Some(true);
        },
        r#"organization: the grant for "https://orders" is not associated with the organization "org_bird""#,
    ),
    (
        "a third party's grant is associated",
        |s| {
            usage(s, OrganizationUsage::Allow, Some("org_acme"));
            s.client.is_first_party = false;
        },
        "[read write] for org_acme (unnamed)",
    ),
    // Binding to a key
    ("the API takes bound tokens and does not insist", |s| bind(s, Dpop, false, None), "[read write]"),
    (
        "the API insists on bound tokens",
        |s| bind(s, Dpop, true, None),
        "sender_constraint: a proof of possession is required",
    ),
    (
        "the API insists on bound tokens for public clients",
        |s| bind(s, Dpop, true, Some("public_clients")),
        "[read write]",
    ),
    (
        "the API insists on certificates, which are always for all clients",
        |s| bind(s, Mtls, true, Some("public_clients")),
        "sender_constraint: a proof of possession is required",
    ),
    (
        "the API takes bound tokens and a proof is sent",
        |s| {
            bind(s, Dpop, false, None);
            prove(s);
        },
        "[read write] bound to the key of a proof",
    ),
    (
        "the API insists on certificates and one is sent beside a proof",
        |s| {
            bind(s, Mtls, true, None);
            prove(s);
        },
        "[read write] bound to a certificate",
    ),
    (
        "the API insists on proofs and a certificate is sent",
        |s| {
            bind(s, Dpop, true, None);
            s.possession.certificate = Some("x5t");
        },
        "sender_constraint: a proof of possession is required",
    ),
    ("the API binds nothing and a proof is sent", prove, "[read write]"),
    (
        "the client insists on bound tokens and the API binds nothing",
        |s| s.client.require_proof_of_possession = Some(true),
        "sender_constraint: the client insists on a proof of possession, and the API takes none",
    ),
    (
        "the client insists on bound tokens, sends a proof, and the API binds nothing",
        |s| {
            s.client.require_proof_of_possession = Some(true);
            prove(s);
        },
        "sender_constraint: the client insists on a proof of possession, and the API takes none",
    ),
    (
        "the client insists on bound tokens and sends no proof to an API that takes them",
        |s| {
            s.client.require_proof_of_possession = Some(true);
            bind(s, Dpop, false, None);
        },
        "sender_constraint: a proof of possession is required",
    ),
    (
        "the client insists on bound tokens and sends a proof to an API that takes them",
        |s| {
            s.client.require_proof_of_possession = Some(true);
            bind(s, Dpop, false, None);
            prove(s);
        },
        "[read write] bound to the key of a proof",
    ),
];

fn third_party_by_default(s: &mut Scene, scopes: &[&str]) {
    s.client.is_first_party = false;
    s.world.grants = vec![world::grant("cgr_default", None, "https://orders", scopes)];
}

fn all_scopes(s: &mut Scene, all: Option<bool>) {
    s.world.grants[0].scope = None;
    s.world.grants[0].allow_all_scopes = all;
}

fn usage(s: &mut Scene, usage: OrganizationUsage, sent: Option<&'static str>) {
    s.world.grants[0].organization_usage = Some(usage);
    s.organization = sent;
}

fn default_organization(s: &mut Scene, id: &str) {
    let flows = vec!["client_credentials".to_owned()];
    s.client.default_organization = Some(DefaultOrganization { organization_id: id.into(), flows });
}

fn accept_names(s: &mut Scene) {
    s.world.tenant.settings.allow_organization_name_in_authentication_api = Some(true);
}

fn bind(s: &mut Scene, mechanism: PossessionMechanism, required: bool, whom: Option<&str>) {
    s.world.apis[0].proof_of_possession =
        Some(ProofOfPossession { mechanism, required, required_for: whom.map(str::to_owned) });
}

fn prove(s: &mut Scene) {
    s.possession = Possession { dpop_key: Some("jkt"), certificate: Some("x5t") };
}

fn named(s: &mut Scene, organization: &'static str) {
    usage(s, OrganizationUsage::Allow, Some(organization));
    accept_names(s);
}
