//! Newer code on older storage.

use cosmwasm_std::{DepsMut, Response};
use hub_types::registry::MigrateMsg;

use super::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::error::ContractError;

/// Takes over storage of this contract that older code, or this, has written; refuses any other.
pub fn migrate(deps: DepsMut, _msg: MigrateMsg) -> Result<Response, ContractError> {
    cw2::ensure_from_older_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::mock_dependencies;
    use cosmwasm_std::{StdError, Storage};
    use cw2::{get_contract_version, set_contract_version, ContractVersion};

    use super::*;

    #[test]
    fn storage_of_another_contract_or_of_newer_code_is_refused() {
        let mut deps = mock_dependencies();
        let error = migrate(deps.as_mut(), MigrateMsg {}).unwrap_err();
        assert!(matches!(
            error,
            ContractError::Std(StdError::NotFound { .. })
        ));

        set_contract_version(&mut deps.storage, "crates.io:hub-escrow", "0.0.1").unwrap();
        assert_eq!(
            migrate(deps.as_mut(), MigrateMsg {}),
            Err(ContractError::Std(StdError::generic_err(
                "Cannot migrate from crates.io:hub-escrow to crates.io:hub-registry"
            )))
        );

        set_contract_version(&mut deps.storage, CONTRACT_NAME, "999.0.0").unwrap();
        assert_eq!(
            migrate(deps.as_mut(), MigrateMsg {}),
            Err(ContractError::Std(StdError::generic_err(format!(
                "Cannot migrate from newer version (999.0.0) to older ({CONTRACT_VERSION})"
            ))))
        );
    }

    #[test]
    fn storage_of_older_code_or_the_same_is_kept_and_gets_the_version() {
        for version in ["0.0.1", CONTRACT_VERSION] {
            let mut deps = mock_dependencies();
            set_contract_version(&mut deps.storage, CONTRACT_NAME, version).unwrap();
            deps.storage.set(b"kept", b"value");
            assert_eq!(migrate(deps.as_mut(), MigrateMsg {}), Ok(Response::new()));
            assert_eq!(
                get_contract_version(&deps.storage),
                Ok(ContractVersion {
                    contract: CONTRACT_NAME.to_owned(),
                    version: CONTRACT_VERSION.to_owned()
                })
            );
            assert_eq!(deps.storage.get(b"kept"), Some(b"value".to_vec()));
        }
    }
}
