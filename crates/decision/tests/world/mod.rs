//! A small configuration in memory, and how a decision about it is written down.

use std::sync::LazyLock;

use grantd_decision::{Confirmation, Decision, Facts, Finding};
use grantd_model::patch::Members;
use grantd_model::{
    Audience, CLIENT_CREDENTIALS, Client, ClientGrant, ClientGrantId, ClientId, DefaultFor, Organization,
    OrganizationId, ResourceServer, ScopeDefinition, ScopeSet, SubjectType, Tenant, TenantSettings,
};

/// Every record there is. Nothing is indexed: what is asked for is searched.
#[derive(Clone, Debug)]
pub struct World {
    pub tenant: Tenant,
    pub apis: Vec<ResourceServer>,
    pub grants: Vec<ClientGrant>,
    pub organizations: Vec<Organization>,
    pub associations: Vec<(OrganizationId, ClientGrantId)>,
}

impl World {
    /// A tenant with nothing set and nothing in it.
    pub fn empty() -> Self {
        let settings = TenantSettings { properties: Members::new(), ..TenantSettings::default() };
        Self {
            tenant: Tenant { settings, ..Tenant::default() },
            apis: Vec::new(),
            grants: Vec::new(),
            organizations: Vec::new(),
            associations: Vec::new(),
        }
    }

    fn grant(&self, audience: &Audience, fits: impl Fn(&ClientGrant) -> bool) -> Option<&ClientGrant> {
        self.grants
            .iter()
            .filter(|grant| grant.subject_type == SubjectType::Client && grant.audience == *audience)
            .find(|grant| fits(grant))
    }
}

impl Facts for World {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn resource_server(&self, audience: &str) -> Option<&ResourceServer> {
        self.apis.iter().find(|api| api.identifier.as_str() == audience)
    }

    fn client_grant(&self, client: &ClientId, audience: &Audience) -> Option<&ClientGrant> {
        self.grant(audience, |grant| grant.client_id.as_ref() == Some(client))
    }

    fn third_party_grant(&self, audience: &Audience) -> Option<&ClientGrant> {
        self.grant(audience, |grant| grant.default_for == Some(DefaultFor::ThirdPartyClients))
    }

    fn organization(&self, id: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id.as_str() == id)
    }

    fn organization_named(&self, name: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.name == name)
    }

    fn is_associated(&self, organization: &OrganizationId, grant: &ClientGrantId) -> bool {
        self.associations.iter().any(|(held, by)| held == organization && by == grant)
    }
}

/// A confidential first-party client that may use the client credentials grant.
pub fn client(id: &str) -> Client {
    Client {
        client_id: id.into(),
        name: id.to_owned(),
        global: false,
        is_first_party: true,
        grant_types: Some(vec![CLIENT_CREDENTIALS.to_owned()]),
        token_endpoint_auth_method: None,
        client_authentication_methods: None,
        default_organization: None,
        resource_server_identifier: None,
        third_party_security_mode: None,
        require_proof_of_possession: None,
        client_secret: "".into(),
        further_secrets: Vec::new(),
        properties: Members::new(),
    }
}

static PLAIN_API: LazyLock<ResourceServer> = LazyLock::new(|| {
    let body = Members::from_iter([("identifier".to_owned(), "".into())]);
    ResourceServer::from_request(&"".into(), body).unwrap()
});

/// A custom API as it is when nothing but its identifier and scopes was given.
pub fn api(identifier: &str, scopes: &[&str]) -> ResourceServer {
    ResourceServer { identifier: identifier.into(), scopes: Some(definitions(scopes)), ..PLAIN_API.clone() }
}

/// Scopes as an API has them.
pub fn definitions(scopes: &[&str]) -> Vec<ScopeDefinition> {
    scopes.iter().map(|scope| ScopeDefinition { value: (*scope).into(), description: None }).collect()
}

/// A list of scopes as a grant has them.
pub fn scope_set(scopes: &[&str]) -> ScopeSet {
    scopes.iter().map(|scope| (*scope).into()).collect()
}

/// A client's own grant; without a client, the default of third-party clients.
pub fn grant(id: &str, client: Option<&str>, audience: &str, scopes: &[&str]) -> ClientGrant {
    ClientGrant {
        id: id.into(),
        client_id: client.map(Into::into),
        audience: audience.into(),
        scope: Some(scope_set(scopes)),
        organization_usage: None,
        allow_any_organization: None,
        subject_type: SubjectType::Client,
        authorization_details_types: None,
        allow_all_scopes: None,
        is_system: false,
        default_for: if client.is_none() { Some(DefaultFor::ThirdPartyClients) } else { None },
    }
}

/// An organization with an id and a name.
pub fn organization(id: &str, name: &str) -> Organization {
    Organization { id: id.into(), name: name.to_owned(), display_name: None, properties: Members::new() }
}

/// A decision in one line: what is granted, or which rule denies and why.
pub fn written(decision: &Decision<'_>) -> String {
    match &decision.outcome {
        Ok(granted) => {
            let scope: Vec<&str> = granted.scope.iter().map(|scope| scope.as_str()).collect();
            let organization = granted.organization.map(|organization| {
                let name = if granted.names_organization { &organization.name } else { "unnamed" };
                format!(" for {} ({name})", organization.id)
            });
            let bound = granted.confirmation.map_or("", |confirmation| match confirmation {
                Confirmation::DpopKey(_) => " bound to the key of a proof",
                Confirmation::Certificate(_) => " bound to a certificate",
            });
            format!("[{}]{}{bound}", scope.join(" "), organization.unwrap_or_default())
        }
        Err(denial) => {
            let denying = decision.trace.iter().filter(|step| step.finding == Finding::Denies);
            let rules: Vec<&str> = denying.map(|step| step.rule.as_str()).collect();
            format!("{}: {denial}", rules.join(" "))
        }
    }
}
