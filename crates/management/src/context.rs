//! What every use case may use.

use std::sync::Arc;

use grantd_model::{Audience, Clock, Entropy};
use grantd_store::{Log, Store};

/// Whether this server would ask a URL of somebody else's, or why it would not.
pub type MayAsk = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// The store and the parameters of the outside world.
#[derive(Clone)]
pub struct Context {
    /// Where the configuration is.
    pub store: Arc<dyn Store>,
    /// What happened, where it is recorded.
    pub log: Option<Arc<dyn Log>>,
    /// Where identifiers and secrets come from.
    pub entropy: Arc<dyn Entropy>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The name of the deployment: the host of the issuer, as `tenant` shows it.
    pub tenant: Arc<str>,
    /// The audience of the Management API.
    pub management_audience: Audience,
    /// Which URLs of others may be configured.
    pub may_ask: MayAsk,
    /// Whether log streams may lead into files: the operator has named a folder.
    pub has_log_files: bool,
}
