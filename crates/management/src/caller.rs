//! Who calls the Management API.

use std::sync::Arc;

use grantd_model::{ClientId, ScopeSet};
use grantd_schema::Operation;

use crate::Error;

/// The bearer of a verified Management API token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client that the token was issued to.
    pub client_id: ClientId,
    /// The scopes of the token.
    pub scopes: Arc<ScopeSet>,
}

impl Caller {
    /// Fails unless the caller holds one of the operation's scopes, or all where the operation needs every one.
    pub fn require(&self, operation: Operation) -> Result<(), Error> {
        let expected = operation.scopes();
        if !operation.needs_every_scope() {
            return self.require_any(expected);
        }
        self.require_all(expected)
    }

    /// Fails unless the caller holds all of these scopes.
    pub fn require_all(&self, scopes: &'static [&'static str]) -> Result<(), Error> {
        let holds_all = scopes.iter().all(|scope| self.scopes.contains(scope));
        if holds_all { Ok(()) } else { Err(Error::InsufficientScopes { expected: scopes }) }
    }

    /// Fails unless the caller holds one of these scopes.
    pub fn require_any(&self, scopes: &'static [&'static str]) -> Result<(), Error> {
        if self.holds_any(scopes) { Ok(()) } else { Err(Error::InsufficientScope { expected: scopes }) }
    }

    /// Whether the caller holds one of these scopes.
    pub fn holds_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.contains(scope))
    }
}
