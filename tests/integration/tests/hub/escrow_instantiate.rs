//! An escrow begins, and goes on with new code.

use cosmwasm_std::{coins, Addr, Coin};
use cw_multi_test::Executor;
use cw_utils::PaymentError;
use hub_testing::{EscrowError, Hub, NATIVE};
use hub_types::escrow::{ConfigResponse, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::packed::LAYOUT;
use hub_types::time::MAX_TIME_CONSTANT_SECONDS;

fn instantiate(
    hub: &mut Hub,
    receipt_max_age_seconds: u64,
    funds: &[Coin],
) -> Result<Addr, EscrowError> {
    let (code, collector) = (hub.codes.escrow, hub.account("collector"));
    let msg = InstantiateMsg {
        receipt_max_age_seconds,
    };
    let admin = Some(collector.to_string());
    hub.app
        .instantiate_contract(code, collector, &msg, funds, "escrow", admin)
        .map_err(|error| error.downcast().unwrap())
}

#[test]
fn an_escrow_begins_without_coins_and_gives_money_back_in_bounded_time() {
    let mut hub = Hub::new();
    let collector = hub.account("collector");
    hub.mint(&collector, coins(5, NATIVE));
    assert_eq!(
        instantiate(&mut hub, 60, &coins(5, NATIVE)),
        Err(PaymentError::NonPayable {}.into())
    );
    for found in [MAX_TIME_CONSTANT_SECONDS + 1, u64::MAX] {
        assert_eq!(
            instantiate(&mut hub, found, &[]),
            Err(EscrowError::MaxAgeTooLong { found })
        );
    }
}

#[test]
fn the_sender_of_the_instantiation_is_the_collector_for_ever() {
    let mut hub = Hub::new();
    let collector = hub.account("collector");
    let escrow = instantiate(&mut hub, MAX_TIME_CONSTANT_SECONDS, &[]).unwrap();
    let config: ConfigResponse = hub
        .app
        .wrap()
        .query_wasm_smart(&escrow, &QueryMsg::Config {})
        .unwrap();
    assert_eq!(
        config,
        ConfigResponse {
            layout: LAYOUT,
            collector,
            receipt_max_age_seconds: MAX_TIME_CONSTANT_SECONDS,
        }
    );
}

/// Attack (migration): new code is put under an escrow that holds money.
/// Defence: a migration keeps every record.
#[test]
fn a_migration_keeps_every_record() {
    let mut hub = Hub::new();
    let (alice, money) = (hub.account("alice"), hub.money_native());
    hub.escrow = instantiate(&mut hub, 60, &[]).unwrap();
    hub.open_session(&alice, &alice, &money, 100, |session| session);
    let (books, records) = (hub.ledger(), hub.snapshot());
    let (code, escrow, admin) = (
        hub.codes.escrow,
        hub.escrow.clone(),
        hub.account("collector"),
    );
    hub.app
        .migrate_contract(admin, escrow, &MigrateMsg {}, code)
        .unwrap();
    records.assert_unchanged(&hub);
    assert_eq!(books.diff(&hub.ledger()), []);
}
