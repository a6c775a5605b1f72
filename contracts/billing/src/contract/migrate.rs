//! Newer code on older storage.

use cosmwasm_std::{DepsMut, Response};
use hub_types::billing::MigrateMsg;

use super::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::error::ContractError;

pub fn migrate(deps: DepsMut, _msg: MigrateMsg) -> Result<Response, ContractError> {
    cw2::ensure_from_older_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::mock_dependencies;
    use cosmwasm_std::StdError;

    #[test]
    fn another_contract_and_a_newer_version_are_refused() {
        let mut deps = mock_dependencies();
        cw2::set_contract_version(&mut deps.storage, "crates.io:hub-escrow", "0.1.0").unwrap();
        let error = migrate(deps.as_mut(), MigrateMsg {}).unwrap_err();
        assert!(matches!(
            error,
            ContractError::Std(StdError::GenericErr { .. })
        ));

        cw2::set_contract_version(&mut deps.storage, CONTRACT_NAME, "99.0.0").unwrap();
        let error = migrate(deps.as_mut(), MigrateMsg {}).unwrap_err();
        assert!(matches!(
            error,
            ContractError::Std(StdError::GenericErr { .. })
        ));
    }

    #[test]
    fn an_older_version_is_migrated_and_the_version_recorded() {
        let mut deps = mock_dependencies();
        cw2::set_contract_version(&mut deps.storage, CONTRACT_NAME, "0.0.1").unwrap();
        migrate(deps.as_mut(), MigrateMsg {}).unwrap();
        let version = cw2::get_contract_version(&deps.storage).unwrap();
        assert_eq!(version.version, CONTRACT_VERSION);
    }
}
