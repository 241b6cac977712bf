//! The token endpoint and what verifiers read.

mod assertions;
mod attacks;
mod basic;
mod certificates;
mod client_secrets;
mod credentials;
mod crossings;
mod decision_table;
pub mod dpop;
mod errors;
mod events;
mod federated;
mod hosts;
mod json;
pub mod keys;
mod logs;
mod metadata;
mod mtls_metadata;
mod nodes;
mod outside_issuer;
mod overload;
mod quotas;
mod races;
mod rate_limits;
mod replays;
mod requests;
mod rotation;
pub mod scene;
mod strangers;
mod timing;
mod tokens;
mod unreachable;
pub mod wire;

#[path = "../../../../snapshot/tests/following/watched_store.rs"]
mod watched_store;
