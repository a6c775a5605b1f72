use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;

use crate::{Call, EngineError, UpstreamError};

/// How to reach a server, and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its address, such as `http://127.0.0.1:8000`.
    pub url: String,
    /// What it wants as bearer token.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// Milliseconds within which a connection has to stand.
    #[serde(default = "connect_ms")]
    pub connect_ms: u64,
    /// Milliseconds until it begins to answer.
    #[serde(default = "first_ms")]
    pub first_ms: u64,
    /// Milliseconds that may pass without a byte after that.
    #[serde(default = "idle_ms")]
    pub idle_ms: u64,
    /// Most bytes of an answer.
    #[serde(default = "max_answer")]
    pub max_answer: usize,
    /// How often a connection that fails is tried again. A request of which a byte may have been sent never is: it may have cost.
    #[serde(default = "retries")]
    pub retries: u32,
}

fn connect_ms() -> u64 {
    3_000
}

fn first_ms() -> u64 {
    120_000
}

fn idle_ms() -> u64 {
    30_000
}

fn max_answer() -> usize {
    16 << 20
}

fn retries() -> u32 {
    2
}

impl Server {
    /// A server with the usual limits: 3 s to connect, 120 s to begin, 30 s without a byte, 16 MiB, two more tries to connect.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api_key: None,
            connect_ms: connect_ms(),
            first_ms: first_ms(),
            idle_ms: idle_ms(),
            max_answer: max_answer(),
            retries: retries(),
        }
    }
}

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Sends requests to one server.
#[derive(Clone, Debug)]
pub(super) struct Http {
    server: Server,
    client: Client,
}

impl Http {
    pub(super) fn new(mut server: Server) -> Result<Self, UpstreamError> {
        server.url.truncate(server.url.trim_end_matches('/').len());
        let client = Client::builder()
            .connect_timeout(Duration::from_millis(server.connect_ms))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // It stands beside this one: a proxy for the way to the outside is not meant.
            .no_proxy()
            .build()
            .map_err(|error| UpstreamError::Unreachable(chain(&error)))?;
        Ok(Self { server, client })
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.with_key(self.client.get(format!("{}{path}", self.server.url)))
    }

    pub(super) fn post(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.server.url));
        self.with_key(request)
            .header("content-type", "application/json")
            .body(body)
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.server.api_key {
            Some(Secret(key)) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request until its answer begins, and looks at the status.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        call: &Call,
    ) -> Result<Body, EngineError> {
        let first = Duration::from_millis(self.server.first_ms);
        let mut tries = 0;
        let response = loop {
            let attempt = request.try_clone().ok_or_else(|| {
                UpstreamError::Unreachable("the request cannot be sent".to_owned())
            })?;
            match within(first, call, attempt.send()).await? {
                Ok(response) => break response,
                Err(error) if error.is_connect() && tries < self.server.retries => {
                    tries += 1;
                    let pause = Duration::from_millis(50) * 2_u32.saturating_pow(tries);
                    tokio::time::sleep(pause.min(call.left())).await;
                    call.check()?;
                }
                Err(error) if error.is_connect() || error.is_builder() => {
                    return Err(UpstreamError::Unreachable(chain(&error)).into());
                }
                Err(error) => return Err(UpstreamError::Cut(chain(&error)).into()),
            }
        };
        let status = response.status().as_u16();
        let body = Body {
            response,
            idle: Duration::from_millis(self.server.idle_ms),
            left: self.server.max_answer,
            limit: self.server.max_answer,
        };
        match status {
            200..=299 => Ok(body),
            429 | 503 => Err(UpstreamError::Busy(status).into()),
            _ => {
                let reason = body.beginning(call).await;
                Err(match status {
                    400..=499 => UpstreamError::Refused { status, reason },
                    _ => UpstreamError::Failed { status, reason },
                }
                .into())
            }
        }
    }
}

/// The body of an answer, as it comes in.
pub(super) struct Body {
    response: Response,
    idle: Duration,
    left: usize,
    limit: usize,
}

impl Body {
    /// The next piece, if there is one.
    pub(super) async fn next(&mut self, call: &Call) -> Result<Option<Bytes>, EngineError> {
        let piece = within(self.idle, call, self.response.chunk())
            .await?
            .map_err(|error| UpstreamError::Cut(chain(&error)))?;
        if let Some(piece) = &piece {
            self.left = self
                .left
                .checked_sub(piece.len())
                .ok_or(UpstreamError::TooLong(self.limit))?;
        }
        Ok(piece)
    }

    /// All of it.
    pub(super) async fn whole(mut self, call: &Call) -> Result<Vec<u8>, EngineError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next(call).await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// The beginning of what it says, for a sentence.
    async fn beginning(mut self, call: &Call) -> String {
        let mut text = Vec::new();
        while text.len() < 400 {
            match self.next(call).await {
                Ok(Some(piece)) => text.extend_from_slice(&piece),
                Ok(None) | Err(_) => break,
            }
        }
        let text = String::from_utf8_lossy(&text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.is_empty() {
            true => "it does not say why".to_owned(),
            false => line.chars().take(400).collect(),
        }
    }
}

/// Waits no longer than this, and no longer than the call has.
async fn within<T>(
    time: Duration,
    call: &Call,
    work: impl Future<Output = T>,
) -> Result<T, EngineError> {
    call.check()?;
    match tokio::time::timeout(time.min(call.left()), work).await {
        Ok(result) => Ok(result),
        Err(_) => {
            call.check()?;
            Err(UpstreamError::Silent(time).into())
        }
    }
}

/// What an error says, with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
