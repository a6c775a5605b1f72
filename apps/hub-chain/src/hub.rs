//! Typed questions about a Hub.

use cosmwasm_std::from_json;
use hub_types::billing::{self, AttesterResponse, AttesterStatus, BatchResponse, HubResponse};
use hub_types::denom::Denom;
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{self, BalanceResponse, SessionResponse, SessionsResponse};
use hub_types::ids::DenomNumber;
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::packed::{from_bytes, Packed, PackedKey, PackedMap};
use hub_types::records::billing::{AttesterRecord, ATTESTERS};
use hub_types::records::escrow::{SessionPolicy, SessionRecord, DENOMS, POLICIES, SESSIONS};
use hub_types::records::registry::{
    ModelRecord, ReleaseRecord, TermsRecord, MODELS, RELEASES, TERMS,
};
use hub_types::registry::{self, ModelResponse, ReleaseResponse, TermsListResponse};
use hub_types::wire::{Domain, Hash, Purpose};
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::chain::{At, Chain, Reading};
use crate::error::{ChainError, QueryError};
use crate::query::Query;
use crate::tx::Message;
use crate::wallet::canonical;

/// The contracts of a Hub on a chain: questions with typed answers, and messages.
#[derive(Clone)]
pub struct Hub {
    chain: Chain,
    registry: String,
    escrow: String,
    billing: String,
}

/// What settlement reads of a session: what it allows and what it has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it allows.
    pub policy: SessionPolicy,
    /// What it has left.
    pub record: SessionRecord,
}

impl Hub {
    /// A Hub at these addresses. Nothing is asked yet: see [`Hub::check`].
    pub fn new(chain: Chain, registry: &str, escrow: &str, billing: &str) -> Self {
        Self {
            chain,
            registry: registry.to_owned(),
            escrow: escrow.to_owned(),
            billing: billing.to_owned(),
        }
    }

    /// The chain that it is on.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Address of the registry.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Address of the escrow.
    pub fn escrow(&self) -> &str {
        &self.escrow
    }

    /// Address of the billing contract.
    pub fn billing(&self) -> &str {
        &self.billing
    }

    /// The tag that binds signatures of a purpose to this chain and contract.
    pub fn tag(&self, purpose: Purpose) -> Result<Hash, ChainError> {
        let contract = match purpose {
            Purpose::Commit => &self.registry,
            _ => &self.billing,
        };
        let contract = &canonical(contract)?;
        Ok(Domain {
            chain_id: self.chain.chain_id(),
            contract,
        }
        .tag(purpose))
    }

    /// Fails unless enough nodes say that these three contracts belong together and keep their records in the layout that
    /// is read here. Answers the constants.
    pub async fn check(&self) -> Result<billing::ConfigResponse, ChainError> {
        let questions = [
            Query::smart(&self.billing, &billing::QueryMsg::Config {})?,
            Query::smart(&self.escrow, &escrow::QueryMsg::Config {})?,
        ];
        let reading = self.chain.agreed(&questions).await?;
        let wiring: billing::ConfigResponse = json(&questions[0], &reading, 0)?;
        let escrow: escrow::ConfigResponse = json(&questions[1], &reading, 1)?;
        if wiring.registry.as_str() != self.registry
            || wiring.escrow.as_str() != self.escrow
            || escrow.collector.as_str() != self.billing
        {
            return Err(ChainError::Setting(format!(
                "{} settles by registry {} and escrow {}: give three addresses of one deployment",
                self.billing, wiring.registry, wiring.escrow
            )));
        }
        let layout = hub_types::packed::LAYOUT;
        if wiring.layout != layout || escrow.layout != layout {
            return Err(ChainError::Setting(format!(
                "the contracts keep records in layout {} and {}, this program reads {layout}: use the release of the contracts",
                wiring.layout, escrow.layout
            )));
        }
        Ok(wiring)
    }

    // --- Questions in JSON ------------------------------------------------------------------------------------------

    /// Asks the registry. The answer's type stands at the question in [`registry::QueryMsg`].
    pub async fn ask_registry<T: DeserializeOwned>(
        &self,
        msg: &registry::QueryMsg,
    ) -> Result<At<T>, ChainError> {
        self.smart(&self.registry, msg).await
    }

    /// Asks the escrow. The answer's type stands at the question in [`escrow::QueryMsg`].
    pub async fn ask_escrow<T: DeserializeOwned>(
        &self,
        msg: &escrow::QueryMsg,
    ) -> Result<At<T>, ChainError> {
        self.smart(&self.escrow, msg).await
    }

    /// Asks billing. The answer's type stands at the question in [`billing::QueryMsg`].
    pub async fn ask_billing<T: DeserializeOwned>(
        &self,
        msg: &billing::QueryMsg,
    ) -> Result<At<T>, ChainError> {
        self.smart(&self.billing, msg).await
    }

    /// Asks any contract.
    pub async fn smart<T: DeserializeOwned>(
        &self,
        contract: &str,
        msg: &impl Serialize,
    ) -> Result<At<T>, ChainError> {
        let question = Query::smart(contract, msg)?;
        let reading = self
            .chain
            .read(std::slice::from_ref(&question), None)
            .await?;
        Ok(At {
            height: reading.height,
            value: json(&question, &reading, 0)?,
        })
    }

    /// A session with what is left.
    pub async fn session(&self, session: SessionId) -> Result<At<SessionResponse>, ChainError> {
        self.ask_escrow(&escrow::QueryMsg::Session { session })
            .await
    }

    /// Sessions for an operator, newest first; `start_after` is the last of the page before.
    pub async fn sessions_by_operator(
        &self,
        operator: &str,
        start_after: Option<SessionId>,
        limit: u32,
    ) -> Result<At<SessionsResponse>, ChainError> {
        let operator = operator.to_owned();
        let limit = Some(limit);
        self.ask_escrow(&escrow::QueryMsg::SessionsByOperator {
            operator,
            start_after,
            limit,
        })
        .await
    }

    /// A model.
    pub async fn model(&self, model: ModelId) -> Result<At<ModelResponse>, ChainError> {
        self.ask_registry(&registry::QueryMsg::Model { model })
            .await
    }

    /// A release of a model.
    pub async fn release(
        &self,
        model: ModelId,
        release: ReleaseNumber,
    ) -> Result<At<ReleaseResponse>, ChainError> {
        self.ask_registry(&registry::QueryMsg::Release { model, release })
            .await
    }

    /// The terms of a model that can be charged at a time, unix seconds; now if not given. The latest first.
    pub async fn terms_at(
        &self,
        model: ModelId,
        time: Option<u64>,
    ) -> Result<At<TermsListResponse>, ChainError> {
        self.ask_registry(&registry::QueryMsg::TermsAt { model, time })
            .await
    }

    /// An attester.
    pub async fn attester(&self, attester: AttesterId) -> Result<At<AttesterResponse>, ChainError> {
        self.ask_billing(&billing::QueryMsg::Attester { attester })
            .await
    }

    /// The attester with this public key, if one is registered.
    pub async fn attester_by_key(
        &self,
        key: &[u8],
    ) -> Result<At<Option<AttesterResponse>>, ChainError> {
        self.ask_billing(&billing::QueryMsg::AttesterByKey { key: key.into() })
            .await
    }

    /// What an account has in the escrow.
    pub async fn balance(
        &self,
        address: &str,
        denom: UncheckedDenom,
    ) -> Result<At<BalanceResponse>, ChainError> {
        let address = address.to_owned();
        self.ask_escrow(&escrow::QueryMsg::Balance { address, denom })
            .await
    }

    /// What an address holds of a native coin, outside the escrow.
    pub async fn wallet_balance(&self, address: &str, denom: &str) -> Result<At<u128>, ChainError> {
        let question = Query::balance(address, denom);
        let reading = self
            .chain
            .read(std::slice::from_ref(&question), None)
            .await?;
        let text = answer(&question, &reading, 0)?;
        let amount = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok());
        Ok(At {
            height: reading.height,
            value: amount.ok_or_else(|| malformed(&question, "an amount", "no number"))?,
        })
    }

    /// The Hub at a glance, over the last `days` whole days, 1 to 90.
    pub async fn glance(
        &self,
        denom: UncheckedDenom,
        days: u32,
    ) -> Result<At<HubResponse>, ChainError> {
        self.ask_billing(&billing::QueryMsg::Hub { denom, days })
            .await
    }

    /// What settling a batch would answer now. Never final: a node one block behind knows no session that was just opened.
    pub async fn preview(
        &self,
        batch: &[u8],
        signature: &[u8],
        vouchers: Vec<Vec<u8>>,
    ) -> Result<At<BatchResponse>, ChainError> {
        self.ask_billing(&billing::QueryMsg::PreviewBatch {
            batch: batch.into(),
            signature: Some(signature.into()),
            vouchers: vouchers.into_iter().map(Into::into).collect(),
        })
        .await
    }

    // --- Records, as settlement reads them --------------------------------------------------------------------------

    /// An entry of a packed map of one of the contracts, none if nothing stands there.
    pub async fn record<K: PackedKey, V: Packed>(
        &self,
        contract: &str,
        map: &PackedMap<K, V>,
        key: K,
    ) -> Result<At<Option<V>>, ChainError> {
        let question = Query::packed(contract, map, key);
        let reading = self
            .chain
            .read(std::slice::from_ref(&question), None)
            .await?;
        Ok(At {
            height: reading.height,
            value: unpacked(&question, &reading, 0)?,
        })
    }

    /// Several sessions at one height, none where there is no such session. With `agreed` as enough nodes say, else as one
    /// does.
    pub async fn sessions(
        &self,
        sessions: &[SessionId],
        agreed: bool,
    ) -> Result<At<Vec<Option<Session>>>, ChainError> {
        let questions: Vec<Query> = sessions
            .iter()
            .flat_map(|session| {
                [
                    Query::packed(&self.escrow, &POLICIES, *session),
                    Query::packed(&self.escrow, &SESSIONS, *session),
                ]
            })
            .collect();
        let reading = self.reading(&questions, agreed).await?;
        let value = (0..sessions.len()).map(|place| {
            let policy = unpacked(&questions[2 * place], &reading, 2 * place)?;
            let record = unpacked(&questions[2 * place + 1], &reading, 2 * place + 1)?;
            Ok(policy
                .zip(record)
                .map(|(policy, record)| Session { policy, record }))
        });
        Ok(At {
            height: reading.height,
            value: value.collect::<Result<_, ChainError>>()?,
        })
    }

    /// Number of the next receipt of an attester in each of several sessions, by what enough nodes say. None where there is
    /// no such session, or it was released; 0 where the attester has no lane yet.
    pub async fn lanes(
        &self,
        attester: AttesterId,
        sessions: &[SessionId],
    ) -> Result<At<Vec<Option<u64>>>, ChainError> {
        let found = self.sessions(sessions, true).await?;
        Ok(found.map(|sessions| {
            let next = sessions.into_iter().map(|session| {
                let record = session?.record;
                (!record.released).then(|| record.lane(attester).map_or(0, |lane| lane.next))
            });
            next.collect()
        }))
    }

    /// What settlement reads of a model: its status, and the terms and releases that are asked for.
    pub async fn model_records(
        &self,
        model: ModelId,
        terms: &[TermsNumber],
        releases: &[ReleaseNumber],
    ) -> Result<
        At<(
            Option<ModelRecord>,
            Vec<Option<TermsRecord>>,
            Vec<Option<ReleaseRecord>>,
        )>,
        ChainError,
    > {
        let mut questions = vec![Query::packed(&self.registry, &MODELS, model)];
        questions.extend(
            terms
                .iter()
                .map(|terms| Query::packed(&self.registry, &TERMS, (model, *terms))),
        );
        questions.extend(
            releases
                .iter()
                .map(|release| Query::packed(&self.registry, &RELEASES, (model, *release))),
        );
        let reading = self.reading(&questions, false).await?;
        let mut places = questions.iter().enumerate();
        let mut next = || places.next().map(|(place, question)| (question, place));
        let model = next()
            .map(|(question, place)| unpacked(question, &reading, place))
            .transpose()?
            .flatten();
        let mut found = (model, vec![], vec![]);
        for _ in terms {
            found.1.extend(
                next()
                    .map(|(question, place)| unpacked(question, &reading, place))
                    .transpose()?,
            );
        }
        for _ in releases {
            found.2.extend(
                next()
                    .map(|(question, place)| unpacked(question, &reading, place))
                    .transpose()?,
            );
        }
        Ok(At {
            height: reading.height,
            value: found,
        })
    }

    /// The record of an attester, none if there is no such attester.
    pub async fn attester_record(
        &self,
        attester: AttesterId,
    ) -> Result<At<Option<AttesterRecord>>, ChainError> {
        self.record(&self.billing, &ATTESTERS, attester).await
    }

    /// The denomination that the escrow keeps under a number.
    pub async fn denom(&self, number: DenomNumber) -> Result<At<Option<Denom>>, ChainError> {
        self.record(&self.escrow, &DENOMS, number).await
    }

    async fn reading(&self, questions: &[Query], agreed: bool) -> Result<Reading, ChainError> {
        if agreed {
            self.chain.agreed(questions).await
        } else {
            self.chain.read(questions, None).await
        }
    }

    // --- Messages ---------------------------------------------------------------------------------------------------

    /// A message to the registry.
    pub fn tell_registry(&self, msg: &registry::ExecuteMsg) -> Result<Message, ChainError> {
        Message::execute(&self.registry, msg, vec![])
    }

    /// A message to the escrow, with coins.
    pub fn tell_escrow(
        &self,
        msg: &escrow::ExecuteMsg,
        funds: Vec<cosmwasm_std::Coin>,
    ) -> Result<Message, ChainError> {
        Message::execute(&self.escrow, msg, funds)
    }

    /// A message to billing.
    pub fn tell_billing(&self, msg: &billing::ExecuteMsg) -> Result<Message, ChainError> {
        Message::execute(&self.billing, msg, vec![])
    }
}

/// Whether receipts of an attester that are issued now are accepted.
pub fn is_active(attester: &AttesterResponse) -> bool {
    matches!(attester.status, AttesterStatus::Active {})
}

fn answer<'a>(
    question: &Query,
    reading: &'a Reading,
    place: usize,
) -> Result<&'a [u8], ChainError> {
    let found: Option<&Result<Vec<u8>, QueryError>> = reading.answers.get(place);
    match found {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error)) => Err(error.clone().into()),
        None => Err(malformed(question, "an answer", "none")),
    }
}

fn json<T: DeserializeOwned>(
    question: &Query,
    reading: &Reading,
    place: usize,
) -> Result<T, ChainError> {
    let bytes = answer(question, reading, place)?;
    from_json(bytes)
        .map_err(|error| malformed(question, std::any::type_name::<T>(), &error.to_string()))
}

fn unpacked<V: Packed>(
    question: &Query,
    reading: &Reading,
    place: usize,
) -> Result<Option<V>, ChainError> {
    let bytes = answer(question, reading, place)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    from_bytes(bytes)
        .map(Some)
        .map_err(|error| malformed(question, V::NAME, &error.to_string()))
}

fn malformed(question: &Query, expected: &str, found: &str) -> ChainError {
    ChainError::Answer {
        node: "the chain".to_owned(),
        question: question.to_string(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
