//! The token endpoint and what verifiers read.
