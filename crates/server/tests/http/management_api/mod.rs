//! The Management API: one file an operation.

mod get_client_grant;
