//! Every route, on one page.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use grantd_management::elsewhere::ELSEWHERE;
use grantd_management::{
    client_grants, clients, credentials, extensions, log_streams, logs, organizations, resource_servers,
    signing_keys, tenant_settings,
};
use grantd_schema::Operation::{
    AddOrganizationClients, CreateClient, CreateClientGrant, CreateCredential, CreateDiscoveryDomain,
    CreateLogStream, CreateOrganization, CreateOrganizationClientGrant, CreateResourceServer, DeleteClient,
    DeleteClientGrant, DeleteCredential, DeleteDiscoveryDomain, DeleteLogStream, DeleteOrganization,
    DeleteOrganizationClientGrant, DeleteResourceServer, GetClient, GetClientGrant, GetCredential,
    GetDiscoveryDomain, GetDiscoveryDomainByName, GetLog, GetLogStream, GetOrganization,
    GetOrganizationByName, GetOrganizationClient, GetResourceServer, GetSigningKey, GetTenantSettings,
    ListClientGrantOrganizations, ListClientGrants, ListClients, ListCredentials, ListDiscoveryDomains,
    ListLogStreams, ListLogs, ListOrganizationClientGrants, ListOrganizationClients,
    ListOrganizationConnections, ListOrganizationMembers, ListOrganizations, ListResourceServers,
    ListSigningKeys, RemoveOrganizationClients, RevokeSigningKey, RotateClientSecret, RotateSigningKeys,
    UpdateClient, UpdateClientGrant, UpdateCredential, UpdateDiscoveryDomain, UpdateLogStream,
    UpdateOrganization, UpdateOrganizationClient, UpdateResourceServer, UpdateTenantSettings,
};

use crate::management_api::{document, endpoint, linked, operation};
use crate::watching::watch;
use crate::{State, management_api, oauth, well_known};

/// Everything that the server answers.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .nest("/api/v2", management_api())
        .nest("/grantd/v1", extensions_of_ours())
        .route("/api/v2/", any(management_api::unknown_path))
        .route("/grantd/v1/", any(management_api::unknown_path))
        .route("/oauth/token", post(oauth::token::token))
        .route("/oauth/token/", post(oauth::token::token))
        .route("/oauth/introspect", post(oauth::access_tokens::introspect))
        .route("/oauth/revoke", post(oauth::access_tokens::revoke))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/.well-known/openid-configuration", get(well_known::metadata))
        .route("/.well-known/oauth-authorization-server", get(well_known::metadata))
        .fallback(oauth::unknown_path)
        .method_not_allowed_fallback(oauth::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&state), watch))
        .with_state(state)
}

fn management_api() -> Router<Arc<State>> {
    // On the heap: all of them together are too much for a stack.
    let operations = vec![
        operation(ListClientGrants, client_grants::list),
        operation(CreateClientGrant, client_grants::create),
        operation(GetClientGrant, client_grants::get),
        operation(UpdateClientGrant, client_grants::update),
        operation(DeleteClientGrant, client_grants::delete),
        operation(ListClientGrantOrganizations, client_grants::list_organizations),
        operation(ListResourceServers, resource_servers::list),
        operation(CreateResourceServer, resource_servers::create),
        operation(GetResourceServer, resource_servers::get),
        operation(UpdateResourceServer, resource_servers::update),
        operation(DeleteResourceServer, resource_servers::delete),
        operation(ListClients, clients::list),
        operation(CreateClient, clients::create),
        operation(GetClient, clients::get),
        operation(UpdateClient, clients::update),
        operation(DeleteClient, clients::delete),
        operation(RotateClientSecret, clients::rotate_secret),
        operation(ListCredentials, credentials::list),
        operation(CreateCredential, credentials::create),
        operation(GetCredential, credentials::get),
        operation(UpdateCredential, credentials::update),
        operation(DeleteCredential, credentials::delete),
        operation(ListOrganizations, organizations::list),
        operation(CreateOrganization, organizations::create),
        operation(GetOrganization, organizations::get),
        operation(GetOrganizationByName, organizations::get_by_name),
        operation(UpdateOrganization, organizations::update),
        operation(DeleteOrganization, organizations::delete),
        operation(ListOrganizationClientGrants, organizations::list_client_grants),
        operation(CreateOrganizationClientGrant, organizations::add_client_grant),
        operation(DeleteOrganizationClientGrant, organizations::remove_client_grant),
        operation(ListOrganizationMembers, organizations::list_members),
        operation(ListOrganizationConnections, organizations::list_connections),
        operation(ListOrganizationClients, organizations::clients::list),
        operation(AddOrganizationClients, organizations::clients::add),
        operation(RemoveOrganizationClients, organizations::clients::remove),
        operation(GetOrganizationClient, organizations::clients::get),
        operation(UpdateOrganizationClient, organizations::clients::update),
        operation(ListDiscoveryDomains, organizations::discovery_domains::list),
        operation(CreateDiscoveryDomain, organizations::discovery_domains::create),
        operation(GetDiscoveryDomainByName, organizations::discovery_domains::get_by_name),
        operation(GetDiscoveryDomain, organizations::discovery_domains::get),
        operation(UpdateDiscoveryDomain, organizations::discovery_domains::update),
        operation(DeleteDiscoveryDomain, organizations::discovery_domains::delete),
        operation(ListSigningKeys, signing_keys::list),
        operation(GetSigningKey, signing_keys::get),
        operation(RotateSigningKeys, signing_keys::rotate),
        operation(RevokeSigningKey, signing_keys::revoke),
        linked(ListLogs, logs::list, logs::LogListing::link),
        operation(GetLog, logs::get),
        operation(GetTenantSettings, tenant_settings::get),
        operation(UpdateTenantSettings, tenant_settings::update),
        operation(ListLogStreams, log_streams::list),
        operation(CreateLogStream, log_streams::create),
        operation(GetLogStream, log_streams::get),
        operation(UpdateLogStream, log_streams::update),
        operation(DeleteLogStream, log_streams::delete),
    ];
    let routes = operations
        .into_iter()
        .fold(Router::new(), |router, (operation, endpoint)| router.route(operation.path(), endpoint));
    let routes = ELSEWHERE
        .iter()
        .fold(routes, |router, elsewhere| router.route(elsewhere.path, management_api::elsewhere(elsewhere)));
    // An unknown method is an unknown path there, as in Auth0.
    routes.fallback(management_api::unknown_path).method_not_allowed_fallback(management_api::unknown_path)
}

const SECRETS: &str = "/clients/{client_id}/secrets";
const SECRET: &str = "/clients/{client_id}/secrets/{secret_id}";
const STREAM_SECRET: &str = "/log-streams/{id}/signing-secret";
const IDENTITIES: &str = "/clients/{client_id}/federated_identities";
const IDENTITY: &str = "/clients/{client_id}/federated_identities/{id}";

fn extensions_of_ours() -> Router<Arc<State>> {
    Router::new()
        .route("/settings", endpoint(http::Method::GET, 200, extensions::get_settings))
        .route("/settings", endpoint(http::Method::PATCH, 200, extensions::update_settings))
        .route("/export", endpoint(http::Method::GET, 200, extensions::export_configuration))
        .route("/plan", document("Plan a configuration", false, extensions::plan_configuration))
        .route("/apply", document("Apply a configuration", true, extensions::apply_configuration))
        .route(IDENTITIES, endpoint(http::Method::GET, 200, extensions::list_federated_identities))
        .route(IDENTITIES, endpoint(http::Method::POST, 201, extensions::create_federated_identity))
        .route(IDENTITY, endpoint(http::Method::GET, 200, extensions::get_federated_identity))
        .route(IDENTITY, endpoint(http::Method::PATCH, 200, extensions::update_federated_identity))
        .route(IDENTITY, endpoint(http::Method::DELETE, 204, extensions::delete_federated_identity))
        .route(SECRETS, endpoint(http::Method::GET, 200, extensions::list_client_secrets))
        .route(SECRETS, endpoint(http::Method::POST, 201, extensions::create_client_secret))
        .route(SECRET, endpoint(http::Method::PATCH, 200, extensions::update_client_secret))
        .route(SECRET, endpoint(http::Method::DELETE, 204, extensions::delete_client_secret))
        .route(STREAM_SECRET, endpoint(http::Method::GET, 200, extensions::get_log_stream_secret))
        .route(STREAM_SECRET, endpoint(http::Method::POST, 200, extensions::rotate_log_stream_secret))
        .fallback(management_api::unknown_path)
        .method_not_allowed_fallback(management_api::unknown_path)
}
