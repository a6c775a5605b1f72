//! Models that answer with text: where they are asked, and what of an answer a person reads.

use serde_json::{json, Value};

use crate::output::shown;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Tensors, in the Open Inference Protocol.
    Tensors,
    /// A chat, as OpenAI has it.
    Chat,
    /// Embeddings, as OpenAI has them.
    Embeddings,
}

impl Kind {
    /// What a request is for, by its fields.
    pub fn of(request: &Value) -> Self {
        match (request.get("messages"), request.get("input")) {
            (Some(_), _) => Self::Chat,
            (None, Some(_)) if request.get("inputs").is_none() => Self::Embeddings,
            _ => Self::Tensors,
        }
    }

    /// Where it is sent.
    pub fn path(self, author: &str, name: &str) -> String {
        match self {
            Self::Tensors => format!("/v2/models/{author}/{name}/infer"),
            Self::Chat => "/v1/chat/completions".to_owned(),
            Self::Embeddings => "/v1/embeddings".to_owned(),
        }
    }
}

/// A question that is answered in pieces.
pub fn question(model: u64, prompt: &str, most_tokens: Option<u32>) -> Value {
    let message = json!({ "role": "user", "content": prompt });
    let mut request = json!({ "model": model.to_string(), "messages": [message], "stream": true });
    if let Some(most) = most_tokens {
        request["max_tokens"] = most.into();
    }
    request
}

/// What a piece of an answer says, as a terminal may print it. Pieces are whole lines; those that say nothing are skipped.
pub fn said(piece: &[u8]) -> String {
    let text = String::from_utf8_lossy(piece);
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let words = events.filter_map(|data| {
        let event: Value = serde_json::from_str(data.trim()).ok()?;
        let word = event["choices"][0]["delta"]["content"].as_str()?;
        Some(word.to_owned())
    });
    shown(&words.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_where_its_fields_say() {
        for (request, kind, path) in [
            (
                question(7, "how far?", Some(9)),
                Kind::Chat,
                "/v1/chat/completions",
            ),
            (json!({"input": "moon"}), Kind::Embeddings, "/v1/embeddings"),
            (
                json!({"inputs": [], "input": 1}),
                Kind::Tensors,
                "/v2/models/a/m/infer",
            ),
            (json!({"inputs": []}), Kind::Tensors, "/v2/models/a/m/infer"),
            (json!([]), Kind::Tensors, "/v2/models/a/m/infer"),
        ] {
            let found = Kind::of(&request);
            assert_eq!((found, found.path("a", "m")), (kind, path.to_owned()));
        }
        let asked = question(7, "how far?", Some(9));
        assert_eq!(
            (&asked["max_tokens"], &asked["model"]),
            (&json!(9), &json!("7"))
        );
        assert!(question(7, "", None).get("max_tokens").is_none());
    }

    #[test]
    fn a_person_reads_the_words_and_nothing_else() {
        let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"Far\"}}]}\n\ndata: {\"choices\":[]}\n\n\
                     : a remark\ndata:{\"choices\":[{\"delta\":{\"content\":\" away\\n\"}}]}\n\ndata: [DONE]\n\n";
        assert_eq!(said(piece.as_bytes()), "Far away\n");
        assert_eq!(said(b"\xff\n"), "");
        let steers = "data: {\"choices\":[{\"delta\":{\"content\":\"a\\u001b[2Jb\\r\\u0007\\u009b\\tc\"}}]}\n";
        assert_eq!(said(steers.as_bytes()), "a[2Jb\tc");
    }
}
