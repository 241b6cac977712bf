//! The lines of the table of errors that are about signing keys.
//!
//! Apart from the rest because none of them is Auth0's: it does not say what it answers here.

use grantd_model::{RotationFault, SigningKeyFault};
use http::StatusCode;

use super::errors::Line;

/// Why a key is not revoked.
pub(super) fn refused(fault: SigningKeyFault) -> Line {
    let message = match fault {
        SigningKeyFault::CurrentRevoked => "The current signing key cannot be revoked; rotate the keys first",
        SigningKeyFault::NextRevoked => "The next signing key cannot be revoked; rotate the keys twice first",
    };
    (StatusCode::FORBIDDEN, message.to_owned(), Some("operation_not_supported"))
}

/// Why the keys do not rotate yet; the answer has a `Retry-After`, too.
pub(super) fn not_yet(fault: RotationFault) -> Line {
    let message = match fault {
        RotationFault::TooSoon { seconds } => {
            format!("The next signing key is not known to every verifier yet; try again in {seconds} seconds")
        }
        RotationFault::TooMany { seconds } => format!(
            "Too many previous signing keys are in use; revoke some, or try again in {seconds} seconds"
        ),
    };
    (StatusCode::TOO_MANY_REQUESTS, message, Some("too_many_requests"))
}
