use thiserror::Error;

/// Why nothing was read or sent. Each sentence says what to do.
///
/// Where [`crate::Chain::send`] ends with one of these, no transaction left this process.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainError {
    /// No node was given.
    #[error("no node is given: name at least one RPC address of the chain")]
    NoNodes,

    /// No node gave an answer to rely on; what each said.
    #[error("no node of {chain_id} can be relied on ({}): wait, or name another RPC address", sentences.join("; "))]
    NoAnswer {
        /// The chain.
        chain_id: String,
        /// A sentence for each node that was asked.
        sentences: Vec<String>,
    },

    /// Nodes that had to agree gave different answers.
    #[error("the nodes of {chain_id} do not agree about {question} ({}): find out which one lies, and leave it out", sentences.join("; "))]
    Disagreement {
        /// The chain.
        chain_id: String,
        /// What was asked.
        question: String,
        /// What each said, shortened.
        sentences: Vec<String>,
    },

    /// The chain or a contract answered a question with an error.
    #[error("{0}")]
    Query(#[from] QueryError),

    /// An answer that does not have the form that was expected: the contracts are of another release, or the node lies.
    #[error("{node} answered {question} with something else than {expected}: {found}")]
    Answer {
        /// Who answered.
        node: String,
        /// What was asked.
        question: String,
        /// The form that was expected.
        expected: String,
        /// What is wrong with it.
        found: String,
    },

    /// The fee would be above what the configuration allows.
    #[error(
        "{gas} gas would cost {fee}{denom}, more than `max_fee`, which is {max_fee}{denom}: raise `max_fee` if the transaction is worth it, or leave out the node {node} if it names absurd gas"
    )]
    FeeTooHigh {
        /// Who named the gas.
        node: String,
        /// Gas limit that would be set.
        gas: u64,
        /// What it would cost.
        fee: u128,
        /// Most that may be paid.
        max_fee: u128,
        /// In what.
        denom: String,
    },

    /// The signer has never received coins, so the chain does not know it.
    #[error("the chain does not know the account {address}: send it some {denom} for fees first")]
    UnknownAccount {
        /// The signer.
        address: String,
        /// What fees are paid in.
        denom: String,
    },

    /// Somebody else's transactions keep taking the account's sequence.
    #[error("other transactions of {address} came first {times} times: let one process at a time send from an account")]
    SequenceConflict {
        /// The signer.
        address: String,
        /// How often it was tried.
        times: u32,
    },

    /// Whoever keeps transactions before they leave could not keep this one, so it did not leave.
    #[error("the transaction was not sent, since it could not be kept before: {0}")]
    NotKept(String),

    /// A setting that cannot be.
    #[error("{0}")]
    Setting(String),
}

/// An error that the chain or a contract answered a question with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the chain refused: {reason}")]
pub struct QueryError {
    /// The sentence of the contract, without what the chain wraps around it.
    pub reason: String,
    /// Name of the module that set the code, such as `wasm` or `sdk`.
    pub codespace: String,
    /// Its code there.
    pub code: u32,
}

/// The sentence of a contract within what the chain wraps around it.
pub fn reason_in(log: &str) -> String {
    let mut text = log.trim();
    loop {
        let before = text;
        for prefix in [
            "failed to simulate tx: ",
            "dispatch: ",
            "submessages: ",
            "reply: ",
        ] {
            text = text.strip_prefix(prefix).unwrap_or(text);
        }
        if let Some(rest) = text.strip_prefix("rpc error: code = ") {
            text = rest.split_once("desc = ").map_or(text, |(_, rest)| rest);
        }
        if let Some(rest) = text.strip_prefix("failed to execute message; message index: ") {
            text = rest.split_once(": ").map_or(text, |(_, rest)| rest);
        }
        if text == before {
            break;
        }
    }
    for ending in [
        ": execute wasm contract failed",
        ": query wasm contract failed",
        ": instantiate wasm contract failed",
        ": migrate wasm contract failed",
        ": reply wasm contract failed",
        ": unknown request",
        ": invalid request",
    ] {
        text = text.split_once(ending).map_or(text, |(reason, _)| reason);
    }
    // Where the SDK names the source line that wrapped the error.
    if let Some(place) = text
        .find(" [")
        .filter(|place| text[*place..].contains(".go:"))
    {
        text = text[..place].trim_end();
    }
    if text.is_empty() { log } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::reason_in;

    #[test]
    fn the_sentence_of_a_contract_is_found_in_what_the_chain_wraps_around_it() {
        let wrapped = "rpc error: code = Unknown desc = rpc error: code = Unknown desc = failed to execute message; \
                       message index: 0: dispatch: submessages: session 9 is unknown: execute wasm contract failed \
                       [CosmWasm/wasmd/x/wasm/keeper/keeper.go:429] with gas used: '103'";
        assert_eq!(reason_in(wrapped), "session 9 is unknown");
        assert_eq!(
            reason_in("nothing of the batch counts [/go/x.go:1] with gas wanted: '3'"),
            "nothing of the batch counts"
        );
        assert_eq!(reason_in("a [list] stays"), "a [list] stays");
        assert_eq!(reason_in(": invalid request"), ": invalid request");
    }
}
