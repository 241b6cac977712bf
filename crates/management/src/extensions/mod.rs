//! What Auth0 does not have, under `/grantd/v1`: never mixed into Auth0's bodies.

mod client_secrets;
mod configuration;
mod federated_identities;
mod log_stream_secrets;
mod query;
mod settings;

pub use client_secrets::{
    create_client_secret, delete_client_secret, list_client_secrets, update_client_secret,
};
pub use configuration::{ConfigurationFault, apply_configuration, export_configuration, plan_configuration};
pub use federated_identities::{
    create_federated_identity, delete_federated_identity, get_federated_identity, list_federated_identities,
    update_federated_identity,
};
pub use log_stream_secrets::{get_log_stream_secret, rotate_log_stream_secret};
pub use settings::{get_settings, update_settings};
