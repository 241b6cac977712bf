//! What Auth0 does not have, under `/grantd/v1`: never mixed into Auth0's bodies.

mod federated_identities;
mod settings;

pub use federated_identities::{
    create_federated_identity, delete_federated_identity, get_federated_identity, list_federated_identities,
    update_federated_identity,
};
pub use settings::{get_settings, update_settings};
