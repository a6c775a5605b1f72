use hub_types::ids::DenomNumber;
use cosmwasm_std::testing::MockStorage;
use proptest::prelude::*;

use super::*;

fn account(balance: BalanceRecord) -> Account {
    Account {
        owner: vec![1; 20].into(),
        denom: DenomNumber(1),
        balance,
    }
}

fn with_available(available: u128) -> Account {
    account(BalanceRecord {
        available,
        ..BalanceRecord::default()
    })
}

#[test]
fn nobody_takes_more_than_is_available() {
    let mut poor = with_available(5);
    assert_eq!(
        poor.debit(6u128.into()),
        Err(ContractError::InsufficientFunds {
            available: 5u128.into(),
            needed: 6u128.into()
        })
    );
    assert_eq!(poor, with_available(5));
    assert_eq!(poor.debit(5u128.into()), Ok(()));
    assert_eq!(poor, with_available(0));
}

#[test]
fn what_is_available_does_not_wrap_around() {
    let mut rich = with_available(u128::MAX);
    let overflow = Err(ContractError::Inconsistent {
        what: "more is available than is owed",
    });
    assert_eq!(rich.credit(1u128.into()), overflow);
    assert_eq!(rich.earn(1u128.into()), overflow);
    assert_eq!(rich, with_available(u128::MAX));
}

#[test]
fn the_income_of_a_lifetime_saturates_and_refuses_nothing() {
    let mut old = account(BalanceRecord {
        available: 1,
        earned: u128::MAX,
        auto_payout: true,
    });
    assert_eq!(old.earn(9u128.into()), Ok(()));
    assert_eq!(
        old,
        account(BalanceRecord {
            available: 10,
            earned: u128::MAX,
            auto_payout: true,
        })
    );
}

#[test]
fn a_stored_account_comes_back_under_its_owner_and_denomination_only() {
    let mut storage = MockStorage::new();
    let (alice, bob) = (CanonicalAddr::from([1; 20]), CanonicalAddr::from([2; 20]));
    let mut account = Account::load(&storage, alice.clone(), DenomNumber(7)).unwrap();
    assert_eq!((account.owner(), account.denom()), (&alice, DenomNumber(7)));
    assert!(!account.auto_payout());
    account.earn(3u128.into()).unwrap();
    account.set_auto_payout(true);
    account.store(&mut storage);
    assert_eq!(Account::load(&storage, alice.clone(), DenomNumber(7)), Ok(account));

    let stored = BalanceRecord {
        available: 3,
        earned: 3,
        auto_payout: true,
    };
    assert_eq!(balance(&storage, &alice, DenomNumber(7)), Ok(stored));
    assert_eq!(balance(&storage, &alice, DenomNumber(8)), Ok(BalanceRecord::default()));
    assert_eq!(balance(&storage, &bob, DenomNumber(7)), Ok(BalanceRecord::default()));
    assert_eq!(page(&storage, &alice, None, 10), Ok(vec![(DenomNumber(7), stored)]));
    assert_eq!(page(&storage, &alice, Some(DenomNumber(7)), 10), Ok(vec![]));
    assert_eq!(page(&storage, &bob, None, 10), Ok(vec![]));
}

#[test]
fn an_account_whose_address_begins_with_another_is_not_on_its_page() {
    let mut storage = MockStorage::new();
    let (short, long) = (CanonicalAddr::from([1; 20]), CanonicalAddr::from([1; 32]));
    for (owner, amount) in [(&short, 1u128), (&long, 2)] {
        let mut account = Account::load(&storage, owner.clone(), DenomNumber(1)).unwrap();
        account.credit(amount.into()).unwrap();
        account.store(&mut storage);
    }
    let available = |owner| {
        let page = page(&storage, owner, None, 10).unwrap();
        page.into_iter()
            .map(|(denom, balance)| (denom.0, balance.available))
            .collect::<Vec<_>>()
    };
    assert_eq!(available(&short), [(1, 1)]);
    assert_eq!(available(&long), [(1, 2)]);
}

proptest! {
    #[test]
    fn available_is_the_sum_of_what_came_less_what_went(moves in prop::collection::vec((0u8..4, any::<u64>()), 0..50)) {
        let mut account = with_available(0);
        let (mut available, mut earned) = (0u128, 0u128);
        for (kind, amount) in moves {
            let amount = u128::from(amount);
            match kind {
                0 => {
                    account.credit(amount.into()).unwrap();
                    available += amount;
                }
                1 => {
                    account.earn(amount.into()).unwrap();
                    available += amount;
                    earned += amount;
                }
                2 => match account.debit(amount.into()) {
                    Ok(()) => available -= amount,
                    Err(_) => prop_assert!(amount > available),
                },
                _ => {
                    prop_assert_eq!(account.debit_all(), Uint128::new(available));
                    available = 0;
                }
            }
            prop_assert_eq!(account.balance.available, available);
            prop_assert_eq!(account.balance.earned, earned);
        }
    }
}
