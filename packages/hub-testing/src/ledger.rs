use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Addr;
use hub_types::ids::DenomNumber;

use crate::hub::Hub;
use crate::money::Money;
use crate::state::State;

/// Everything that everybody has, as one list of named amounts; zeros are left out.
///
/// | entry | amount |
/// |---|---|
/// | `alice wallet uusdc` | what an account holds itself |
/// | `alice available uusdc` | its available balance in the escrow |
/// | `alice earned uusdc` | its income of a lifetime |
/// | `session 1 budget`, `session 1 spent`, `session 1 left` | of a session |
/// | `escrow held uusdc`, `escrow owed uusdc` | of the escrow as a whole |
///
/// Accounts are those the harness knows by name ([`Hub::account`], [`Hub::name`]) and all with a balance in the escrow;
/// tokens go by the name they were made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger(BTreeMap<String, u128>);

impl Ledger {
    /// The amount under a name; 0 where there is none.
    pub fn get(&self, entry: &str) -> u128 {
        self.0.get(entry).copied().unwrap_or_default()
    }

    /// All entries, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, u128)> {
        self.0
            .iter()
            .map(|(entry, amount)| (entry.as_str(), *amount))
    }

    /// What changed from here to `after`, by name: one list to compare with, so that nothing moves unnoticed.
    /// Changes beyond 127 bits show as the largest there is.
    pub fn diff(&self, after: &Self) -> Vec<(String, i128)> {
        let entries: BTreeSet<&String> = self.0.keys().chain(after.0.keys()).collect();
        let change = |entry: &String| {
            let (before, after) = (self.get(entry), after.get(entry));
            let size = i128::try_from(before.abs_diff(after)).unwrap_or(i128::MAX);
            if after < before {
                -size
            } else {
                size
            }
        };
        let changes = entries
            .into_iter()
            .map(|entry| (entry.clone(), change(entry)));
        changes.filter(|(_, change)| *change != 0).collect()
    }

    fn put(&mut self, entry: String, amount: u128) {
        if amount != 0 {
            self.0.insert(entry, amount);
        }
    }
}

impl Hub {
    /// Everything that everybody has.
    pub fn ledger(&self) -> Ledger {
        let state = self.state();
        let mut ledger = Ledger::default();
        self.list_wallets(&state, &mut ledger);
        for ((account, denom), balance) in &state.balances {
            let (who, what) = (self.name_of(account), self.denom_name(&state, *denom));
            ledger.put(format!("{who} available {what}"), balance.available);
            ledger.put(format!("{who} earned {what}"), balance.earned);
        }
        for (session, record) in &state.sessions {
            ledger.put(format!("session {session} budget"), record.budget);
            ledger.put(format!("session {session} spent"), record.spent);
            ledger.put(format!("session {session} left"), record.left());
        }
        for (denom, owed) in &state.owed {
            let what = self.denom_name(&state, *denom);
            ledger.put(format!("escrow owed {what}"), *owed);
        }
        ledger
    }

    fn list_wallets(&self, state: &State, ledger: &mut Ledger) {
        let mut accounts: BTreeSet<Addr> = self.names.borrow().keys().cloned().collect();
        accounts.extend(state.balances.keys().map(|(account, _)| account.clone()));
        for money in self.all_money(state) {
            let what = self.money_name(&money);
            for account in &accounts {
                let held = self.wallet(account, &money);
                if *account == self.escrow {
                    ledger.put(format!("escrow held {what}"), held);
                } else {
                    let who = self.name_of(account);
                    ledger.put(format!("{who} wallet {what}"), held);
                }
            }
        }
    }

    /// Money that the harness made, and whatever else was deposited.
    fn all_money(&self, state: &State) -> BTreeSet<Money> {
        let made = self.tokens.keys().cloned().map(Money::Cw20);
        let deposited = state.denoms.values().cloned().map(Money::from);
        made.chain(deposited).chain([self.money_native()]).collect()
    }

    fn denom_name(&self, state: &State, denom: DenomNumber) -> String {
        match state.denoms.get(&denom) {
            Some(denom) => self.money_name(&denom.clone().into()),
            None => format!("denomination {denom}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_what_changed_and_nothing_else() {
        let ledger = |entries: &[(&str, u128)]| {
            let mut ledger = Ledger::default();
            entries
                .iter()
                .for_each(|(entry, amount)| ledger.put((*entry).into(), *amount));
            ledger
        };
        let before = ledger(&[("a", 5), ("b", 7), ("c", 1)]);
        let after = ledger(&[("a", 3), ("b", 7), ("d", u128::MAX)]);
        let changes = [("a", -2), ("c", -1), ("d", i128::MAX)];
        assert_eq!(
            before.diff(&after),
            changes.map(|(entry, change)| (entry.to_owned(), change))
        );
        assert_eq!(before.diff(&before), []);
    }
}
