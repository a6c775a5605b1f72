use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use hub_listen::ListenLimits;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Face, LocalWalrus, Options};

/// Serves the Walrus in a folder at this address until the process ends. `ready` is told the address once it answers.
pub async fn serve(
    folder: &Path,
    address: SocketAddr,
    options: Options,
    ready: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let walrus = LocalWalrus::open(folder, options).map_err(io::Error::other)?;
    let listener = TcpListener::bind(address).await?;
    ready(listener.local_addr()?);
    let never = CancellationToken::new();
    hub_listen::serve(listener, walrus.face().router(), limits(), never).await;
    Ok(())
}

/// A server that runs in a thread of its own until this is dropped.
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server at this address; port 0 stands for any that is free.
    pub fn start(face: &Face, address: SocketAddr) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let serving = hub_listen::serve(listener, face.router(), limits(), stop.clone());
        let thread = std::thread::spawn(move || runtime.block_on(serving));
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an address to ask: `http://127.0.0.1:31415`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Connections that clients hold on to end with the server.
fn limits() -> ListenLimits {
    ListenLimits {
        drain: Duration::ZERO,
        ..ListenLimits::default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
