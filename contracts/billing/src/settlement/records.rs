//! Records of the other contracts that a message reads and never changes, each read once by a raw query.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use cosmwasm_std::{Deps, StdResult};
use hub_types::denom::Denom;
use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber, TermsNumber};
use hub_types::records::escrow::DENOMS;
use hub_types::records::registry::{
    ModelRecord, ReleaseRecord, TermsRecord, MODELS, RELEASES, TERMS,
};

use crate::error::ContractError;
use crate::state::config::Config;

/// Models, terms and denominations that were read so far. None stands for what does not exist.
pub struct RecordCache<'a> {
    deps: Deps<'a>,
    config: &'a Config,
    models: BTreeMap<ModelId, Option<ModelRecord>>,
    terms: BTreeMap<(ModelId, TermsNumber), Option<TermsRecord>>,
    denoms: BTreeMap<DenomNumber, Denom>,
}

impl<'a> RecordCache<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config) -> Self {
        Self {
            deps,
            config,
            models: BTreeMap::new(),
            terms: BTreeMap::new(),
            denoms: BTreeMap::new(),
        }
    }

    pub fn model(&mut self, model: ModelId) -> StdResult<Option<&ModelRecord>> {
        match self.models.entry(model) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let record = MODELS.query(&self.deps.querier, &self.config.registry, model)?;
                Ok(entry.insert(record).as_ref())
            }
        }
    }

    pub fn terms(&mut self, model: ModelId, terms: TermsNumber) -> StdResult<Option<&TermsRecord>> {
        match self.terms.entry((model, terms)) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let key = (model, terms);
                let record = TERMS.query(&self.deps.querier, &self.config.registry, key)?;
                Ok(entry.insert(record).as_ref())
            }
        }
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
        match self.denoms.entry(number) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let denom = DENOMS
                    .query(&self.deps.querier, &self.config.escrow, number)?
                    .ok_or(ContractError::Inconsistent {
                        what: "a session in a denomination that the escrow does not know",
                    })?;
                Ok(entry.insert(denom))
            }
        }
    }
}
