//! `grantd serve`: the real thing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use grantd_model::{Clock, Entropy};
use grantd_server::{
    ClientCertificates, Listener, LogStreams, State, Transport, rotate_on_schedule, router, share_rate_limits,
};
use grantd_snapshot::Follower;
use grantd_store::Store;
use tokio::sync::{oneshot, watch};

use crate::Outcome;
use crate::client_certificates::CertificateFlags;
use crate::data::DataFolder;
use crate::database::DatabaseFlags;
use crate::event_log::{EventLog, LogFlags};
use crate::first_start::Start;
use crate::issuer::parse_issuer;
use crate::operations::{OperationsFlags, Watched};
use crate::outbound::OutboundFlags;
use crate::stop::Stop;
use crate::world::{SystemClock, SystemEntropy};
use crate::{local_ca, open_files};

/// The flags of `grantd serve`.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// The folder with the database and the keys. The first start makes it.
    #[arg(long, value_name = "DIR", env = "GRANTD_DATA")]
    pub(crate) data: PathBuf,
    /// The database.
    #[command(flatten)]
    pub(crate) database: DatabaseFlags,
    /// Seconds for which tokens are issued by what is known while the database does not answer. 0: none once that is
    /// noticed, which takes two seconds at most. Without it 10 for the file in the data folder and 60 for PostgreSQL.
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=86_400),
        env = "GRANTD_STALENESS_CEILING"
    )]
    pub(crate) staleness_ceiling: Option<u64>,
    /// The address to listen on. Port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443", env = "GRANTD_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// The issuer of tokens: the URL that clients and APIs know the server by. It stays with the data folder.
    #[arg(long, value_name = "URL", env = "GRANTD_ISSUER", value_parser = parse_issuer)]
    pub(crate) issuer: Option<String>,
    /// The server's certificate chain, PEM. Without it the local authority makes one for localhost.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "GRANTD_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "GRANTD_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Speak HTTP, for behind a proxy that terminates TLS.
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub(crate) plain_http: bool,
    /// Certificates of clients.
    #[command(flatten)]
    pub(crate) certificates: CertificateFlags,
    /// What is asked of others.
    #[command(flatten)]
    pub(crate) outbound: OutboundFlags,
    /// The event log.
    #[command(flatten)]
    pub(crate) log: LogFlags,
    /// Health checks and metrics.
    #[command(flatten)]
    pub(crate) operations: OperationsFlags,
    /// Traces.
    #[cfg(feature = "otlp")]
    #[command(flatten)]
    pub(crate) traces: crate::traces::TraceFlags,
}

/// A server that listens and does not serve yet.
pub(crate) struct Ready {
    /// Where it listens, as a URL without a slash at the end.
    pub(crate) base: String,
    /// Its data folder.
    pub(crate) folder: DataFolder,
    listener: Listener,
    operations: Option<Listener>,
    state: Arc<State>,
    follower: Arc<Follower>,
    store: Arc<dyn Store>,
    log: Option<EventLog>,
    streams: Option<Arc<LogStreams>>,
    clock: Arc<dyn Clock>,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(crate) async fn run(self) -> Outcome {
        open_files::raise_limit();
        // Who waits for a database may be told to stop meanwhile, and whoever waits for the ready line may stop at once.
        let (waiting, stop) = (Stop::new()?, Stop::new()?);
        let ready = tokio::select! {
            ready = self.start() => ready?,
            () = waiting.asked() => return Ok(()),
        };
        // Scripts wait for this line.
        crate::say(&format!("grantd is ready at {}", ready.base))?;
        ready.serve(stop.asked()).await
    }

    /// Opens the folder, listens, and knows who it is.
    pub(crate) async fn start(self) -> Outcome<Ready> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let certificates = Arc::new(self.certificates.read()?);
        let outbound = self.outbound.clone().outbound()?;
        let folder = DataFolder::open(&self.data)?;
        folder.warn_if_open_to_others();
        let place = self.database.place()?;
        let store = place.open(&folder, &*entropy).await?;
        let transport = self.transport(&folder, &*clock, &certificates)?;
        let scheme = if self.plain_http { "http" } else { "https" };
        let listener = Listener::bind(self.listen, transport)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", self.listen))?
            .with_client_certificates(Arc::clone(&certificates));
        let address = listener.address()?;
        let operations = self.operations.bind().await?;
        let start = Start { folder: &folder, store: &*store, clock: &*clock, entropy: &entropy };
        let local = format!("{scheme}://localhost:{}/", address.port());
        let issuer = start.issuer(self.issuer.as_deref(), &local).await?;
        let log = self.log.open(&place, &folder, &*store, &*entropy).await?;
        let ceiling = self.staleness_ceiling.map_or_else(|| place.ceiling(), Duration::from_secs);
        let follower = Follower::load(Arc::clone(&store), Arc::clone(&clock)).await?;
        let follower = Arc::new(follower.with_ceiling(ceiling));
        let world = (Arc::clone(&clock), Arc::clone(&entropy));
        let streams = |log: &EventLog| log.streams(Arc::clone(&follower), &outbound, world.0, world.1);
        let streams = log.as_ref().map(streams).map(Arc::new);
        let state =
            State::new(issuer, Arc::clone(&store), Arc::clone(&follower), Arc::clone(&clock), entropy);
        let mut state = state.with_client_certificates(certificates).with_outbound(outbound);
        if let Some(log) = &log {
            state = state.with_recorder(Arc::clone(&log.recorder));
            state = if log.files.is_some() { state.with_log_files() } else { state };
        }
        let state = Arc::new(state.taking_over().await?);
        Ok(Ready {
            base: base(scheme, address),
            folder,
            listener,
            operations,
            state,
            follower,
            store,
            log,
            streams,
            clock,
        })
    }

    fn transport(
        &self,
        folder: &DataFolder,
        clock: &dyn Clock,
        clients: &ClientCertificates,
    ) -> Outcome<Transport> {
        match (&self.tls_cert, &self.tls_key) {
            _ if self.plain_http => Ok(Transport::Plain),
            (Some(certificate), Some(key)) => {
                Ok(Transport::Tls(local_ca::server_config_from(certificate, key, clients)?))
            }
            _ => Ok(Transport::Tls(local_ca::server_config(folder, clock, clients)?)),
        }
    }
}

impl Ready {
    /// Serves until `stop` is done; then requests under way end, and everything is closed. The folder last: it is
    /// free for another server when nothing of this one is left.
    pub(crate) async fn serve(self, stop: impl Future<Output = ()>) -> Outcome {
        let follower = Arc::clone(&self.follower);
        let following = tokio::spawn(async move { follower.follow().await });
        let state = Arc::clone(&self.state);
        let rotating = tokio::spawn(async move { rotate_on_schedule(&state).await });
        let state = Arc::clone(&self.state);
        let (stop_sharing, sharing_stop) = oneshot::channel::<()>();
        let sharing = tokio::spawn(async move { share_rate_limits(&state, drop_of(sharing_stop)).await });
        let (stop_log, log_stop) = watch::channel(());
        let logging: Vec<_> =
            self.log.iter().flat_map(|log| log.tasks(Arc::clone(&self.clock), &log_stop)).collect();
        let watch =
            |listener| Watched::start(listener, Arc::clone(&self.state), self.streams.clone(), &*self.clock);
        let watched = self.operations.map(watch);
        let (stop_streams, streams_stop) = oneshot::channel::<()>();
        let streaming =
            self.streams.map(|streams| tokio::spawn(async move { streams.run(drop_of(streams_stop)).await }));
        let state = Arc::clone(&self.state);
        let stop = async move {
            stop.await;
            state.stops();
        };
        self.listener.serve(router(Arc::clone(&self.state)), stop).await;
        drop(stop_sharing);
        drop(sharing.await);
        self.state.hand_over().await;
        if let Some(watched) = watched {
            watched.stop().await;
        }
        drop(self.state);
        drop(stop_streams);
        if let Some(streaming) = streaming {
            drop(streaming.await);
        }
        for task in [following, rotating] {
            task.abort();
            drop(task.await);
        }
        drop(stop_log);
        for task in logging {
            drop(task.await);
        }
        drop(self.follower);
        if let Some(log) = self.log {
            log.close().await;
        }
        self.store.close().await;
        drop(self.folder);
        Ok(())
    }
}

/// Returns when the other end is dropped.
async fn drop_of(receiver: oneshot::Receiver<()>) {
    drop(receiver.await);
}

/// `localhost` is the name that the local certificate is made for, where it leads to this address.
fn base(scheme: &str, address: SocketAddr) -> String {
    if address.ip() == Ipv4Addr::LOCALHOST || address.ip().is_unspecified() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}
