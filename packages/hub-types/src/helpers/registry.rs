use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, CustomQuery, QuerierWrapper, StdError, StdResult, WasmMsg,
};
use hub_wire::ids::{ModelId, ReleaseNumber};
use serde::de::DeserializeOwned;

use crate::registry::{
    ConfigResponse, ExecuteMsg, ModelResponse, QueryMsg, ReleaseResponse, TermsListResponse,
    TermsResponse,
};

/// A registry: messages to it and questions about it.
#[cw_serde]
pub struct RegistryContract(pub Addr);

impl RegistryContract {
    /// Its address.
    pub fn addr(&self) -> &Addr {
        &self.0
    }

    /// Any message; none takes coins. Those that create something return its id: see [`answer`](super::answer).
    pub fn call(&self, msg: &ExecuteMsg) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute {
            contract_addr: self.0.to_string(),
            msg: to_json_binary(msg)?,
            funds: vec![],
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

    /// The constants.
    pub fn config<C: CustomQuery>(&self, querier: &QuerierWrapper<C>) -> StdResult<ConfigResponse> {
        self.query(querier, &QueryMsg::Config {})
    }

    /// A model.
    pub fn model<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        model: ModelId,
    ) -> StdResult<ModelResponse> {
        self.query(querier, &QueryMsg::Model { model })
    }

    /// A release of a model.
    pub fn release<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        model: ModelId,
        release: ReleaseNumber,
    ) -> StdResult<ReleaseResponse> {
        self.query(querier, &QueryMsg::Release { model, release })
    }

    /// What a call of a model costs now, and for how long that is sure: the latest terms in force.
    pub fn terms_in_force<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        model: ModelId,
    ) -> StdResult<TermsResponse> {
        let now: TermsListResponse =
            self.query(querier, &QueryMsg::TermsAt { model, time: None })?;
        let latest = now.terms.into_iter().next();
        latest.ok_or_else(|| StdError::generic_err(format!("model {model} has no terms in force")))
    }
}
