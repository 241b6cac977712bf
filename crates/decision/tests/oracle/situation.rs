//! One small world with a request in it: the records that a choice in each dimension stands for.

use grantd_decision::{AccessRequest, Possession};
use grantd_model::{
    CLIENT_CREDENTIALS, Client, ClientGrant, ClientPolicy, DefaultOrganization, OrganizationUsage,
    ProofOfPossession, SubjectType, TokenEndpointAuthMethod,
};

use crate::world::{self, World};
use crate::worlds::{Access, Api, Binding, Holds, List, Orgs, Scopes};

pub const CLIENT: &str = "client";
pub const API: &str = "https://api";
pub const OTHER_API: &str = "https://other";
pub const DPOP_KEY: &str = "a key that signs proofs";
pub const CERTIFICATE: &str = "a certificate";
/// Id and name of each organization there is; one name looks like an id.
pub const ORGANIZATIONS: [(&str, &str); 2] = [("org_acme", "acme"), ("org_bird", "org_name")];

/// What a grant says.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub scope: Option<List>,
    pub all: Option<bool>,
    pub usage: Option<OrganizationUsage>,
    pub any: Option<bool>,
    pub associated: List,
}

/// A small world and a request in it.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    pub access: Access,
    pub scopes: Scopes,
    pub orgs: Orgs,
    pub binding: Binding,
}

impl Situation {
    /// Every grant for the API, with its client; without one it is the default of third parties.
    pub fn grants(&self) -> Vec<(Option<&'static str>, Terms)> {
        let (given, other) =
            (terms(self.scopes.given, self.orgs.given), terms(self.scopes.other, self.orgs.other));
        match self.access.holds {
            Holds::Nothing => vec![],
            Holds::Own => vec![(Some(CLIENT), given)],
            Holds::Default => vec![(None, given)],
            Holds::Both => vec![(None, other), (Some(CLIENT), given)],
        }
    }

    /// The client that asks.
    pub fn client(&self) -> Client {
        let default = self.orgs.default.map(|(id, flows)| DefaultOrganization {
            organization_id: id.into(),
            flows: flows.iter().map(|flow| (*flow).to_owned()).collect(),
        });
        let grant_type = if self.access.may_use { CLIENT_CREDENTIALS } else { "authorization_code" };
        Client {
            is_first_party: self.access.first_party,
            grant_types: Some(vec![grant_type.to_owned()]),
            token_endpoint_auth_method: self.access.method.map(|method| match method {
                "none" => TokenEndpointAuthMethod::None,
                _ => TokenEndpointAuthMethod::ClientSecretPost,
            }),
            default_organization: default,
            require_proof_of_possession: self.binding.client,
            ..world::client(CLIENT)
        }
    }

    /// What the client asks for.
    pub fn request<'a>(&self, client: &'a Client) -> AccessRequest<'a> {
        AccessRequest {
            client,
            grant_type: CLIENT_CREDENTIALS,
            audience: self.access.audience,
            resource: self.access.resource,
            scope: self.scopes.asked,
            organization: self.orgs.sent,
            possession: Possession { dpop_key: self.binding.sent.0, certificate: self.binding.sent.1 },
        }
    }

    /// The records.
    pub fn world(&self) -> World {
        let mut world = World::empty();
        world.tenant.settings.default_audience = self.access.default_audience.map(str::to_owned);
        world.tenant.settings.resource_parameter_profile = self.access.profile;
        world.tenant.settings.allow_organization_name_in_authentication_api = self.orgs.names;
        world.tenant.extensions.scope_handling = self.scopes.handling;
        world.organizations = ORGANIZATIONS.map(|(id, name)| world::organization(id, name)).to_vec();
        world.apis.push(world::api(OTHER_API, &["a", "b"]));
        if let Some(kind) = self.access.api {
            let mut api = world::api(API, &[]);
            api.is_system = kind == Api::System;
            api.scopes = self.scopes.api.map(world::definitions);
            if self.access.deny_all {
                api.subject_type_authorization.client.policy = ClientPolicy::DenyAll;
            }
            api.proof_of_possession = self.binding.api.map(|(mechanism, required, whom)| ProofOfPossession {
                mechanism,
                required,
                required_for: whom.map(str::to_owned),
            });
            world.apis.push(api);
        }
        if self.access.strangers {
            let everything = |id: &str, client: &str| world::grant(id, Some(client), API, &["a", "b"]);
            let of_users = ClientGrant { subject_type: SubjectType::User, ..everything("cgr_users", CLIENT) };
            world.grants.extend([of_users, everything("cgr_another", "another")]);
        }
        for (client, terms) in self.grants() {
            let id = if client.is_some() { "cgr_own" } else { "cgr_default" };
            world.grants.push(ClientGrant {
                scope: terms.scope.map(world::scope_set),
                allow_all_scopes: terms.all,
                organization_usage: terms.usage,
                allow_any_organization: terms.any,
                ..world::grant(id, client, API, &[])
            });
            let associated = terms.associated.iter().map(|organization| ((*organization).into(), id.into()));
            world.associations.extend(associated);
        }
        world
    }
}

fn terms(
    (scope, all): (Option<List>, Option<bool>),
    (usage, any, associated): (Option<OrganizationUsage>, Option<bool>, List),
) -> Terms {
    Terms { scope, all, usage, any, associated }
}
