use hub_caller::CallError;
use hub_chain::ChainError;
use serde_json::{json, Value};
use thiserror::Error;

use crate::budget::BudgetError;
use crate::untrusted::{tame, word, NOTE, TEXT};

/// Why a tool did not do what it was asked for. Each is told to the assistant, as a result that is an error.
#[derive(Error, Debug)]
#[non_exhaustive]
pub enum McpError {
    /// The assistant's arguments.
    #[error("{0}")]
    Arguments(String),
    /// The user's limits.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// A person has to agree, and did not, or cannot be asked.
    #[error("{0}")]
    NotConfirmed(String),
    /// The call.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The chain.
    #[error("the chain cannot be asked: {0}")]
    Chain(#[from] ChainError),
    /// A server that does not answer as one of the Hub does.
    #[error("{0}")]
    Server(String),
    /// What the process was started with.
    #[error("{0}")]
    Setup(String),
}

impl McpError {
    /// What an assistant is told: a code, a sentence of ours, and apart from it what strangers wrote.
    pub fn to_value(&self) -> Value {
        let (code, sentence, said): (String, String, Option<String>) = match self {
            Self::Arguments(sentence) => ("arguments".into(), sentence.clone(), None),
            Self::Budget(error) => ("budget".into(), error.to_string(), None),
            Self::NotConfirmed(sentence) => ("not_confirmed".into(), sentence.clone(), None),
            Self::Setup(sentence) => ("setup".into(), sentence.clone(), None),
            Self::Chain(error) => (
                "chain".into(),
                "the chain cannot be asked, or does not know this".into(),
                Some(error.to_string()),
            ),
            Self::Server(said) => (
                "server".into(),
                "the operator's server does not answer as it should. Nothing was paid".into(),
                Some(said.clone()),
            ),
            Self::Call(CallError::Refused { code, message, .. }) => (
                format!("refused_{}", word(code)),
                "the server refused the call. Nothing was charged".into(),
                Some(message.clone()),
            ),
            Self::Call(CallError::WrongRequirements(what)) => (
                "wrong_offer".into(),
                "the server asks for a payment that does not fit the call. Nothing was signed".into(),
                Some(what.clone()),
            ),
            Self::Call(CallError::Dishonest { what, at_most }) => (
                "dishonest".into(),
                format!("the answer is not what was agreed, and is not shown. The call may be charged, at most {at_most}. Do not use this server again"),
                Some(what.clone()),
            ),
            Self::Call(CallError::Distrusted(why)) => (
                "distrusted".into(),
                "the operator of this session was dishonest before, and is not paid any more. Nothing was paid: use another session, or ask the user".into(),
                Some(why.clone()),
            ),
            Self::Call(error @ CallError::Overcharged { .. }) => ("overcharged".into(), error.to_string(), None),
            Self::Call(error @ CallError::Limit { .. }) => ("limit".into(), error.to_string(), None),
            Self::Call(CallError::Unknown { request_id, .. }) => (
                "answer_lost".into(),
                format!("no answer came, and the call may have run: call again with request_id {request_id} and the same input, which is never paid twice"),
                None,
            ),
            Self::Call(error) => ("unreachable".into(), "the server cannot be reached. Nothing was charged".into(), Some(error.to_string())),
        };
        let mut value = json!({ "error": code, "sentence": sentence });
        if let Some(said) = said {
            value["untrusted"] = json!({ "note": NOTE, "text": tame(&said, TEXT) });
        }
        value
    }
}
