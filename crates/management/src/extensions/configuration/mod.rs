//! A whole configuration, declared: what `grantd export`, `plan` and `apply` speak to.
//!
//! A [`Document`](document) says how organizations, APIs, clients, grants and settings are to be. [`plan`] compares it with
//! the configuration as it is at one revision and works out the changes, or names every fault that is in the way; nothing of
//! that touches the store. [`apply`] commits the changes in one transaction, which fails if anything was committed since
//! that revision, and is then worked out again. [`export`] writes the document of what there is.

mod apply;
mod authority;
mod clients;
mod credentials;
mod current;
mod document;
mod export;
mod fault;
mod grants;
mod organizations;
mod plan;
mod planner;
mod prune;
mod resource_servers;
mod schema;
mod settings;

pub use apply::{apply_configuration, plan_configuration};
pub use export::export_configuration;
pub use fault::ConfigurationFault;

/// How a document names the Management API: its identifier is another one on every deployment.
const MANAGEMENT_API: &str = "@management-api";
