//! Answers, as they are given and as they are kept for repeats.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// Who paid how much for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// The session's caller, as x402 names the payer.
    pub payer: String,
    /// What the call costs, in units of the session's denomination.
    pub amount: u128,
    /// What the session is charged in all, this call included.
    pub charged: u128,
    /// What its caller agreed to so far; none for sessions without a ceiling.
    pub ceiling: Option<u128>,
}

/// An answer that is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidAnswer {
    /// `PAYMENT-RESPONSE`.
    pub response: String,
    /// Type of the body.
    pub mime_type: String,
    /// The body, byte for byte as the receipt's hash has it.
    pub body: Bytes,
}

/// An answer as the books keep it: with its receipt it makes the same answer again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The engine that ran.
    pub engine: String,
    /// What the attester's key was then.
    pub label: String,
    /// Type of the body.
    pub mime_type: String,
    /// The body.
    pub body: Bytes,
}

/// Type of an answer in pieces. Its last event is named `payment-response` and has what [`PaidAnswer::response`] holds; the
/// receipt's hash is that of all bytes before the first line that begins with `event:`.
pub const STREAM: &str = "text/event-stream";

/// The end of an answer in pieces: why it broke off, if it did, and what x402 says of it.
pub(crate) fn trailer(error: Option<&ApiError>, response: Option<&str>) -> Bytes {
    let mut text = String::new();
    if let Some(error) = error {
        let body = serde_json::to_string(&error.body()).unwrap_or_default();
        text += &format!("event: error\ndata: {body}\n\n");
    }
    if let Some(response) = response {
        text += &format!(
            "event: {}\ndata: {response}\n\n",
            hub_x402::PAYMENT_RESPONSE
        );
    }
    text.into()
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    engine: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    label: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    mime_type: std::borrow::Cow<'a, str>,
}

impl Kept {
    /// An answer.
    pub fn new(engine: &str, label: &str, mime_type: &str, body: Bytes) -> Self {
        Self {
            engine: engine.to_owned(),
            label: label.to_owned(),
            mime_type: mime_type.to_owned(),
            body,
        }
    }

    /// A line of JSON about it, and the body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head {
            engine: self.engine.as_str().into(),
            label: self.label.as_str().into(),
            mime_type: self.mime_type.as_str().into(),
        };
        // Texts are JSON whatever they hold, without a line break.
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads it again; none if it was written by something else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head<'_> = serde_json::from_slice(&bytes[..end]).ok()?;
        Some(Self {
            engine: head.engine.into_owned(),
            label: head.label.into_owned(),
            mime_type: head.mime_type.into_owned(),
            body: Bytes::copy_from_slice(&bytes[end + 1..]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_byte_for_byte_whatever_it_holds() {
        for body in [&b""[..], b"\n", b"{}\n{}", &[0xff, 0, 10, 13]] {
            let kept = Kept::new(
                "tract \"0.23\"\n",
                "operator's word",
                "text/event-stream",
                Bytes::copy_from_slice(body),
            );
            assert_eq!(Kept::parse(&kept.to_bytes()), Some(kept));
        }
        assert_eq!(Kept::parse(b""), None);
        assert_eq!(Kept::parse(b"{}\n"), None);
    }
}
