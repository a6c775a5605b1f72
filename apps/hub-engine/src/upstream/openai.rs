use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::http::{Body, Http};
use super::sse::Events;
use super::text::{TextKind, TextRequest, Usage};
use crate::{Call, EngineError, Identity, InputError, Server, UpstreamError};

/// A server of the OpenAI form, and what it may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAiOptions {
    /// Where it is. Paths begin with `/v1`, which does not belong to the address.
    pub server: Server,
    /// The model's name over there.
    pub model: String,
    /// Which server it is and in which version, as it is signed: `vllm 0.11.0`.
    pub engine: String,
    /// Most tokens of an answer; also what is asked for where the caller says nothing.
    pub max_tokens: u64,
    /// Most tokens that the server's template adds to a request beyond its text.
    #[serde(default = "template_tokens")]
    pub template_tokens: u64,
    /// Most tokens of a request that the model takes, its template included.
    #[serde(default = "context_tokens")]
    pub context_tokens: u64,
    /// Most bytes of a request.
    #[serde(default = "max_body")]
    pub max_body: usize,
    /// Further fields of requests that go on as they are.
    #[serde(default)]
    pub forward: Vec<String>,
}

fn template_tokens() -> u64 {
    256
}

fn context_tokens() -> u64 {
    u64::MAX
}

fn max_body() -> usize {
    1 << 20
}

impl OpenAiOptions {
    /// With the usual limits: 256 tokens of template, 1 MiB of request, any context.
    pub fn new(
        server: Server,
        model: impl Into<String>,
        engine: impl Into<String>,
        max_tokens: u64,
    ) -> Self {
        Self {
            server,
            model: model.into(),
            engine: engine.into(),
            max_tokens,
            template_tokens: template_tokens(),
            context_tokens: context_tokens(),
            max_body: max_body(),
            forward: Vec::new(),
        }
    }
}

/// A server of chat and embeddings: vLLM, llama.cpp, Ollama, TGI and others.
#[derive(Clone, Debug)]
pub struct OpenAi {
    http: Http,
    options: OpenAiOptions,
    identity: Identity,
}

/// An answer in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAnswer {
    /// The body as the server sent it.
    pub body: Vec<u8>,
    /// Tokens, as the server reports them.
    pub usage: Usage,
}

/// An answer in pieces.
pub struct TextStream {
    body: Body,
    call: Call,
    events: Events,
    request: TextRequest,
    reported: Option<Usage>,
    pieces: u64,
    done: bool,
}

impl OpenAi {
    /// A server that is asked when the first call comes.
    pub fn new(options: OpenAiOptions) -> Result<Self, UpstreamError> {
        let (name, version) = match options.engine.split_once(' ') {
            Some((name, version)) => (name.to_owned(), version.to_owned()),
            None => (options.engine.clone(), "unknown".to_owned()),
        };
        Ok(Self {
            http: Http::new(options.server.clone())?,
            identity: Identity {
                name,
                version,
                features: vec!["upstream".to_owned()],
            },
            options,
        })
    }

    /// What answers, by the operator's word.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Checks a request. Nothing is sent.
    pub fn request(&self, kind: TextKind, body: &[u8]) -> Result<TextRequest, InputError> {
        TextRequest::parse(kind, body, &self.options)
    }

    /// Whether it answers at all: its list of models has ours.
    pub async fn ready(&self, call: &Call) -> Result<(), EngineError> {
        let body = self.http.send(self.http.get("/v1/models"), call).await?;
        let body = body.whole(call).await?;
        let list: Value = serde_json::from_slice(&body)
            .map_err(|error| UpstreamError::Answer(error.to_string()))?;
        let models = list.get("data").and_then(Value::as_array);
        let ours = Value::from(self.options.model.clone());
        match models.is_some_and(|all| all.iter().any(|one| one.get("id") == Some(&ours))) {
            true => Ok(()),
            false => Err(UpstreamError::Answer(format!(
                "its list of models does not have `{}`",
                self.options.model
            ))
            .into()),
        }
    }

    /// Asks for an answer in one piece.
    pub async fn answer(
        &self,
        request: &TextRequest,
        call: &Call,
    ) -> Result<TextAnswer, EngineError> {
        let body = self.send(request, call).await?.whole(call).await?;
        let answer: Map<String, Value> = serde_json::from_slice(&body)
            .map_err(|error| UpstreamError::Answer(error.to_string()))?;
        let usage = usage(answer.get("usage"))?.ok_or_else(|| {
            UpstreamError::Answer("it does not say how many tokens there were".to_owned())
        })?;
        Ok(TextAnswer { body, usage })
    }

    /// Asks for an answer in pieces.
    pub async fn stream(
        &self,
        request: TextRequest,
        call: Call,
    ) -> Result<TextStream, EngineError> {
        let body = self.send(&request, &call).await?;
        Ok(TextStream {
            body,
            call,
            events: Events::default(),
            request,
            reported: None,
            pieces: 0,
            done: false,
        })
    }

    async fn send(&self, request: &TextRequest, call: &Call) -> Result<Body, EngineError> {
        let path = match request.kind() {
            TextKind::Chat => "/v1/chat/completions",
            TextKind::Embeddings => "/v1/embeddings",
        };
        self.http
            .send(self.http.post(path, request.body()), call)
            .await
    }
}

impl TextStream {
    /// The next event, as bytes to send on. After the end, and after an error, there is none.
    pub async fn next(&mut self) -> Result<Option<Bytes>, EngineError> {
        match self.advance().await {
            Ok(event) => Ok(event),
            Err(error) => {
                self.done = true;
                Err(error)
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<Bytes>, EngineError> {
        loop {
            if self.done {
                return Ok(None);
            }
            while let Some(data) = self.events.next() {
                if let Some(event) = self.event(&data)? {
                    return Ok(Some(event));
                }
            }
            match self.body.next(&self.call).await? {
                Some(bytes) => self.events.push(&bytes)?,
                None => return Err(UpstreamError::Cut("the end is missing".to_owned()).into()),
            }
        }
    }

    fn event(&mut self, data: &str) -> Result<Option<Bytes>, EngineError> {
        let send_on = || Bytes::from(format!("data: {}\n\n", data.replace('\n', "\ndata: ")));
        if data == "[DONE]" {
            self.done = true;
            return Ok(Some(send_on()));
        }
        let event: Map<String, Value> =
            serde_json::from_str(data).map_err(|error| UpstreamError::Answer(error.to_string()))?;
        if let Some(error) = event.get("error") {
            let reason = error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("it does not say why");
            let reason = reason.chars().take(400).collect();
            return Err(UpstreamError::Failed {
                status: 200,
                reason,
            }
            .into());
        }
        if let Some(usage) = usage(event.get("usage"))? {
            self.reported = Some(usage);
        }
        let choices = event.get("choices").and_then(Value::as_array);
        let choices = choices.map_or(&[][..], Vec::as_slice);
        let said = choices.iter().filter(|choice| says(choice)).count();
        self.pieces = self.pieces.saturating_add(said as u64);
        // It is there because we asked for it: a caller that did not would stumble over it.
        let ours = choices.is_empty() && event.contains_key("usage") && !self.request.wants_usage();
        Ok((!ours).then(send_on))
    }

    /// Tokens so far: what was reported, or else counted by the pieces that were given out. It may be asked at any time, so that
    /// an answer that breaks off is charged for what was sent of it.
    pub fn usage(&self) -> Usage {
        self.reported
            .unwrap_or_else(|| self.request.guess(self.pieces))
    }

    /// The request it answers.
    pub fn request(&self) -> &TextRequest {
        &self.request
    }

    /// Whether nothing more comes: all of it was there, or an error.
    pub fn is_done(&self) -> bool {
        self.done
    }
}

/// Whether a piece has anything that was made: text, thought, or the call of a tool.
fn says(choice: &Value) -> bool {
    let Some(delta) = choice.get("delta").and_then(Value::as_object) else {
        return false;
    };
    delta
        .iter()
        .filter(|(name, _)| *name != "role")
        .any(|(_, value)| match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            _ => false,
        })
}

fn usage(usage: Option<&Value>) -> Result<Option<Usage>, UpstreamError> {
    let usage = match usage {
        None | Some(Value::Null) => return Ok(None),
        Some(usage) => usage,
    };
    let number = |name: &str| match usage.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| {
            UpstreamError::Answer(format!("its `usage.{name}` is no number of tokens"))
        }),
    };
    let tokens_in = number("prompt_tokens")?;
    Ok(Some(Usage {
        tokens_in: tokens_in.ok_or_else(|| {
            UpstreamError::Answer("its `usage` has no `prompt_tokens`".to_owned())
        })?,
        // Embeddings have none.
        tokens_out: number("completion_tokens")?.unwrap_or(0),
        reported: true,
    }))
}
