//! The trusted root, fixed at instantiation.

use cosmwasm_std::{Binary, StdResult, Storage};
use cw_storage_plus::Item;
use hub_nitro::Root;

const ROOT: Item<Binary> = Item::new("root");

pub fn init(storage: &mut dyn Storage, root: &Root) -> StdResult<()> {
    ROOT.save(storage, &Binary::from(root.0))
}

/// The authority below which enclaves are attested.
pub fn root(storage: &dyn Storage) -> StdResult<Root> {
    Ok(Root(ROOT.load(storage)?.to_array()?))
}
