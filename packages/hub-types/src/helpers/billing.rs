use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, CustomQuery, QuerierWrapper, StdError, StdResult, WasmMsg,
};
use hub_wire::ids::{AttesterId, ModelId};
use serde::de::DeserializeOwned;

use super::belief::{merge_rankings, RankedAt};
use super::{EscrowContract, RegistryContract};
use crate::belief;
use crate::billing::{
    AttesterResponse, BackingResponse, BackingsResponse, ConfigResponse, ExecuteMsg,
    InclusionProof, InclusionResponse, ModelAt, QueryMsg, RankingAtResponse, UsageResponse,
};
use crate::denom::UncheckedDenom;
use crate::page::MAX_LIMIT;
use crate::wire::{Receipt, SignedVoucher};

/// A billing contract: messages to it and questions about it. From its address alone the whole Hub is found.
#[cw_serde]
pub struct BillingContract(pub Addr);

impl BillingContract {
    /// Its address.
    pub fn addr(&self) -> &Addr {
        &self.0
    }

    /// Any message; none takes coins.
    pub fn call(&self, msg: &ExecuteMsg) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute {
            contract_addr: self.0.to_string(),
            msg: to_json_binary(msg)?,
            funds: vec![],
        })
    }

    /// Settles one receipt. Returns [`ReceiptResponse`](crate::billing::ReceiptResponse), which says whether it was paid:
    /// see [`answer`](super::answer).
    pub fn settle(
        &self,
        receipt: Binary,
        sequence: u64,
        signature: Binary,
        voucher: Option<SignedVoucher>,
    ) -> StdResult<WasmMsg> {
        self.call(&ExecuteMsg::Settle {
            receipt,
            sequence,
            signature,
            voucher: voucher.map(|voucher| voucher.encode().into()),
        })
    }

    /// Any question. The answer's type stands at the question in [`QueryMsg`].
    pub fn query<T: DeserializeOwned, C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        msg: &QueryMsg,
    ) -> StdResult<T> {
        querier.query_wasm_smart(&self.0, msg)
    }

    /// Wiring and constants.
    pub fn config<C: CustomQuery>(&self, querier: &QuerierWrapper<C>) -> StdResult<ConfigResponse> {
        self.query(querier, &QueryMsg::Config {})
    }

    /// The registry that it settles by and the escrow that holds the money.
    pub fn hub<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
    ) -> StdResult<(RegistryContract, EscrowContract)> {
        let config = self.config(querier)?;
        let escrow = EscrowContract(config.escrow);
        // Anything can answer like a billing contract, but an escrow names only the one that can charge it.
        let collector = escrow.config(querier)?.collector;
        if collector != self.0 {
            return Err(StdError::generic_err(format!(
                "{} is not the billing contract of the escrow {}, which is {collector}",
                self.0, escrow.0
            )));
        }
        Ok((RegistryContract(config.registry), escrow))
    }

    /// An attester. Whoever relies on a receipt looks here for whose it is: anyone can register an attester and vouch for
    /// anything.
    pub fn attester<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        attester: AttesterId,
    ) -> StdResult<AttesterResponse> {
        self.query(querier, &QueryMsg::Attester { attester })
    }

    /// That the receipt's attester vouched for it in its recorded batch of this number. An error if the proof does not
    /// hold. It does not show that the receipt was paid, nor that the attester is one to believe.
    pub fn verify_inclusion<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        batch: u64,
        receipt: &Receipt,
        proof: InclusionProof,
    ) -> StdResult<InclusionResponse> {
        let question = QueryMsg::VerifyInclusion {
            attester: receipt.attester,
            batch,
            receipt: receipt.encode().into(),
            proof,
        };
        self.query(querier, &question)
    }

    /// Lifetime usage of a model in a denomination.
    pub fn usage<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        model: ModelId,
        denom: impl Into<UncheckedDenom>,
    ) -> StdResult<UsageResponse> {
        let denom = denom.into();
        self.query(querier, &QueryMsg::Usage { model, denom })
    }

    /// What the income of models is worth to a reader who believes these operators, in the order of the models, of which
    /// there may be any number: asks about as many at a time as one query takes. An error if more than 16 operators are
    /// named, one is named twice, or the factor is not 1 to 20; 5 if not given.
    pub fn backings<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        models: &[ModelId],
        denom: impl Into<UncheckedDenom>,
        operators: &[Addr],
        factor: Option<u32>,
    ) -> StdResult<Vec<BackingResponse>> {
        let denom = denom.into();
        let operators: Vec<String> = operators.iter().map(Addr::to_string).collect();
        let mut all = vec![];
        for models in models.chunks(belief::names_at_a_time(operators.len())) {
            let question = QueryMsg::Backings {
                models: models.to_vec(),
                denom: denom.clone(),
                operators: operators.clone(),
                factor,
            };
            let page: BackingsResponse = self.query(querier, &question)?;
            all.extend(page.backings);
        }
        Ok(all)
    }

    /// The first `each` models of the ranking of every operator, put together: by what the operators recently kept of
    /// their income, the most first. A model that stands further behind at all of them is left out.
    pub fn ranking_of<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        operators: &[Addr],
        denom: impl Into<UncheckedDenom>,
        each: u32,
    ) -> StdResult<Vec<RankedAt>> {
        let denom = denom.into();
        let mut rankings = vec![];
        for operator in operators {
            let mut left = each;
            let mut ranked: Vec<ModelAt> = vec![];
            while left > 0 {
                let limit = left.min(MAX_LIMIT);
                let question = QueryMsg::RankingAt {
                    operator: operator.to_string(),
                    denom: denom.clone(),
                    start_after: ranked.last().map(|last| last.place),
                    limit: Some(limit),
                };
                let page: RankingAtResponse = self.query(querier, &question)?;
                let found = u32::try_from(page.models.len()).unwrap_or(limit);
                ranked.extend(page.models);
                left = if found < limit {
                    0
                } else {
                    left.saturating_sub(found)
                };
            }
            rankings.push((operator.clone(), ranked));
        }
        Ok(merge_rankings(rankings))
    }
}
