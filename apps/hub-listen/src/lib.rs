#![doc = include_str!("../README.md")]

mod unread;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::middleware::from_fn_with_state;
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Limits of the listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenLimits {
    /// Connections at once; more wait in the system's queue.
    pub connections: usize,
    /// Time for the headers of a request, and for the next request on a connection.
    pub header_timeout: Duration,
    /// Time that a peer may take nothing of what is written to it: it would keep its connection from others.
    pub write_timeout: Duration,
    /// Bytes of a body that the app did not read which are taken off before its answer goes out, so that the answer arrives. A peer
    /// that sends more may find its connection reset instead.
    pub unread: u64,
    /// Time for taking them off.
    pub unread_timeout: Duration,
    /// Time for running requests when the server stops.
    pub drain: Duration,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            header_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            unread: 64 << 20,
            unread_timeout: Duration::from_secs(20),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves until it is stopped: then nothing new is taken, and what runs has [`ListenLimits::drain`] to end.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: ListenLimits,
    stop: CancellationToken,
) {
    let app = app.layer(from_fn_with_state(limits, unread::take_off));
    let permits = limits.connections.min(Semaphore::MAX_PERMITS);
    let permits = Arc::new(Semaphore::new(permits));
    let connections = TaskTracker::new();
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = permits.clone().acquire_owned() => permit,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving = connection(stream, peer, app.clone(), limits, stop.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Of one connection, or of all for want of file handles: in either case others go on after a pause.
                if !of_one_connection(&error) {
                    tracing::warn!("no connection was taken: {error}");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
    connections.close();
    if tokio::time::timeout(limits.drain, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            "{} connections were cut when the server stopped",
            connections.len()
        );
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: ListenLimits,
    stop: CancellationToken,
) -> impl Future<Output = ()> {
    // Answers are small and whole: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let service = app.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(64 * 1024)
        .half_close(false);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let stream = TokioIo::new(Box::pin(stream));
    let serving = builder.serve_connection(stream, TowerToHyperService::new(service));
    async move {
        tokio::pin!(serving);
        let result = tokio::select! {
            result = serving.as_mut() => result,
            () = stop.cancelled() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%peer, "a connection ended: {error}");
        }
    }
}

fn of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
