//! The use cases of the configuration plane: one folder a collection, one file an operation, no HTTP.
//!
//! Every operation has the same form: it is given the [`Context`], the [`Caller`] and the [`Request`], asks in
//! this order whether the caller may, whether the request is well formed and whether what it names is there,
//! lets the rules of the model judge, commits, and returns what the wire shows.

pub mod client_grants;
pub mod clients;
pub mod credentials;
pub mod elsewhere;
pub mod extensions;
pub mod log_streams;
pub mod logs;
pub mod organizations;
pub mod resource_servers;
pub mod signing_keys;
pub mod tenant_settings;

mod authority;
mod caller;
mod context;
mod error;
mod fields;
mod listing;
mod request;
mod retry;

pub use caller::Caller;
pub use context::{Context, MayAsk};
pub use credentials::CredentialFault;
pub use error::{Error, Inexistent};
pub use listing::{Envelope, Listing};
pub use request::{Body, Request};

/// A record as the wire shows it.
pub use grantd_model::patch::Members;
