//! HTTP as the rest of the crate uses it: no time-out over a whole request, only over silence; no
//! decompression; a status is an answer, not an error.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, SendBody};

use crate::error::{Answer, Error, Result};

/// Longest answer that is read into memory: an error, or JSON.
const MAX_ANSWER: u64 = 16 << 20;

/// How long a server may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of a body, in either direction.
    pub idle: Duration,
    /// Between the end of an upload and the answer: the publisher encodes and stores meanwhile.
    pub store: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            store: Duration::from_secs(15 * 60),
        }
    }
}

/// Connections to servers.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    agent: Agent,
    patience: Patience,
}

/// An answer whose body is still to come.
pub(crate) struct Reply {
    pub url: String,
    pub status: u16,
    pub headers: HeaderMap,
    body: Body,
}

impl Http {
    pub fn new(patience: Patience) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(patience.connect))
            .timeout_resolve(Some(patience.connect))
            .timeout_per_read(Some(patience.idle))
            .timeout_per_write(Some(patience.idle))
            // The content type is mirrored from what is accepted; a star mirrors nothing.
            .accept("*/*")
            .accept_encoding("identity")
            .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections_per_host(16)
            .max_idle_connections(64)
            .build();
        Self {
            agent: config.new_agent(),
            patience,
        }
    }

    /// `GET`, of a part of what is there if `range` has its first and last byte.
    pub fn get(&self, url: &str, range: Option<(u64, u64)>) -> Result<Reply> {
        let mut request = self.agent.get(url);
        if let Some((first, last)) = range {
            request = request.header("range", format!("bytes={first}-{last}"));
        }
        request
            .call()
            .map_err(|e| unreachable(url, e))
            .map(|response| reply(url, response))
    }

    /// Sends a body whose length is known.
    pub fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        content_type: &str,
        length: u64,
        body: &mut dyn Read,
    ) -> Result<Reply> {
        let request = match method {
            Method::Put => self.agent.put(url),
            Method::Post => self.agent.post(url),
        };
        let mut request = request
            .config()
            .timeout_per_read(Some(self.patience.store))
            .build()
            .header("content-type", content_type)
            .header("content-length", length.to_string());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = request.send(SendBody::from_reader(body));
        response
            .map_err(|e| unreachable(url, e))
            .map(|response| reply(url, response))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    Put,
    Post,
}

fn reply(url: &str, response: Response<Body>) -> Reply {
    let (parts, body) = response.into_parts();
    Reply {
        url: url.to_owned(),
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Length of the body, if the server says it.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// First byte and total of a `206`.
    pub fn content_range(&self) -> Option<(u64, u64)> {
        let (range, total) = self
            .header("content-range")?
            .strip_prefix("bytes ")?
            .split_once('/')?;
        let (first, _) = range.split_once('-')?;
        Some((first.trim().parse().ok()?, total.trim().parse().ok()?))
    }

    /// Seconds after which the server wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    /// The body as a stream.
    pub fn into_reader(self) -> impl Read {
        self.body.into_with_config().limit(u64::MAX).reader()
    }

    /// The whole body, for answers that are short.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        let mut body = vec![];
        let url = self.url;
        let mut reader = self
            .body
            .into_with_config()
            .limit(u64::MAX)
            .reader()
            .take(MAX_ANSWER);
        reader
            .read_to_end(&mut body)
            .map_err(|e| Error::Unreachable {
                url,
                why: broken(&e),
            })?;
        Ok(body)
    }

    /// What the server said, where it is not what was asked for.
    pub fn into_answer(self) -> Answer {
        let status = self.status;
        let mut body = vec![];
        let mut reader = self
            .body
            .into_with_config()
            .limit(u64::MAX)
            .reader()
            .take(64 << 10);
        // A text that breaks off says no less than none.
        let _ = reader.read_to_end(&mut body);
        Answer::parse(status, &body)
    }

    pub fn json<T: serde::de::DeserializeOwned>(self) -> Result<T> {
        let url = self.url.clone();
        let body = self.into_bytes()?;
        serde_json::from_slice(&body).map_err(|e| Error::Unreadable {
            url,
            why: e.to_string(),
        })
    }
}

/// Why a connection broke, for a person.
pub(crate) fn broken(error: &io::Error) -> String {
    match error
        .get_ref()
        .and_then(|e| e.downcast_ref::<ureq::Error>())
    {
        Some(error) => why(error),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof => "the connection broke off in the middle".into(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                "it was silent for too long".into()
            }
            _ => error.to_string(),
        },
    }
}

fn why(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it was silent for too long".into(),
        ureq::Error::HostNotFound => "there is no such host".into(),
        ureq::Error::Io(error) => broken(error),
        error => error.to_string(),
    }
}

fn unreachable(url: &str, error: ureq::Error) -> Error {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::NotAUrl(url.to_owned()),
        error => Error::Unreachable {
            url: url.to_owned(),
            why: why(&error),
        },
    }
}

/// An address without a slash at its end; `http` or `https`.
pub(crate) fn base(url: &str) -> Result<String> {
    let trimmed = url.trim().trim_end_matches('/');
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(trimmed.into()),
        _ => Err(Error::NotAUrl(url.to_owned())),
    }
}

/// A text as a part of a path or query (RFC 3986).
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(byte.into())
            }
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}
