//! What a verifier is asked about a key, and what follows from its answer.
//!
//! Nothing is written before the answer: what waits for it travels as the payload of the message. So there is no half of an
//! attester that a verifier which calls back could find, and several registrations of one transaction do not meet.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, DepsMut, Reply, Response, SubMsg, WasmMsg,
};
use cw_utils::{parse_execute_response_data, ParseReplyError};
use hub_types::billing::KeyType;
use hub_types::verifier::{ExecuteMsg, Measurement};
use hub_types::wire::{Hash, PublicKey};

use super::attesters::{self, Candidate};
use crate::error::ContractError;
use crate::events::Attestation;

/// Reply id of a verifier that accepted the evidence. One that refuses fails the transaction with its own sentence.
pub const ANSWERED: u64 = 3;

/// A candidate whose verifier has yet to answer.
#[cw_serde]
struct Pending {
    operator: Addr,
    key_type: KeyType,
    key: Binary,
    endpoint: Option<String>,
    verifier: Addr,
}

/// The question. It carries no coins, and as much gas as the sender brought: a verifier that uses it up fails the sender who
/// named it, and nobody else.
pub fn question(
    candidate: Candidate,
    verifier: Addr,
    evidence: Binary,
) -> Result<SubMsg, ContractError> {
    let key_type = candidate.key.key_type().into();
    let key = Binary::from(candidate.key.as_bytes());
    let attest = WasmMsg::Execute {
        contract_addr: verifier.to_string(),
        msg: to_json_binary(&ExecuteMsg::Attest {
            key: key.clone(),
            key_type,
            evidence,
        })?,
        funds: vec![],
    };
    let pending = Pending {
        operator: candidate.operator,
        key_type,
        key,
        endpoint: candidate.endpoint,
        verifier,
    };
    Ok(SubMsg::reply_on_success(attest, ANSWERED).with_payload(to_json_binary(&pending)?))
}

/// Registers the key with what was found. The verifier had the transaction meanwhile, so everything that it may have changed is
/// checked again.
pub fn answered(deps: DepsMut, reply: Reply) -> Result<Response, ContractError> {
    let Pending {
        operator,
        key_type,
        key,
        endpoint,
        verifier,
    } = from_json(&reply.payload)?;
    let digest = digest(reply, &verifier)?;
    let canonical = deps.api.addr_canonicalize(verifier.as_str())?;
    let found = Attestation {
        measurement: Measurement::new(&canonical, &digest),
        verifier,
        digest,
    };
    let candidate = Candidate {
        operator,
        key: PublicKey::new(key_type.into(), &key)?,
        endpoint,
    };
    attesters::admit(deps, &candidate, Some(&found))
}

/// The verifier's data: a digest, and nothing beside it.
fn digest(reply: Reply, verifier: &Addr) -> Result<Hash, ContractError> {
    let response = reply
        .result
        .into_result()
        .map_err(ParseReplyError::SubMsgFailure)?;
    let answer = response.msg_responses.first().ok_or_else(|| {
        ParseReplyError::ParseFailure("the reply holds no message response".to_owned())
    })?;
    let data = parse_execute_response_data(answer.value.as_slice())?.data;
    let data = data.unwrap_or_default();
    data.as_slice()
        .try_into()
        .map_err(|_| ContractError::NotADigest {
            verifier: verifier.clone(),
            length: data.len(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::mock_dependencies;
    use cosmwasm_std::{from_json, CosmosMsg, Order, ReplyOn, Storage};
    use hub_types::wire::SigningKey;

    /// Attack (griefing and wedging): a verifier uses up all gas.
    /// Defence: it is the gas of the sender who named it. Nothing is written before its answer, there is no reply to its failure,
    /// and no limit that would leave some gas for one: the transaction fails as a whole.
    #[test]
    fn a_verifier_that_eats_all_gas_fails_the_transaction_that_named_it() {
        let deps = mock_dependencies();
        let (operator, verifier) = (
            deps.api.addr_make("operator"),
            deps.api.addr_make("verifier"),
        );
        let candidate = Candidate {
            operator,
            key: SigningKey::ed25519_from_seed(&[7; 32]).public_key(),
            endpoint: None,
        };
        let evidence = Binary::from(b"evidence");
        let key = Binary::from(candidate.key.as_bytes());
        let sent = question(candidate, verifier.clone(), evidence.clone()).unwrap();
        assert_eq!(sent.gas_limit, None);
        assert_eq!(sent.reply_on, ReplyOn::Success);
        let CosmosMsg::Wasm(WasmMsg::Execute {
            contract_addr,
            msg,
            funds,
        }) = sent.msg
        else {
            panic!("{:?}", sent.msg)
        };
        assert_eq!((contract_addr, funds), (verifier.into_string(), vec![]));
        assert_eq!(
            from_json::<ExecuteMsg>(msg).unwrap(),
            ExecuteMsg::Attest {
                key,
                key_type: KeyType::Ed25519,
                evidence
            }
        );
        let mut written = deps.storage.range(None, None, Order::Ascending);
        assert_eq!(written.next(), None);
    }
}
