//! The lines of the table of errors about clients and their credentials.
//!
//! Apart from the others, since there are as many of them as of all the rest.

use grantd_management::CredentialFault;
use grantd_model::{ClientFault, Credential};
use http::StatusCode;

use super::errors::{Line, bad, invalid};

/// A rule of clients.
pub(super) fn client(fault: &ClientFault) -> Line {
    match fault {
        ClientFault::GrantTypes(names) => {
            bad(&format!("Invalid grant types: {}", names.join(", ")), "invalid_body")
        }
        ClientFault::SecurityModeOnFirstParty => {
            invalid("`third_party_security_mode` requires `is_first_party` to be false")
        }
        ClientFault::SecurityModeChanged => {
            invalid("`third_party_security_mode` cannot be changed after creation")
        }
        ClientFault::StrictAndPublic => {
            invalid("`token_endpoint_auth_method` cannot be none for strict third-party clients")
        }
        ClientFault::OrganizationUsageOnThirdParty => invalid(
            "`organization_usage` and `organization_require_behavior` must be unset to make a client third-party",
        ),
        ClientFault::AuthenticationAmbiguous => {
            invalid("`client_authentication_methods` and `token_endpoint_auth_method` are mutually exclusive")
        }
        ClientFault::AuthenticationAlgorithm => {
            invalid("`client_authentication_methods` requires `jwt_configuration.alg` to be RS256")
        }
        ClientFault::TooManyCredentials => {
            invalid("`client_authentication_methods` takes at most 2 credentials")
        }
        ClientFault::CredentialTwice(id) => invalid(&format!("credential {id} is named more than once")),
        ClientFault::StrictAndMutualTls => {
            invalid("mTLS client authentication is not available to strict third-party clients")
        }
        ClientFault::NoSecret => {
            invalid("a client with `client_authentication_methods` has no client secret")
        }
        ClientFault::TooManySecrets => (
            StatusCode::CONFLICT,
            "A client has at most 10 secrets; delete one first".to_owned(),
            Some("too_many_client_secrets"),
        ),
        ClientFault::SecretExpiry => invalid("`expires_at` must be in the future and at most ten years away"),
        ClientFault::SecretExpiryTwice => invalid("`expires_at` and `expires_in` are mutually exclusive"),
        ClientFault::LastSecret => (
            StatusCode::CONFLICT,
            "The last live secret of a client cannot be deleted; add another first".to_owned(),
            Some("last_client_secret"),
        ),
        ClientFault::Administrator => (
            StatusCode::FORBIDDEN,
            "The administration client cannot be deleted, nor lose what it needs to get tokens".to_owned(),
            Some("operation_not_supported"),
        ),
        ClientFault::Global => (
            StatusCode::FORBIDDEN,
            "The global client cannot be deleted".to_owned(),
            Some("operation_not_supported"),
        ),
    }
}

/// A rule of credentials.
pub(super) fn credential(fault: &CredentialFault) -> Line {
    match fault {
        CredentialFault::PemMissing(kind) => {
            invalid(&format!("`pem` is required for {} credentials", kind.as_str()))
        }
        CredentialFault::SubjectAmbiguous => {
            invalid("exactly one of `subject_dn` and `pem` must be provided for cert_subject_dn credentials")
        }
        CredentialFault::NotForType { member, credential_type } => {
            invalid(&format!("`{member}` does not apply to {} credentials", credential_type.as_str()))
        }
        CredentialFault::Unusable(reason) => invalid(&format!("`pem` cannot be used: {reason}")),
        CredentialFault::AlgorithmMismatch(alg) => {
            invalid(&format!("the key in `pem` cannot be used with `alg` {alg}"))
        }
        CredentialFault::ExpiryWithoutCertificate => {
            invalid("`parse_expiry_from_cert` requires an X.509 certificate in `pem`")
        }
        CredentialFault::ExpiryTwice => {
            invalid("`parse_expiry_from_cert` and `expires_at` are mutually exclusive")
        }
        CredentialFault::Expired => invalid("the credential has expired: `expires_at` must be in the future"),
        CredentialFault::ExpiryFixed => invalid("`expires_at` applies to public_key credentials only"),
        CredentialFault::Subject => invalid("the subject distinguished name is empty or cannot be read"),
        CredentialFault::TooMany => {
            invalid(&format!("a client cannot have more than {} credentials", Credential::PER_CLIENT))
        }
        CredentialFault::KidTaken => invalid("another key of the client has the same `kid`"),
        CredentialFault::InUse => bad("The credential is in use by the client", "credential_in_use"),
        CredentialFault::Unknown(id) => invalid(&format!("the client has no credential with the id {id}")),
        CredentialFault::WrongType { id, needed } => {
            invalid(&format!("credential {id} must be of the type {}", needed.as_str()))
        }
    }
}
