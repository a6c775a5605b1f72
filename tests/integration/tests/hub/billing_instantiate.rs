//! Birth of a billing contract: bound to a registry, with an escrow of its own.

use cosmwasm_std::{to_json_binary, Addr, WasmMsg};
use cw_multi_test::{ContractWrapper, Executor};
use hub_testing::{event, BillingError, Hub};
use hub_types::billing::{ConfigResponse, InstantiateMsg, QueryMsg};
use hub_types::{escrow, packed, registry};

use crate::fixture::attributes;

fn instantiate(hub: &mut Hub, registry: &str, admin: Option<&Addr>) -> Result<Addr, BillingError> {
    let msg = InstantiateMsg {
        registry: registry.to_owned(),
        escrow_code_id: hub.codes.escrow,
        escrow_admin: admin.map(Addr::to_string),
    };
    let sender = hub.account("deployer");
    hub.app
        .instantiate_contract(hub.codes.billing, sender, &msg, &[], "billing", None)
        .map_err(|error| error.downcast().unwrap())
}

/// Attack (confused deputy): billing is bound to an address that is no registry, whose raw answers are silently
/// empty.
/// Defence: instantiation fails unless the registry answers as one.
#[test]
fn what_does_not_answer_as_a_registry_is_refused() {
    let mut hub = Hub::new();
    let wallet = hub.account("wallet");
    let token = hub.token("token", &[]);
    for address in [wallet, token, hub.escrow.clone(), hub.billing.clone()] {
        let error = instantiate(&mut hub, address.as_str(), None).unwrap_err();
        match error {
            BillingError::NotARegistry { address: found, .. } => assert_eq!(found, address),
            other => panic!("{other}"),
        }
    }
    let error = instantiate(&mut hub, "nonsense", None).unwrap_err();
    assert!(
        matches!(error, BillingError::NotAnAddress { .. }),
        "{error}"
    );
}

/// What answers like a registry, of any release.
mod pretender {
    use cosmwasm_std::{
        to_json_binary, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdResult,
    };
    use cw_storage_plus::Item;
    use hub_types::registry::{ConfigResponse, QueryMsg};

    const CONFIG: Item<ConfigResponse> = Item::new("config");

    pub fn instantiate(
        deps: DepsMut,
        _: Env,
        _: MessageInfo,
        config: ConfigResponse,
    ) -> StdResult<Response> {
        cw2::set_contract_version(deps.storage, "crates.io:hub-registry", "99.0.0")?;
        CONFIG.save(deps.storage, &config)?;
        Ok(Response::new())
    }

    pub fn execute(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
        Ok(Response::new())
    }

    pub fn query(deps: Deps, _: Env, _: QueryMsg) -> StdResult<Binary> {
        to_json_binary(&CONFIG.load(deps.storage)?)
    }
}

#[test]
fn a_registry_whose_records_this_code_does_not_read_is_refused() {
    let mut hub = Hub::new();
    let code = hub.app.store_code(Box::new(ContractWrapper::new(
        pretender::execute,
        pretender::instantiate,
        pretender::query,
    )));
    let mut config: registry::ConfigResponse =
        hub.query_registry(registry::QueryMsg::Config {}).unwrap();
    let sender = hub.account("deployer");
    for layout in [packed::LAYOUT + 1, packed::OLDEST_LAYOUT - 1] {
        config.layout = layout;
        let other = hub
            .app
            .instantiate_contract(code, sender.clone(), &config, &[], "registry", None)
            .unwrap();
        assert_eq!(
            instantiate(&mut hub, other.as_str(), None),
            Err(BillingError::OtherLayout {
                found: layout,
                newest: packed::LAYOUT
            })
        );
    }
}

#[test]
fn billing_hands_the_registrys_constants_to_an_escrow_that_only_it_can_settle_in() {
    let mut hub = Hub::builder()
        .receipt_max_age(3_600)
        .price_notice(7_200)
        .build();
    let (sender, admin) = (hub.account("deployer"), hub.account("admin"));
    let msg = WasmMsg::Instantiate {
        admin: None,
        code_id: hub.codes.billing,
        msg: to_json_binary(&InstantiateMsg {
            registry: hub.registry.to_string(),
            escrow_code_id: hub.codes.escrow,
            escrow_admin: Some(admin.to_string()),
        })
        .unwrap(),
        funds: vec![],
        label: "billing".to_owned(),
    };
    let response = hub.app.execute(sender, msg.into()).unwrap();
    let told = event(&response, "hub_billing_instantiated");
    let escrow = Addr::unchecked(&told[1].1);
    assert_eq!(
        told,
        attributes(&[
            ("registry", hub.registry.as_str()),
            ("escrow", escrow.as_str())
        ])
    );
    let config: escrow::ConfigResponse = hub
        .app
        .wrap()
        .query_wasm_smart(&escrow, &escrow::QueryMsg::Config {})
        .unwrap();
    let billing = config.collector.clone();
    assert_eq!(
        (config.layout, config.receipt_max_age_seconds),
        (packed::LAYOUT, 3_600)
    );
    let config: ConfigResponse = hub
        .app
        .wrap()
        .query_wasm_smart(billing, &QueryMsg::Config {})
        .unwrap();
    assert_eq!(
        config,
        ConfigResponse {
            layout: packed::LAYOUT,
            registry: hub.registry.clone(),
            escrow: escrow.clone(),
            receipt_max_age_seconds: 3_600,
        }
    );
    let info = hub.app.wrap().query_wasm_contract_info(escrow).unwrap();
    assert_eq!(info.admin, Some(admin));
    let info = hub
        .app
        .wrap()
        .query_wasm_contract_info(&hub.escrow)
        .unwrap();
    assert_eq!(info.admin, None);
}
