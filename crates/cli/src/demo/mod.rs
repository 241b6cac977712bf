//! `grantd demo`: the main job, shown on a server of its own through nothing but its public API.

mod steps;
mod talk;

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::sync::oneshot;

use crate::Outcome;
use crate::client_certificates::CertificateFlags;
use crate::data::Admin;
use crate::database::DatabaseFlags;
use crate::event_log::LogFlags;
use crate::operations::{OperationsFlags, Place};
use crate::outbound::OutboundFlags;
use crate::serve::Serve;
use crate::stop::Stop;

/// The flags of `grantd demo`.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// The address to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
}

impl Demo {
    /// Starts a server on a temporary folder, shows the main job, and leaves the server running.
    pub(crate) async fn run(self) -> Outcome {
        // Before anything is made that has to go when the demo ends.
        let stop = Stop::with_hangup()?;
        let for_its_owner = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("grantd-demo-").permissions(for_its_owner).tempdir()?;
        talk::title("grantd demo");
        talk::line(&format!(
            "Data folder: {} (temporary: it goes when the demo ends)",
            folder.path().display()
        ));
        let serve = Serve {
            data: folder.path().to_owned(),
            database: DatabaseFlags::default(),
            staleness_ceiling: None,
            listen: self.listen,
            issuer: None,
            tls_cert: None,
            tls_key: None,
            plain_http: false,
            certificates: CertificateFlags::default(),
            outbound: OutboundFlags::default(),
            log: LogFlags::default(),
            operations: OperationsFlags { operations_listen: Some(Place::Off) },
            #[cfg(feature = "otlp")]
            traces: crate::traces::TraceFlags::default(),
        };
        let ready = serve.start().await.map_err(|error| {
            format!(
                "{error}\nIs another server there? `grantd demo --listen 127.0.0.1:9443` takes another port."
            )
        })?;
        let (base, ca) = (ready.base.clone(), ready.folder.ca());
        let admin = ready.folder.read_admin()?.ok_or("admin.json is not there")?;
        let (end, ended) = oneshot::channel::<()>();
        let server = tokio::spawn(ready.serve(async { drop(ended.await) }));
        // A task, so that the request under way ends with the server and not before it.
        let mut showing = tokio::spawn(async move { show(&base, &ca, &admin).await });
        let shown = tokio::select! {
            failed = &mut showing => failed?,
            () = stop.asked() => Ok(()),
        };
        drop(end);
        server.await??;
        showing.abort();
        shown
    }
}

/// Shows the steps, and then only stays.
async fn show(base: &str, ca: &Path, admin: &Admin) -> Outcome {
    steps::show(base, ca, admin).await?;
    talk::line("The server goes on running. Ctrl-C ends it.");
    std::future::pending().await
}
