//! The table of operations: what the Management API can do, where, and with which scopes.
//!
//! Router coverage, scope checks, validation and the published document all read this one table, so an operation that
//! is missing from one of them cannot exist. Ids are those of the contract.

use serde_json::{Map, Value};

use crate::documents::{self, Document};
use crate::violation::{Part, Violation};
use crate::{coerce, form, urlencoded};

macro_rules! operations {
    ($($name:ident $id:literal $method:ident $path:literal $success:literal [$($scope:literal)*] $summary:literal)*) => {
        /// One operation of the Management API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(#[doc = $summary] $name,)*
        }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The contract's `operationId`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// One sentence about what it does.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary),* }
            }

            /// The HTTP method, in capitals.
            pub fn method(self) -> &'static str {
                match self { $(Self::$name => stringify!($method)),* }
            }

            /// The path template below `/api/v2`.
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }

            /// The scopes of which any one suffices, unless it [needs every one](Self::needs_every_scope).
            pub fn scopes(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($scope),*]),* }
            }

            /// The HTTP status of success.
            pub fn success(self) -> u16 {
                match self { $(Self::$name => $success),* }
            }
        }
    };
}

operations! {
    ListClientGrants "get_client-grants" GET "/client-grants" 200
        ["read:client_grants"] "Lists client grants."
    CreateClientGrant "post_client-grants" POST "/client-grants" 201
        ["create:client_grants"] "Grants a client scopes of an API."
    GetClientGrant "get_client-grant" GET "/client-grants/{id}" 200
        ["read:client_grants"] "Reads one client grant."
    UpdateClientGrant "patch_client-grants_by_id" PATCH "/client-grants/{id}" 200
        ["update:client_grants"] "Changes a client grant."
    DeleteClientGrant "delete_client-grants_by_id" DELETE "/client-grants/{id}" 204
        ["delete:client_grants"] "Withdraws a client grant."
    ListClientGrantOrganizations "get_client-grant-organizations" GET "/client-grants/{id}/organizations" 200
        ["read:organization_client_grants"] "Lists the organizations a client grant is associated with."
    ListResourceServers "get_resource-servers" GET "/resource-servers" 200
        ["read:resource_servers"] "Lists APIs."
    CreateResourceServer "post_resource-servers" POST "/resource-servers" 201
        ["create:resource_servers"] "Registers an API."
    GetResourceServer "get_resource-servers_by_id" GET "/resource-servers/{id}" 200
        ["read:resource_servers"] "Reads one API by id or identifier."
    UpdateResourceServer "patch_resource-servers_by_id" PATCH "/resource-servers/{id}" 200
        ["update:resource_servers"] "Changes an API."
    DeleteResourceServer "delete_resource-servers_by_id" DELETE "/resource-servers/{id}" 204
        ["delete:resource_servers"] "Deletes an API and the grants to it."
    ListClients "get_clients" GET "/clients" 200
        ["read:clients" "read:client_keys" "read:client_credentials" "read:client_summary"] "Lists clients."
    CreateClient "post_clients" POST "/clients" 201
        ["create:clients"] "Registers a client."
    GetClient "get_clients_by_id" GET "/clients/{id}" 200
        ["read:clients" "read:client_keys" "read:client_credentials" "read:client_summary"] "Reads one client."
    UpdateClient "patch_clients_by_id" PATCH "/clients/{id}" 200
        ["update:clients" "update:client_keys" "update:client_credentials"] "Changes a client."
    DeleteClient "delete_clients_by_id" DELETE "/clients/{id}" 204
        ["delete:clients"] "Deletes a client and its grants."
    RotateClientSecret "post_rotate-secret" POST "/clients/{id}/rotate-secret" 200
        ["update:client_keys"] "Gives a client a new secret."
    ListCredentials "get_credentials" GET "/clients/{client_id}/credentials" 200
        ["read:client_credentials"] "Lists a client's credentials."
    CreateCredential "post_credentials" POST "/clients/{client_id}/credentials" 201
        ["create:client_credentials"] "Registers a credential of a client."
    GetCredential "get_credentials_by_credential_id" GET "/clients/{client_id}/credentials/{credential_id}" 200
        ["read:client_credentials"] "Reads one credential."
    UpdateCredential "patch_credentials_by_credential_id" PATCH "/clients/{client_id}/credentials/{credential_id}" 200
        ["update:client_credentials"] "Changes when a credential expires."
    DeleteCredential "delete_credentials_by_credential_id" DELETE "/clients/{client_id}/credentials/{credential_id}" 204
        ["delete:client_credentials"] "Deletes a credential that is not in use."
    ListOrganizations "get_organizations" GET "/organizations" 200
        ["read:organizations" "read:organizations_summary"] "Lists organizations."
    CreateOrganization "post_organizations" POST "/organizations" 201
        ["create:organizations"] "Creates an organization."
    GetOrganization "get_organizations_by_id" GET "/organizations/{id}" 200
        ["read:organizations" "read:organizations_summary"] "Reads one organization."
    GetOrganizationByName "get_name_by_name" GET "/organizations/name/{name}" 200
        ["read:organizations"] "Reads one organization by its name."
    UpdateOrganization "patch_organizations_by_id" PATCH "/organizations/{id}" 200
        ["update:organizations"] "Changes an organization."
    DeleteOrganization "delete_organizations_by_id" DELETE "/organizations/{id}" 204
        ["delete:organizations"] "Deletes an organization and its associations."
    ListOrganizationClientGrants "get_organization-client-grants" GET "/organizations/{id}/client-grants" 200
        ["read:organization_client_grants"] "Lists the client grants associated with an organization."
    CreateOrganizationClientGrant "create_organization-client-grants" POST "/organizations/{id}/client-grants" 201
        ["create:organization_client_grants"] "Associates a client grant with an organization."
    DeleteOrganizationClientGrant "delete_client-grants_by_grant_id" DELETE "/organizations/{id}/client-grants/{grant_id}" 204
        ["delete:organization_client_grants"] "Takes a client grant from an organization."
    ListOrganizationMembers "get_organization_members" GET "/organizations/{id}/members" 200
        ["read:organization_members"] "Lists the members of an organization: there are none."
    ListOrganizationConnections "get_organization_connections" GET "/organizations/{id}/connections" 200
        ["read:organization_connections"] "Lists the connections of an organization: there are none."
    ListOrganizationClients "get_organization_clients" GET "/organizations/{id}/clients" 200
        ["read:organization_clients"] "Lists the clients of an organization."
    AddOrganizationClients "post_organization_clients" POST "/organizations/{id}/clients" 201
        ["create:organization_clients"] "Adds clients to an organization."
    RemoveOrganizationClients "delete_organization_clients" DELETE "/organizations/{id}/clients" 204
        ["delete:organization_clients"] "Takes clients from an organization."
    GetOrganizationClient "get_organization_client" GET "/organizations/{id}/clients/{client_id}" 200
        ["read:organization_clients"] "Reads one client of an organization."
    UpdateOrganizationClient "patch_organization_client" PATCH "/organizations/{id}/clients/{client_id}" 200
        ["update:organization_clients"] "Changes what is said of a client in an organization."
    ListDiscoveryDomains "get_discovery-domains" GET "/organizations/{id}/discovery-domains" 200
        ["read:organization_discovery_domains"] "Lists the domains of an organization."
    CreateDiscoveryDomain "post_discovery-domains" POST "/organizations/{id}/discovery-domains" 201
        ["create:organization_discovery_domains"] "Adds a domain to an organization."
    GetDiscoveryDomainByName "get_name_by_discovery_domain" GET "/organizations/{id}/discovery-domains/name/{discovery_domain}" 200
        ["read:organization_discovery_domains"] "Reads one domain of an organization by its name."
    GetDiscoveryDomain "get_discovery-domains_by_discovery_domain_id" GET "/organizations/{id}/discovery-domains/{discovery_domain_id}" 200
        ["read:organization_discovery_domains"] "Reads one domain of an organization."
    UpdateDiscoveryDomain "patch_discovery-domains_by_discovery_domain_id" PATCH "/organizations/{id}/discovery-domains/{discovery_domain_id}" 200
        ["update:organization_discovery_domains"] "Changes a domain of an organization."
    DeleteDiscoveryDomain "delete_discovery-domains_by_discovery_domain_id" DELETE "/organizations/{id}/discovery-domains/{discovery_domain_id}" 204
        ["delete:organization_discovery_domains"] "Takes a domain from an organization."
    ListSigningKeys "get_signing_keys" GET "/keys/signing" 200
        ["read:signing_keys"] "Reads the keys that sign tokens."
    GetSigningKey "get_signing_key" GET "/keys/signing/{kid}" 200
        ["read:signing_keys"] "Reads one key that signs tokens."
    RotateSigningKeys "post_signing_keys" POST "/keys/signing/rotate" 201
        ["create:signing_keys" "update:signing_keys"] "Makes the next signing key the current one."
    RevokeSigningKey "put_signing_keys" PUT "/keys/signing/{kid}/revoke" 200
        ["update:signing_keys"] "Revokes a signing key that no longer signs."
    ListLogs "get_logs" GET "/logs" 200
        ["read:logs" "read:logs_users"] "Searches the log, or reads on in it."
    GetLog "get_logs_by_id" GET "/logs/{id}" 200
        ["read:logs" "read:logs_users"] "Reads one entry of the log."
    GetTenantSettings "tenant_settings_route" GET "/tenants/settings" 200
        ["read:tenant_settings"] "Reads the tenant's settings."
    UpdateTenantSettings "patch_settings" PATCH "/tenants/settings" 200
        ["update:tenant_settings"] "Changes the tenant's settings."
    ListLogStreams "get_log-streams" GET "/log-streams" 200
        ["read:log_streams"] "Lists log streams."
    CreateLogStream "post_log-streams" POST "/log-streams" 200
        ["create:log_streams"] "Creates a log stream."
    GetLogStream "get_log-streams_by_id" GET "/log-streams/{id}" 200
        ["read:log_streams"] "Reads one log stream."
    UpdateLogStream "patch_log-streams_by_id" PATCH "/log-streams/{id}" 200
        ["update:log_streams"] "Changes a log stream."
    DeleteLogStream "delete_log-streams_by_id" DELETE "/log-streams/{id}" 204
        ["delete:log_streams"] "Deletes a log stream."
}

impl Operation {
    /// Whether it needs all of its scopes; otherwise any one suffices.
    pub fn needs_every_scope(self) -> bool {
        self == Self::RotateSigningKeys
    }

    /// Checks the parameters of the path, by name and already percent-decoded.
    pub fn check_path(self, params: &[(&str, &str)]) -> Result<(), Violation> {
        let pairs = params.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        documents::of(self.id()).path.schema.check(Part::Path, &Value::Object(pairs.collect()))
    }

    /// Decodes and checks a query string (without its question mark). The values come back with the types the schema
    /// asks for: integers, booleans, arrays and strings.
    pub fn check_query(self, raw: &str) -> Result<Map<String, Value>, Violation> {
        let schema = &documents::of(self.id()).query.schema;
        let is_list = |name: &str| schema.0.member(name).is_some_and(|node| node.names_type("array"));
        let gathered = form::flat(urlencoded::pairs(raw.as_bytes()), is_list);
        let query = Value::Object(coerce::members(gathered, &schema.0));
        schema.check(Part::Query, &query)?;
        match query {
            Value::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        }
    }

    /// Checks a body. An operation without a body schema takes none and looks at none.
    pub fn check_payload(self, body: &Value) -> Result<(), Violation> {
        match &documents::of(self.id()).payload {
            Some(document) => document.schema.check(Part::Payload, body),
            None => Ok(()),
        }
    }

    /// Reads an `application/x-www-form-urlencoded` body with the types of the operation's schema. What does not fit
    /// its type stays text; [`check_payload`](Self::check_payload) then refuses it in the usual words.
    pub fn form_payload(self, raw: &[u8]) -> Result<Value, Violation> {
        let gathered = form::nested(urlencoded::pairs(raw)).map_err(|form::TooDeep| Violation {
            part: Part::Payload,
            message: format!("{} form keys are nested too deeply", Part::Payload.context()),
        })?;
        Ok(Value::Object(match &documents::of(self.id()).payload {
            Some(document) => coerce::members(gathered, &document.schema.0),
            None => gathered,
        }))
    }

    /// The JSON schema of the body, if the operation takes one.
    pub fn payload_schema(self) -> Option<&'static Value> {
        documents::of(self.id()).payload.as_ref().map(source)
    }

    /// The JSON schema of the query, as an object of its parameters.
    pub fn query_schema(self) -> &'static Value {
        source(&documents::of(self.id()).query)
    }

    /// The JSON schema of the path, as an object of its parameters.
    pub fn path_schema(self) -> &'static Value {
        source(&documents::of(self.id()).path)
    }
}

fn source(document: &'static Document) -> &'static Value {
    &document.source
}
