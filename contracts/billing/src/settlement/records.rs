//! Records of the other contracts that a message reads and never changes, each read once by a raw query.

use cosmwasm_std::{Deps, StdResult};
use hub_types::denom::Denom;
use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber, TermsNumber};
use hub_types::records::escrow::DENOMS;
use hub_types::records::registry::{
    ModelRecord, ReleaseRecord, TermsRecord, MODELS, RELEASES, TERMS,
};

use crate::domain::copies::Copies;
use crate::error::ContractError;
use crate::state::config::Config;

/// Models, terms and denominations that were read so far. None stands for what does not exist.
pub struct RecordCache<'a> {
    deps: Deps<'a>,
    config: &'a Config,
    models: Copies<ModelId, Option<ModelRecord>>,
    terms: Copies<(ModelId, TermsNumber), Option<TermsRecord>>,
    denoms: Copies<DenomNumber, Denom>,
}

impl<'a> RecordCache<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config) -> Self {
        Self {
            deps,
            config,
            models: Copies::default(),
            terms: Copies::default(),
            denoms: Copies::default(),
        }
    }

    pub fn model(&mut self, model: ModelId) -> StdResult<Option<&ModelRecord>> {
        let (deps, config) = (self.deps, self.config);
        let read = || MODELS.query(&deps.querier, &config.registry, model);
        Ok(self.models.find(model, read)?.as_ref())
    }

    pub fn terms(&mut self, model: ModelId, terms: TermsNumber) -> StdResult<Option<&TermsRecord>> {
        let (deps, config, key) = (self.deps, self.config, (model, terms));
        let read = || TERMS.query(&deps.querier, &config.registry, key);
        Ok(self.terms.find(key, read)?.as_ref())
    }

    /// Read once per message, for a single receipt only; so not cached.
    pub fn release(
        &self,
        model: ModelId,
        release: ReleaseNumber,
    ) -> StdResult<Option<ReleaseRecord>> {
        let key = (model, release);
        RELEASES.query(&self.deps.querier, &self.config.registry, key)
    }

    pub fn denom(&mut self, number: DenomNumber) -> Result<&Denom, ContractError> {
        let (deps, config) = (self.deps, self.config);
        let denom = self.denoms.find(number, || {
            DENOMS.query(&deps.querier, &config.escrow, number)?.ok_or(
                ContractError::Inconsistent {
                    what: "a session in a denomination that the escrow does not know",
                },
            )
        })?;
        Ok(denom)
    }
}
