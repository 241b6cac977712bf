//! The identifier of an API, as `audience` names it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An API's identifier: 1 to 600 characters, compared byte by byte. A trailing slash or another case is
/// another API (Auth0: Register APIs).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Audience(Arc<str>);

impl Audience {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Audience {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Audience {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::borrow::Borrow<str> for Audience {
    fn borrow(&self) -> &str {
        &self.0
    }
}
