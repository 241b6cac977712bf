//! The tenant's settings (Auth0: Tenant settings).

mod get;
mod update;

pub use get::get;
pub use update::update;
