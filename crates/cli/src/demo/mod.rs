//! `grantd demo`: the main job, shown on a server of its own through nothing but its public API.

mod steps;
mod talk;

use std::net::SocketAddr;

use crate::Outcome;
use crate::serve::Serve;

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
        let folder = tempfile::Builder::new().prefix("grantd-demo-").tempdir()?;
        talk::title("grantd demo");
        talk::line(&format!(
            "Data folder: {} (temporary: it goes when the demo ends)",
            folder.path().display()
        ));
        let serve = Serve {
            data: folder.path().to_owned(),
            listen: self.listen,
            issuer: None,
            tls_cert: None,
            tls_key: None,
            plain_http: false,
        };
        let ready = serve.start().await.map_err(|error| {
            format!(
                "{error}\nIs another server there? `grantd demo --listen 127.0.0.1:9443` takes another port."
            )
        })?;
        let (base, ca) = (ready.base.clone(), ready.folder.ca());
        let admin = ready.folder.read_admin()?.ok_or("admin.json is not there")?;
        let server = tokio::spawn(ready.serve());
        steps::show(&base, &ca, &admin).await?;
        talk::line("The server goes on running. Ctrl-C ends it.");
        server.await?
    }
}
