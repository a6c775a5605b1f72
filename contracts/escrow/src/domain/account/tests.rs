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
