//! Configurations and requests by chance: few values each, so that they meet.

use grantd_decision::{AccessRequest, Possession};
use grantd_model::{
    CLIENT_CREDENTIALS, Client, ClientGrant, ClientPolicy, DefaultOrganization, OrganizationUsage,
    PossessionMechanism, ProofOfPossession, ResourceParameterProfile, ResourceServer, ScopeHandling,
    SubjectType, Tenant,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::world::{self, World};

const SCOPES: [&str; 4] = ["a", "b", "c", "stale"];
const APIS: [&str; 2] = ["https://one", "https://two"];
const ORGANIZATIONS: [(&str, &str); 2] = [("org_acme", "acme"), ("org_bird", "bird")];
/// Whose grants there can be. The first is a first party, the second a third party; nobody is the default.
const GRANTEES: [Option<&str>; 3] = [Some("first"), Some("third"), None];

/// What is asked for, and by which of the clients.
#[derive(Clone, Debug)]
pub struct Asked {
    pub client: usize,
    pub audience: Option<&'static str>,
    pub resource: Option<&'static str>,
    pub scope: Option<String>,
    pub organization: Option<&'static str>,
    pub possession: Possession<'static>,
}

impl Asked {
    pub fn request<'a>(&'a self, clients: &'a [Client]) -> AccessRequest<'a> {
        AccessRequest {
            client: &clients[self.client],
            grant_type: CLIENT_CREDENTIALS,
            audience: self.audience,
            resource: self.resource,
            scope: self.scope.as_deref(),
            organization: self.organization,
            possession: self.possession,
        }
    }
}

pub fn scope() -> impl Strategy<Value = &'static str> {
    select(&SCOPES[..])
}

pub fn asked() -> impl Strategy<Value = Asked> {
    let audience = prop_oneof![6 => Just(Some(APIS[0])), 1 => Just(Some(APIS[1])), 1 => Just(None)];
    let scopes = prop_oneof![
        2 => Just(None),
        2 => subsequence(&["a", "b", "c", "stale"][..], 0..=2).prop_map(|list| Some(list.join(" "))),
    ];
    let organization = prop_oneof![
        3 => Just(None),
        3 => select(&["org_acme", "org_bird", "acme", "bird", "org_gone", "Acme"][..]).prop_map(Some),
    ];
    let possession = (any::<bool>(), any::<bool>()).prop_map(|(dpop, mtls)| Possession {
        dpop_key: dpop.then_some("jkt"),
        certificate: mtls.then_some("x5t"),
    });
    (0..2_usize, audience, prop::option::of(select(&APIS[..])), scopes, organization, possession).prop_map(
        |(client, audience, resource, scope, organization, possession)| Asked {
            client,
            audience,
            resource,
            scope,
            organization,
            possession,
        },
    )
}

/// Records, and the two clients that ask: a first party and a third party.
pub fn worlds() -> impl Strategy<Value = (World, Vec<Client>)> {
    let apis = (api(APIS[0]), prop::option::of(api(APIS[1])));
    let grants = GRANTEES.map(|grantee| prop::option::weighted(0.8, grant(grantee)));
    let user_grants = prop::option::of(grant(GRANTEES[0]));
    let associations = subsequence(vec![0, 1, 2, 3, 4, 5], 0..=6);
    let clients = (client("first", true), client("third", false));
    (tenant(), apis, grants, user_grants, associations, clients).prop_map(
        |(tenant, (one, two), grants, user_grant, associations, (first, third))| {
            let mut world = World { tenant, apis: vec![one], ..World::empty() };
            world.apis.extend(two);
            world.grants.extend(grants.into_iter().flatten());
            world.grants.extend(user_grant.map(|grant| ClientGrant {
                id: "cgr_user".into(),
                subject_type: SubjectType::User,
                ..grant
            }));
            world.organizations = ORGANIZATIONS.map(|(id, name)| world::organization(id, name)).to_vec();
            world.associations = associations
                .into_iter()
                .map(|pair| (ORGANIZATIONS[pair % 2].0.into(), grant_id(GRANTEES[pair / 2]).as_str().into()))
                .collect();
            (world, vec![first, third])
        },
    )
}

/// Adds the records of another world under names that the first one does not have.
pub fn add_unrelated(world: &mut World, others: World) {
    for api in others.apis {
        let identifier = format!("{}/", api.identifier).into();
        world.apis.insert(0, ResourceServer { identifier, ..api });
    }
    for grant in others.grants {
        let id = format!("{}_of_others", grant.id).as_str().into();
        // The same API for another client, or the same grantee for another API.
        let stranger =
            ClientGrant { id, client_id: Some("stranger".into()), default_for: None, ..grant.clone() };
        let audience = format!("{}/", grant.audience).into();
        let elsewhere = ClientGrant { id: "cgr_elsewhere".into(), audience, ..grant };
        world.grants.splice(0..0, [stranger, elsewhere]);
    }
    for organization in others.organizations {
        let id = format!("{}_of_others", organization.id);
        let name = format!("{}_of_others", organization.name);
        let associated = others.associations.iter().map(|(_, grant)| (id.as_str().into(), grant.clone()));
        world.associations.splice(0..0, associated.collect::<Vec<_>>());
        world.organizations.insert(0, world::organization(&id, &name));
    }
}

fn grant_id(grantee: Option<&str>) -> String {
    format!("cgr_{}", grantee.unwrap_or("default"))
}

fn tenant() -> impl Strategy<Value = Tenant> {
    let handling = select(&[ScopeHandling::Auth0, ScopeHandling::Rfc6749][..]);
    let profile = select(&[ResourceParameterProfile::Audience, ResourceParameterProfile::Compatibility][..]);
    (prop::option::of(select(&APIS[..])), any::<Option<bool>>(), profile, handling).prop_map(
        |(audience, names, profile, handling)| {
            let mut tenant = World::empty().tenant;
            tenant.settings.default_audience = audience.map(str::to_owned);
            tenant.settings.allow_organization_name_in_authentication_api = names;
            tenant.settings.resource_parameter_profile = profile;
            tenant.extensions.scope_handling = handling;
            tenant
        },
    )
}

fn api(identifier: &'static str) -> impl Strategy<Value = ResourceServer> {
    let policy = prop_oneof![
        7 => Just(ClientPolicy::RequireClientGrant),
        1 => Just(ClientPolicy::DenyAll),
    ];
    let binding = (select(&[PossessionMechanism::Dpop, PossessionMechanism::Mtls][..]), any::<bool>())
        .prop_map(|(mechanism, required)| ProofOfPossession { mechanism, required, required_for: None });
    let scopes = subsequence(&SCOPES[..3], 1..=3);
    (scopes, policy, prop::option::weighted(0.2, binding), prop::bool::weighted(0.1)).prop_map(
        move |(scopes, policy, binding, is_system)| {
            let mut api = world::api(identifier, &scopes);
            api.subject_type_authorization.client.policy = policy;
            api.proof_of_possession = binding;
            api.is_system = is_system;
            api
        },
    )
}

fn grant(grantee: Option<&'static str>) -> impl Strategy<Value = ClientGrant> {
    let usage = prop::option::of(select(
        &[OrganizationUsage::Deny, OrganizationUsage::Allow, OrganizationUsage::Require][..],
    ));
    let scopes = prop::option::weighted(0.9, subsequence(&SCOPES[..], 1..=4));
    let all = prop::option::weighted(0.3, any::<bool>());
    (scopes, all, usage, any::<Option<bool>>()).prop_map(move |(scopes, all, usage, any)| ClientGrant {
        scope: scopes.map(|scopes| world::scope_set(&scopes)),
        allow_all_scopes: all,
        organization_usage: usage,
        allow_any_organization: any,
        ..world::grant(&grant_id(grantee), grantee, APIS[0], &[])
    })
}

fn client(id: &'static str, is_first_party: bool) -> impl Strategy<Value = Client> {
    let default = select(&["org_acme", "org_bird", "org_gone"][..]).prop_map(|id| DefaultOrganization {
        organization_id: id.into(),
        flows: vec![CLIENT_CREDENTIALS.to_owned()],
    });
    (prop::option::of(default), prop::option::weighted(0.1, any::<bool>())).prop_map(
        move |(default_organization, require_proof_of_possession)| Client {
            is_first_party,
            default_organization,
            require_proof_of_possession,
            ..world::client(id)
        },
    )
}
