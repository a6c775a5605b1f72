//! What becomes of a body that nobody reads.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::post;
use axum::Router;
use bytes::Bytes;
use http_body_util::BodyExt;
use hub_listen::{serve, ListenLimits};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// A server whose handlers treat bodies in different ways.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    _runtime: Runtime,
}

impl Running {
    fn start(limits: ListenLimits) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/refused", post(async || StatusCode::FORBIDDEN))
            .route("/begun", post(begun))
            .route("/read", post(async |body: Bytes| body))
            .route("/echo", post(async |request: Request| request.into_body()));
        let stop = CancellationToken::new();
        runtime.spawn(serve(listener, app, limits, stop.clone()));
        Self {
            address,
            stop,
            _runtime: runtime,
        }
    }

    fn connect(&self) -> Line {
        let stream = TcpStream::connect(self.address).unwrap();
        let long = Some(Duration::from_secs(30));
        stream.set_read_timeout(long).unwrap();
        Line(BufReader::new(stream))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Reads a piece, and has enough.
async fn begun(request: Request) -> StatusCode {
    let mut body: Body = request.into_body();
    body.frame().await.unwrap().unwrap();
    StatusCode::PAYLOAD_TOO_LARGE
}

struct Line(BufReader<TcpStream>);

impl Line {
    fn send(&mut self, text: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(text.as_ref()).unwrap();
    }

    fn head(&mut self, path: &str, more: &str) {
        self.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\n{more}\r\n\r\n"));
    }

    /// The next line; nothing if the server has closed, which is not the same as waiting in vain.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(_) => line.ends_with('\n').then_some(line),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
    }

    /// Status and body of the next answer; nothing if the server has closed.
    fn answer(&mut self) -> Option<(u16, String)> {
        let (mut status, mut length, mut is_chunked) = (None, 0, false);
        loop {
            let line = self.line()?.trim_end().to_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().ok();
            }
            if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
            is_chunked |= line == "transfer-encoding: chunked";
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        while is_chunked {
            let length = usize::from_str_radix(self.line()?.trim_end(), 16).unwrap();
            let mut piece = vec![0; length + 2];
            self.0.read_exact(&mut piece).unwrap();
            body.extend_from_slice(&piece[..length]);
            is_chunked = length > 0;
        }
        Some((status?, String::from_utf8(body).unwrap()))
    }
}

/// Long enough for a server that would close on a body which has not come to do so.
fn later() {
    std::thread::sleep(Duration::from_millis(100));
}

fn status(status: u16) -> Option<(u16, String)> {
    Some((status, String::new()))
}

#[test]
fn a_refusal_arrives_though_the_body_comes_late_and_the_connection_is_used_on() {
    let server = Running::start(ListenLimits::default());
    let mut line = server.connect();
    for (path, refused) in [("/refused", 403), ("/nowhere", 404), ("/begun", 413)] {
        let length = 1_000_000;
        line.head(path, &format!("content-length: {length}"));
        later();
        line.send(vec![b'x'; length / 2]);
        later();
        line.send(vec![b'x'; length / 2]);
        assert_eq!(line.answer(), status(refused), "{path}");

        line.head(path, "transfer-encoding: chunked");
        later();
        line.send("5\r\nhello\r\n");
        later();
        line.send("0\r\n\r\n");
        assert_eq!(line.answer(), status(refused), "{path} in chunks");
    }
    line.head("/echo", "content-length: 5");
    line.send("hello");
    assert_eq!(line.answer(), Some((200, "hello".to_owned())));
}

#[test]
fn a_body_that_is_too_long_or_does_not_come_is_not_waited_for() {
    let limits = ListenLimits {
        unread: 1_000,
        unread_timeout: Duration::from_millis(200),
        ..ListenLimits::default()
    };
    let server = Running::start(limits);
    for unread in [
        "content-length: 1001",
        "content-length: 1000",
        "transfer-encoding: chunked",
    ] {
        let mut line = server.connect();
        line.head("/refused", unread);
        assert_eq!(line.answer(), status(403), "{unread}");
        assert_eq!(line.answer(), None, "{unread}");
    }
    // In chunks its length is known once it is there.
    let mut line = server.connect();
    line.head("/refused", "transfer-encoding: chunked");
    line.send(format!("3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1_001)));
    assert_eq!(line.answer(), status(403));
    let mut line = server.connect();
    line.head("/refused", "content-length: 1000");
    line.send("x".repeat(1_000));
    assert_eq!(line.answer(), status(403));
    line.head("/refused", "content-length: 0");
    assert_eq!(line.answer(), status(403));
}

#[test]
fn a_peer_that_asks_before_it_sends_is_told_to_send_only_what_is_read() {
    let server = Running::start(ListenLimits::default());
    let mut line = server.connect();
    line.head("/read", "content-length: 5\r\nexpect: 100-continue");
    assert_eq!(line.answer(), status(100));
    line.send("hello");
    assert_eq!(line.answer(), Some((200, "hello".to_owned())));
    line.head("/refused", "content-length: 5\r\nexpect: 100-continue");
    assert_eq!(line.answer(), status(403));
}

#[test]
fn a_handler_that_reads_while_it_answers_gets_all_of_it() {
    let server = Running::start(ListenLimits::default());
    let mut line = server.connect();
    line.head("/echo", "transfer-encoding: chunked");
    line.send("6\r\nfirst \r\n");
    later();
    line.send("6\r\nsecond\r\n0\r\n\r\n");
    assert_eq!(line.answer(), Some((200, "first second".to_owned())));
}
