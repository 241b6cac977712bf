//! What whoever watches a server is told: health checks and metrics.

mod health;
mod metrics;
mod open_metrics;
