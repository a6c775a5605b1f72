//! The registry's birth, constants and new code.

use cosmwasm_std::{coins, Addr};
use cw_multi_test::Executor;
use cw_utils::PaymentError;
use hub_testing::{Hub, NewModel, RegistryError, NATIVE};
use hub_types::ids::ModelId;
use hub_types::packed::LAYOUT;
use hub_types::registry::{ConfigResponse, InstantiateMsg, MigrateMsg, ModelResponse, QueryMsg};

use crate::registry_fixture::DAY;

fn instantiate(
    hub: &mut Hub,
    age: Option<u64>,
    notice: Option<u64>,
) -> Result<Addr, RegistryError> {
    let msg = InstantiateMsg {
        receipt_max_age_seconds: age,
        price_notice_seconds: notice,
        walrus_keeper: None,
    };
    let (code, admin) = (hub.codes.registry, hub.account("admin"));
    let label = "another registry";
    hub.app
        .instantiate_contract(code, admin.clone(), &msg, &[], label, Some(admin.into()))
        .map_err(|error| error.downcast().unwrap())
}

fn config(hub: &Hub, registry: &Addr) -> ConfigResponse {
    let wrap = hub.app.wrap();
    wrap.query_wasm_smart(registry, &QueryMsg::Config {})
        .unwrap()
}

#[test]
fn constants_out_of_bounds_are_refused() {
    let mut hub = Hub::new();
    for age in [0, 30 * DAY + 1, u64::MAX] {
        assert_eq!(
            instantiate(&mut hub, Some(age), None),
            Err(RegistryError::ReceiptMaxAge { seconds: age })
        );
    }
    for (age, notice) in [(1, 0), (DAY, DAY - 1), (DAY, 30 * DAY + 1), (DAY, u64::MAX)] {
        assert_eq!(
            instantiate(&mut hub, Some(age), Some(notice)),
            Err(RegistryError::PriceNotice {
                seconds: notice,
                receipt_max_age_seconds: age
            })
        );
    }
}

#[test]
fn coins_sent_along_are_refused() {
    let mut hub = Hub::new();
    let deployer = hub.account("deployer");
    hub.mint(&deployer, coins(5, NATIVE));
    let msg = InstantiateMsg {
        receipt_max_age_seconds: None,
        price_notice_seconds: None,
        walrus_keeper: None,
    };
    let code = hub.codes.registry;
    let error = hub
        .app
        .instantiate_contract(code, deployer, &msg, &coins(5, NATIVE), "paid", None)
        .unwrap_err();
    assert_eq!(
        error.downcast::<RegistryError>().unwrap(),
        RegistryError::Payment(PaymentError::NonPayable {})
    );
}

#[test]
fn constants_are_fixed_at_birth_and_three_days_each_if_not_given() {
    let mut hub = Hub::new();
    for (age, notice, expected) in [
        (None, None, (3 * DAY, 3 * DAY)),
        (Some(1), Some(1), (1, 1)),
        (Some(1), None, (1, 3 * DAY)),
        (Some(30 * DAY), Some(30 * DAY), (30 * DAY, 30 * DAY)),
    ] {
        let registry = instantiate(&mut hub, age, notice).unwrap();
        assert_eq!(
            config(&hub, &registry),
            ConfigResponse {
                layout: LAYOUT,
                receipt_max_age_seconds: expected.0,
                price_notice_seconds: expected.1
            }
        );
    }
}

#[test]
fn new_code_keeps_everything() {
    let mut hub = Hub::new();
    let (admin, author) = (hub.account("admin"), hub.account("author"));
    let registry = instantiate(&mut hub, Some(2 * DAY), Some(3 * DAY)).unwrap();
    let register = NewModel::named("forecast")
        .release([7; 32])
        .message(&author);
    hub.execute(&author, &registry, &register, &[]).unwrap();
    let model = |hub: &Hub| -> ModelResponse {
        let wrap = hub.app.wrap();
        let query = QueryMsg::Model { model: ModelId(1) };
        wrap.query_wasm_smart(&registry, &query).unwrap()
    };
    let before = (config(&hub, &registry), model(&hub));

    let code = hub.codes.registry;
    hub.app
        .migrate_contract(admin, registry.clone(), &MigrateMsg {}, code)
        .unwrap();

    assert_eq!((config(&hub, &registry), model(&hub)), before);
}

/// Attack (migration): the code of another contract is put in a registry's place.
/// Defence: `migrate` refuses a contract whose stored name is another.
#[test]
fn code_of_another_contract_does_not_take_over_a_registry() {
    let mut hub = Hub::new();
    let admin = hub.account("admin");
    let registry = instantiate(&mut hub, None, None).unwrap();
    let escrow = hub.codes.escrow;
    hub.app
        .migrate_contract(admin, registry.clone(), &MigrateMsg {}, escrow)
        .unwrap_err();
    assert_eq!(config(&hub, &registry).layout, LAYOUT);
}
