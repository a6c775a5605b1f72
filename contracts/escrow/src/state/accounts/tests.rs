use cosmwasm_std::testing::MockStorage;
use hub_types::ids::DenomNumber;

use super::*;

#[test]
fn a_stored_account_comes_back_under_its_owner_and_denomination_only() {
    let mut storage = MockStorage::new();
    let (alice, bob) = (CanonicalAddr::from([1; 20]), CanonicalAddr::from([2; 20]));
    let mut account = load(&storage, alice.clone(), DenomNumber(7)).unwrap();
    assert_eq!((account.owner(), account.denom()), (&alice, DenomNumber(7)));
    assert!(!account.auto_payout());
    account.earn(3u128.into()).unwrap();
    account.set_auto_payout(true);
    store(&mut storage, &account);
    assert_eq!(load(&storage, alice.clone(), DenomNumber(7)), Ok(account));

    let stored = BalanceRecord {
        available: 3,
        earned: 3,
        auto_payout: true,
    };
    assert_eq!(balance(&storage, &alice, DenomNumber(7)), Ok(stored));
    assert_eq!(
        balance(&storage, &alice, DenomNumber(8)),
        Ok(BalanceRecord::default())
    );
    assert_eq!(
        balance(&storage, &bob, DenomNumber(7)),
        Ok(BalanceRecord::default())
    );
    assert_eq!(
        page(&storage, &alice, None, 10),
        Ok(vec![(DenomNumber(7), stored)])
    );
    assert_eq!(page(&storage, &alice, Some(DenomNumber(7)), 10), Ok(vec![]));
    assert_eq!(page(&storage, &bob, None, 10), Ok(vec![]));
}

#[test]
fn an_account_whose_address_begins_with_another_is_not_on_its_page() {
    let mut storage = MockStorage::new();
    let (short, long) = (CanonicalAddr::from([1; 20]), CanonicalAddr::from([1; 32]));
    for (owner, amount) in [(&short, 1u128), (&long, 2)] {
        let mut account = load(&storage, owner.clone(), DenomNumber(1)).unwrap();
        account.credit(amount.into()).unwrap();
        store(&mut storage, &account);
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
