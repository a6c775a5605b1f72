//! Newer code on older storage.

use cosmwasm_std::{DepsMut, Response};
use hub_types::nitro_verifier::MigrateMsg;

use super::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::error::ContractError;

/// Refuses the code of another contract, and a step back.
pub fn migrate(deps: DepsMut, _msg: MigrateMsg) -> Result<Response, ContractError> {
    cw2::ensure_from_older_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::mock_dependencies;
    use cosmwasm_std::StdError;

    use super::*;

    fn migrate_from(name: &str, version: &str) -> (Result<Response, ContractError>, String) {
        let mut deps = mock_dependencies();
        cw2::set_contract_version(&mut deps.storage, name, version).unwrap();
        let result = migrate(deps.as_mut(), MigrateMsg {});
        let stored = cw2::get_contract_version(&deps.storage).unwrap();
        (result, stored.version)
    }

    #[test]
    fn another_contract_and_a_newer_version_are_refused() {
        let (result, _) = migrate_from("crates.io:hub-registry", "0.0.1");
        assert_eq!(
            result,
            Err(StdError::generic_err(
                "Cannot migrate from crates.io:hub-registry to crates.io:hub-nitro-verifier"
            )
            .into())
        );
        let (result, stored) = migrate_from(CONTRACT_NAME, "999.0.0");
        assert_eq!(
            result,
            Err(StdError::generic_err(format!(
                "Cannot migrate from newer version (999.0.0) to older ({CONTRACT_VERSION})"
            ))
            .into())
        );
        assert_eq!(stored, "999.0.0");
    }

    #[test]
    fn an_older_version_and_the_same_one_are_taken_over() {
        assert_eq!(
            migrate_from(CONTRACT_NAME, "0.0.1"),
            (Ok(Response::new()), CONTRACT_VERSION.to_owned())
        );
        assert_eq!(
            migrate_from(CONTRACT_NAME, CONTRACT_VERSION),
            (Ok(Response::new()), CONTRACT_VERSION.to_owned())
        );
    }
}
