//! How asking others fails. All of it is for the log: a caller who learned why could look around with it.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::policy::Forbidden;

/// Why there is no answer, or none that can be used.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// The policy forbids it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The name leads nowhere.
    #[error("the name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// Nobody answers at the address.
    #[error("there is no connection")]
    Connect(#[source] io::Error),
    /// The certificate is not trusted, or TLS failed otherwise.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// The connection broke, or the answer is not HTTP.
    #[error("the exchange broke off")]
    Http(#[from] hyper::Error),
    /// The request could not be written.
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
    /// It took longer than it may.
    #[error("there was no whole answer within {0:?}")]
    TooSlow(Duration),
    /// The body is longer than it may be.
    #[error("the body has more than {0} bytes")]
    TooLong(usize),
    /// The body broke off.
    #[error("the body cannot be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another status than 200.
    #[error("the answer is {0}; redirects are not followed")]
    Status(http::StatusCode),
    /// The metadata of an issuer is not what it should be.
    #[error("the metadata of the issuer cannot be used: {0}")]
    Metadata(&'static str),
    /// The answer is not a set of keys that can be used.
    #[error("the keys cannot be used: {0}")]
    Keys(String),
    /// It failed moments ago and is not tried again yet.
    #[error("it failed less than {0:?} ago and is not asked again yet")]
    Resting(Duration),
    /// The task that asked has ended without an answer.
    #[error("the task that asked has ended")]
    Ended,
}
