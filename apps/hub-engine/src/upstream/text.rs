use hub_model::{Metering, Unit};
use serde_json::{json, Map, Value};

use super::openai::OpenAiOptions;
use crate::metering::check_text;
use crate::{Counted, InputError, MeterError, Quote};

/// What a text goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/embeddings`
    Embeddings,
}

/// A request of the OpenAI form, checked and ready to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRequest {
    kind: TextKind,
    body: Vec<u8>,
    /// Bytes of the body as the caller sent it.
    received: u64,
    stream: bool,
    wants_usage: bool,
    most_in: u64,
    most_out: u64,
    guess_in: u64,
    most_bytes: u64,
}

/// Tokens of a request and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, with what the server's template adds.
    pub tokens_in: u64,
    /// Tokens of the answer.
    pub tokens_out: u64,
    /// Whether the server reported them. If its answer was cut before it did, `tokens_in` is a quarter of the text's bytes, and
    /// `tokens_out` one for each piece that was sent on.
    pub reported: bool,
}

/// Fields that go on as they are. Anything else may cost what nobody counts, and is refused.
const CHAT: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "min_p",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "user",
];
const EMBEDDINGS: &[&str] = &["dimensions", "encoding_format", "input", "user"];

/// Most answers to one request.
const MOST_ANSWERS: u64 = 16;

impl TextRequest {
    pub(super) fn parse(
        kind: TextKind,
        body: &[u8],
        options: &OpenAiOptions,
    ) -> Result<Self, InputError> {
        if body.len() > options.max_body {
            return Err(InputError::BodyTooLong {
                length: body.len(),
                limit: options.max_body,
            });
        }
        let mut fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
        // Which model it is, the path or the caller's own look at the price decided.
        fields.remove("model");
        let stream = flag(&mut fields, "stream")?;
        let wants_usage = stream_options(fields.remove("stream_options"), stream)?;
        let known = match kind {
            TextKind::Chat => CHAT,
            TextKind::Embeddings => EMBEDDINGS,
        };
        let forward =
            |name: &str| known.contains(&name) || options.forward.iter().any(|one| one == name);
        if let Some(name) = fields.keys().find(|name| !forward(name)) {
            return Err(InputError::UnknownParameter(
                name.chars().take(64).collect(),
            ));
        }
        let (text, most_out) = match kind {
            TextKind::Chat => (messages(&fields)?, answers(&mut fields, options)?),
            TextKind::Embeddings if stream => {
                return Err(malformed("embeddings are not streamed: leave `stream` out"))
            }
            TextKind::Embeddings => (input(&fields)?, 0),
        };
        fields.insert("model".to_owned(), options.model.clone().into());
        if stream {
            fields.insert("stream".to_owned(), true.into());
            fields.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
        let received = body.len() as u64;
        // A token stands for a byte at least; what the server's template adds to each message is shorter than the JSON around it.
        let most_in = received
            .saturating_add(options.template_tokens)
            .min(options.context_tokens.max(1));
        Ok(Self {
            kind,
            body: Value::Object(fields).to_string().into_bytes(),
            received,
            stream,
            wants_usage,
            most_in,
            most_out,
            guess_in: (text / 4).clamp(1, most_in),
            most_bytes: options.server.max_answer as u64,
        })
    }

    /// What it goes to.
    pub fn kind(&self) -> TextKind {
        self.kind
    }

    /// Whether the caller wants the answer in pieces.
    pub fn is_stream(&self) -> bool {
        self.stream
    }

    /// What it can cost at most. Tokens of the request are not known exactly before the server has counted them.
    pub fn quote(&self, metering: &Metering) -> Result<Quote, MeterError> {
        check_text(metering)?;
        Ok(Quote {
            units_in: match metering.input {
                Unit::Bytes => self.received,
                _ => self.most_in,
            },
            exact: metering.input == Unit::Bytes,
            most_units_out: match metering.output {
                Unit::Bytes => self.most_bytes,
                _ => self.most_out,
            },
        })
    }

    /// What it did cost: by the server's word where tokens are counted, and by the bytes sent on where bytes are.
    pub fn counted(&self, metering: &Metering, usage: Usage, bytes_sent: u64) -> Counted {
        Counted {
            units_in: match metering.input {
                Unit::Bytes => self.received,
                _ => usage.tokens_in,
            },
            units_out: match metering.output {
                Unit::Bytes => bytes_sent,
                _ => usage.tokens_out,
            },
        }
    }

    /// The model that the caller named, from the body of a request; the upstream's own name for it is another.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn model_of(body: &[u8]) -> Result<String, InputError> {
        #[derive(serde::Deserialize)]
        struct Named {
            model: String,
        }
        let named: Named = serde_json::from_slice(body)
            .map_err(|error| malformed(format!("`model` names who is asked: {error}")))?;
        Ok(named.model)
    }

    pub(super) fn body(&self) -> Vec<u8> {
        self.body.clone()
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.wants_usage
    }

    /// What is charged if the server never says how many tokens there were.
    pub(super) fn guess(&self, pieces: u64) -> Usage {
        Usage {
            tokens_in: self.guess_in,
            tokens_out: pieces.min(self.most_out),
            reported: false,
        }
    }
}

fn malformed(what: impl Into<String>) -> InputError {
    InputError::Malformed(what.into())
}

fn flag(fields: &mut Map<String, Value>, name: &str) -> Result<bool, InputError> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(malformed(format!("`{name}` must be true or false"))),
    }
}

fn stream_options(options: Option<Value>, stream: bool) -> Result<bool, InputError> {
    let mut options = match options {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(malformed("`stream_options` must be an object")),
    };
    let wants_usage = flag(&mut options, "include_usage")?;
    match options.keys().next() {
        Some(name) => Err(InputError::UnknownParameter(format!(
            "stream_options.{}",
            name.chars().take(64).collect::<String>()
        ))),
        None if !stream => Err(malformed(
            "`stream_options` is for streams: set `stream` too",
        )),
        None => Ok(wants_usage),
    }
}

/// A whole number of at least 1, if the field is there.
fn number(fields: &Map<String, Value>, name: &str) -> Result<Option<u64>, InputError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().filter(|number| *number > 0) {
            Some(number) => Ok(Some(number)),
            None => Err(malformed(format!(
                "`{name}` must be a whole number of at least 1"
            ))),
        },
    }
}

/// The most tokens that are answered; states it in the request if the caller did not.
fn answers(fields: &mut Map<String, Value>, options: &OpenAiOptions) -> Result<u64, InputError> {
    let tokens = match (
        number(fields, "max_tokens")?,
        number(fields, "max_completion_tokens")?,
    ) {
        (Some(_), Some(_)) => {
            return Err(malformed(
                "`max_tokens` and `max_completion_tokens` mean the same: leave one out",
            ))
        }
        (Some(tokens), None) | (None, Some(tokens)) => tokens,
        (None, None) => {
            fields.remove("max_completion_tokens");
            fields.insert("max_tokens".to_owned(), options.max_tokens.into());
            options.max_tokens
        }
    };
    if tokens > options.max_tokens {
        return Err(malformed(format!(
            "`max_tokens` is {tokens}, this server answers with {} at most",
            options.max_tokens
        )));
    }
    let answers = number(fields, "n")?.unwrap_or(1);
    if answers > MOST_ANSWERS {
        return Err(malformed(format!(
            "`n` is {answers}, this server gives {MOST_ANSWERS} answers at most"
        )));
    }
    Ok(tokens.saturating_mul(answers))
}

/// Bytes of the texts of a conversation.
fn messages(fields: &Map<String, Value>) -> Result<u64, InputError> {
    let list = fields.get("messages").and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| malformed("`messages` must be a list with a message in it"))?;
    let mut bytes = 0;
    for message in list {
        match message.get("content") {
            None | Some(Value::Null) if message.is_object() => {}
            Some(Value::String(text)) => bytes += text.len() as u64,
            Some(Value::Array(parts)) => {
                for part in parts {
                    let text = part.get("text").and_then(Value::as_str);
                    let is_text = part.get("type").and_then(Value::as_str) == Some("text");
                    // How many tokens a picture has, nobody can bound beforehand.
                    bytes += text.filter(|_| is_text).map(str::len).ok_or_else(|| {
                        malformed("a message has a part that is no text: only text is taken here")
                    })? as u64;
                }
            }
            _ => {
                return Err(malformed(
                    "a message must be an object whose `content` is text",
                ))
            }
        }
    }
    Ok(bytes)
}

/// Bytes of the texts to embed. Tokens count as four bytes each.
fn input(fields: &Map<String, Value>) -> Result<u64, InputError> {
    let wrong = || malformed("`input` must be a text, a list of texts, or a list of tokens");
    let texts = match fields.get("input") {
        Some(Value::String(text)) => return Ok(text.len() as u64),
        Some(Value::Array(texts)) if !texts.is_empty() => texts,
        _ => return Err(wrong()),
    };
    let mut bytes = 0;
    for text in texts {
        bytes += match text {
            Value::String(text) => text.len() as u64,
            Value::Number(token) if token.is_u64() => 4,
            Value::Array(tokens) if tokens.iter().all(Value::is_u64) => 4 * tokens.len() as u64,
            _ => return Err(wrong()),
        };
    }
    Ok(bytes)
}
