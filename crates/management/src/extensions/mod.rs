//! What Auth0 does not have, under `/grantd/v1`: never mixed into Auth0's bodies.

mod settings;

pub use settings::{get_settings, update_settings};
