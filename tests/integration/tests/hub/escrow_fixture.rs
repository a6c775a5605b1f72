//! What most tests of the escrow begin with: somebody with money, and the books to see where it goes.

use std::fmt::Debug;

use cosmwasm_std::{Addr, Coin, HexBinary};
use cw_multi_test::AppResponse;
use hub_testing::{events, EscrowError, Hub, Ledger, Money};
use hub_types::escrow::{
    Books, Credit, ExecuteMsg, NewSession, QueryMsg, SessionSettlement, SolvencyResponse,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::time::Week;
use serde::de::DeserializeOwned;

pub const DAY: u64 = 86_400;

pub struct Fixture {
    pub hub: Hub,
    pub money: Money,
    pub alice: Addr,
    pub bob: Addr,
    pub operator: Addr,
    pub author: Addr,
    pub stranger: Addr,
}

/// Runs a test with native coins and with a cw20 token.
pub fn with_each_money(test: impl Fn(Fixture)) {
    test(Fixture::native());
    test(Fixture::cw20());
}

impl Fixture {
    pub fn native() -> Self {
        Self::new(Hub::money_native)
    }

    pub fn cw20() -> Self {
        Self::new(Hub::money_cw20)
    }

    fn new(money: impl FnOnce(&Hub) -> Money) -> Self {
        let hub = Hub::builder().plays_billing().build();
        let [alice, bob, operator, author, stranger] =
            ["alice", "bob", "operator", "author", "stranger"].map(|name| hub.account(name));
        Self {
            money: money(&hub),
            hub,
            alice,
            bob,
            operator,
            author,
            stranger,
        }
    }

    /// Gives `account` money and lets it deposit that.
    #[track_caller]
    pub fn fund(&mut self, account: &Addr, amount: u128) {
        let money = self.money.clone();
        self.hub.give(account, &money, amount);
        self.hub
            .deposit(account, &money, amount, None, None)
            .unwrap();
    }

    /// A session for any model and the fixture's operator.
    pub fn session(&self, budget: u128) -> NewSession {
        self.hub.new_session(&self.operator, budget)
    }

    /// Opens a session of alice with a budget out of nothing.
    #[track_caller]
    pub fn open(
        &mut self,
        budget: u128,
        change: impl FnOnce(NewSession) -> NewSession,
    ) -> SessionId {
        let (caller, operator, money) = (
            self.alice.clone(),
            self.operator.clone(),
            self.money.clone(),
        );
        self.hub
            .open_session(&caller, &operator, &money, budget, change)
    }

    /// Number of the fixture's money in the escrow.
    pub fn denom_number(&self) -> DenomNumber {
        let state = self.hub.state();
        let denom = self.money.checked();
        let found = state.denoms.iter().find(|(_, known)| **known == denom);
        *found.unwrap().0
    }

    pub fn credit(&self, account: &Addr, amount: u128) -> Credit {
        Credit {
            account: self.hub.canonical(account),
            denom: self.denom_number(),
            amount: amount.into(),
        }
    }

    /// Settles in the name of billing.
    pub fn settle(
        &mut self,
        sessions: Vec<SessionSettlement>,
        credits: Vec<Credit>,
    ) -> Result<AppResponse, EscrowError> {
        let collector = self.hub.billing.clone();
        let books = Books { sessions, credits }.encode();
        self.hub.escrow(&collector, ExecuteMsg::Settle { books })
    }

    /// Lets the session pay the author, in the name of billing.
    #[track_caller]
    pub fn pay(&mut self, session: SessionId, amount: u128) {
        let next = self.hub.next(session, AttesterId(1));
        let credit = self.credit(&self.author, amount);
        self.settle(
            vec![settlement(session, AttesterId(1), next, amount)],
            vec![credit],
        )
        .unwrap();
    }

    /// The error of a message that must fail and change nothing.
    #[track_caller]
    pub fn refused(&mut self, sender: &Addr, msg: ExecuteMsg) -> EscrowError {
        self.refused_with(sender, msg, &[])
    }

    /// The error of a message with coins that must fail and change nothing.
    #[track_caller]
    pub fn refused_with(&mut self, sender: &Addr, msg: ExecuteMsg, funds: &[Coin]) -> EscrowError {
        self.unchanged(|hub| hub.escrow_with(sender, msg, funds))
    }

    /// The error of a deposit that must fail and change nothing.
    #[track_caller]
    pub fn refused_deposit(
        &mut self,
        sender: &Addr,
        amount: u128,
        beneficiary: Option<&Addr>,
        session: Option<NewSession>,
    ) -> EscrowError {
        let money = self.money.clone();
        self.unchanged(|hub| hub.deposit(sender, &money, amount, beneficiary, session))
    }

    #[track_caller]
    pub fn unchanged<T: Debug, E: Debug>(
        &mut self,
        act: impl FnOnce(&mut Hub) -> Result<T, E>,
    ) -> E {
        let (books, records) = (self.hub.ledger(), self.hub.snapshot());
        let error = act(&mut self.hub).expect_err("the message is refused");
        records.assert_unchanged(&self.hub);
        assert_eq!(books.diff(&self.hub.ledger()), []);
        error
    }

    /// Asserts what changed since `before`, in all books; `$` stands for the fixture's money.
    #[track_caller]
    pub fn assert_changes(&self, before: &Ledger, expected: &[(&str, i128)]) {
        let what = self.hub.money_name(&self.money);
        let mut expected: Vec<_> = expected
            .iter()
            .map(|(entry, change)| (entry.replace('$', &what), *change))
            .collect();
        expected.sort();
        assert_eq!(before.diff(&self.hub.ledger()), expected);
        self.assert_solvent();
    }

    /// The escrow holds what it owes in the fixture's money.
    #[track_caller]
    pub fn assert_solvent(&self) {
        let solvency: SolvencyResponse = self.ask(QueryMsg::Solvency {
            denom: self.money.unchecked(),
        });
        assert_eq!(solvency.held, solvency.owed);
        // Settling in the name of billing leaves no trace there: neither usage nor attesters.
        let in_billing = ["gross of the models", "is not of its operator"];
        let mut violations = self.hub.check_invariants();
        violations.retain(|found| !in_billing.iter().any(|known| found.contains(known)));
        assert_eq!(violations, Vec::<String>::new());
    }

    /// The events of a message are these; `$` stands for the fixture's money as events name it.
    #[track_caller]
    pub fn assert_events(&self, response: &AppResponse, expected: &[(&str, &[(&str, &str)])]) {
        let what = self.money.checked().to_string();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, attributes)| {
                let attributes = attributes
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.replace('$', &what)));
                ((*name).to_owned(), attributes.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(events(response), expected);
    }

    #[track_caller]
    pub fn ask<T: DeserializeOwned>(&self, query: QueryMsg) -> T {
        self.hub.query_escrow(query).unwrap()
    }
}

/// One receipt of `attester`, billed to a session.
pub fn settlement(
    session: SessionId,
    attester: AttesterId,
    next: u64,
    charge: u128,
) -> SessionSettlement {
    SessionSettlement {
        session,
        attester,
        replaces: None,
        next_before: next,
        next_after: next + 1,
        charge: charge.into(),
        kept: 0u128.into(),
        ceiling: None,
        paid_week: Week(0),
        paid_models: 0,
    }
}

/// 32 bytes.
pub fn measurement() -> HexBinary {
    HexBinary::from([7; 32])
}
