//! Handlers over storage alone. Events and refusals as a user meets them are tested on the whole Hub.

use cosmwasm_std::testing::{mock_dependencies, mock_env, MockApi, MockQuerier, MockStorage};
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Api, CanonicalAddr, ContractResult, Env, OwnedDeps,
    SystemResult, Timestamp, Uint128,
};
use hub_types::denom::Denom;
use hub_types::escrow::{
    Books, Credit, Models, PayoutResponse, SessionCreated, SessionSettlement, SessionState,
    SkipReason,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::price::Rates;
use hub_types::records::escrow::{BalanceRecord, Spent};
use hub_types::time::Week;

use super::deposit::{self, Received};
use super::{payout, session, settle, withdraw};
use crate::domain::session::{CeilingRule, Opening};
use crate::error::ContractError;
use crate::state::{accounts, config, denoms, sessions, spend};

const NOW: u64 = 1_000_000;
const MAX_AGE: u64 = 600;
const USDC: DenomNumber = DenomNumber(1);

struct Escrow(OwnedDeps<MockStorage, MockApi, MockQuerier>);

fn usdc() -> Denom {
    Denom::Native("uusdc".to_owned())
}

fn amount(amount: u128) -> Uint128 {
    Uint128::new(amount)
}

fn at(seconds: u64) -> Env {
    let mut env = mock_env();
    env.block.time = Timestamp::from_seconds(seconds);
    env
}

impl Escrow {
    fn new() -> Self {
        let mut deps = mock_dependencies();
        let collector = deps.api.addr_make("billing");
        config::init(&mut deps.storage, &collector, MAX_AGE).unwrap();
        Self(deps)
    }

    fn address(&self, name: &str) -> Addr {
        self.0.api.addr_make(name)
    }

    fn canonical(&self, name: &str) -> CanonicalAddr {
        let address = self.address(name);
        self.0.api.addr_canonicalize(address.as_str()).unwrap()
    }

    /// A session with the operator, under a ceiling.
    fn opening(&self, budget: u128) -> Opening {
        Opening {
            operator: self.canonical("operator"),
            measurement: None,
            models: Models::Any {},
            max_price: Some(Rates::default()),
            budget: amount(budget),
            expires_at: NOW + 1_000,
            ceiling: CeilingRule::On { key: None },
            label: None,
        }
    }

    /// Deposits in native coins, and the id of the session if one was opened.
    fn deposit(
        &mut self,
        depositor: &str,
        beneficiary: &str,
        given: u128,
        budget: Option<u128>,
    ) -> Result<Option<u64>, ContractError> {
        let received = Received {
            depositor: self.address(depositor),
            beneficiary: self.address(beneficiary),
            denom: usdc(),
            amount: amount(given),
        };
        let opening = budget.map(|budget| self.opening(budget));
        let response = deposit::deposit(self.0.as_mut(), &at(NOW), received, opening)?;
        Ok(response
            .data
            .map(|data| {
                let created: SessionCreated = from_json(data).unwrap();
                created.session
            })
            .map(u64::from))
    }

    fn balance(&self, name: &str) -> BalanceRecord {
        accounts::balance(&self.0.storage, &self.canonical(name), USDC).unwrap()
    }

    fn available(&self, name: &str) -> u128 {
        self.balance(name).available
    }

    fn owed(&self) -> u128 {
        denoms::owed(&self.0.storage, USDC).unwrap().u128()
    }

    fn opt_in(&mut self, name: &str) {
        let sender = self.address(name);
        payout::set_auto_payout(self.0.as_mut(), sender, usdc(), true).unwrap();
    }

    fn settle(&mut self, sender: &str, books: &Books) -> Result<(), ContractError> {
        let sender = self.address(sender);
        settle::settle(self.0.as_mut(), sender, &books.encode()).map(|_| ())
    }

    fn credit(&self, name: &str, denom: DenomNumber, earned: u128) -> Credit {
        Credit {
            account: self.canonical(name),
            denom,
            amount: amount(earned),
        }
    }

    fn session(&self, id: u64) -> (u128, Option<u128>, u64, SessionState) {
        let session = sessions::load(&self.0.storage, SessionId(id)).unwrap();
        let record = &session.reserve.record;
        (
            record.budget,
            record.ceiling,
            session.policy.ends_at(),
            session.state(NOW),
        )
    }
}

/// Charges to a session, by an attester that begins.
fn charged(session: SessionId, charge: u128) -> SessionSettlement {
    SessionSettlement {
        session,
        attester: AttesterId(1),
        replaces: None,
        next_before: 0,
        next_after: 1,
        charge: amount(charge),
        kept: amount(charge / 4),
        ceiling: Some(amount(charge)),
        paid_week: Week(0),
        paid_models: 0,
    }
}

#[test]
fn a_gift_opens_sessions_of_its_own_money_only() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 500, None).unwrap();
    assert_eq!(
        escrow.deposit("mallory", "alice", 100, Some(101)),
        Err(ContractError::BudgetAboveDeposit {
            budget: amount(101),
            deposited: amount(100)
        })
    );
    assert_eq!(escrow.deposit("bob", "alice", 100, Some(100)), Ok(Some(1)));
    assert_eq!(escrow.deposit("bob", "alice", 100, Some(60)), Ok(Some(2)));
    // Who deposits for itself may reserve what it had before.
    assert_eq!(escrow.deposit("alice", "alice", 10, Some(500)), Ok(Some(3)));
    assert_eq!((escrow.available("alice"), escrow.owed()), (50, 710));
}

#[test]
fn a_token_must_cover_what_is_owed_with_the_deposit() {
    let mut escrow = Escrow::new();
    let token = escrow.address("token");
    let received = |escrow: &Escrow| Received {
        depositor: escrow.address("alice"),
        beneficiary: escrow.address("alice"),
        denom: Denom::Cw20(token.clone()),
        amount: amount(30),
    };
    let mut receive = |held: u128| {
        escrow.0.querier.update_wasm(move |_| {
            let balance = cw20::BalanceResponse {
                balance: amount(held),
            };
            SystemResult::Ok(ContractResult::Ok(to_json_binary(&balance).unwrap()))
        });
        let received = received(&escrow);
        deposit::receive(escrow.0.as_mut(), &at(NOW), received, None).map(|_| ())
    };
    let not_covered = |held, owed| ContractError::NotCovered {
        token: token.clone(),
        held: amount(held),
        owed: amount(owed),
        amount: amount(30),
    };
    assert_eq!(receive(29), Err(not_covered(29, 0)));
    assert_eq!(receive(30), Ok(()));
    assert_eq!(receive(59), Err(not_covered(59, 30)));
    // More than it should hold: somebody sent tokens past the escrow.
    assert_eq!(receive(61), Ok(()));
    assert_eq!(escrow.owed(), 60);
    assert_eq!(escrow.available("alice"), 60);
}

#[test]
fn a_session_opens_with_what_the_caller_has_available() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 100, None).unwrap();
    let (caller, opening) = (escrow.address("alice"), escrow.opening(70));
    let response = session::open(escrow.0.as_mut(), &at(NOW), caller, usdc(), opening).unwrap();
    let created: SessionCreated = from_json(response.data.unwrap()).unwrap();
    assert_eq!(created.session, SessionId(1));
    assert_eq!(response.events.len(), 1);
    assert_eq!((escrow.available("alice"), escrow.owed()), (30, 100));
    assert_eq!(
        escrow.session(1),
        (70, Some(0), NOW + 1_000, SessionState::Open)
    );
}

#[test]
fn a_session_is_changed_by_its_caller_alone() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 100, Some(70)).unwrap();
    let before = escrow.session(1);
    for name in ["operator", "mallory"] {
        let refused = Err(ContractError::NotTheCaller {
            session: SessionId(1),
            caller: escrow.address("alice"),
        });
        let sender = escrow.address(name);
        let deps = &mut escrow.0;
        assert_eq!(
            session::top_up(
                deps.as_mut(),
                &at(NOW),
                sender.clone(),
                SessionId(1),
                amount(1)
            ),
            refused
        );
        assert_eq!(
            session::close(deps.as_mut(), &at(NOW), sender.clone(), SessionId(1)),
            refused
        );
        assert_eq!(
            session::raise_ceiling(deps.as_mut(), sender, SessionId(1), amount(1)),
            refused
        );
    }
    assert_eq!(escrow.session(1), before);

    let alice = escrow.address("alice");
    session::top_up(
        escrow.0.as_mut(),
        &at(NOW),
        alice.clone(),
        SessionId(1),
        amount(20),
    )
    .unwrap();
    session::raise_ceiling(escrow.0.as_mut(), alice.clone(), SessionId(1), amount(50)).unwrap();
    session::close(escrow.0.as_mut(), &at(NOW), alice, SessionId(1)).unwrap();
    assert_eq!(
        escrow.session(1),
        (90, Some(50), NOW + 60, SessionState::Open)
    );
    assert_eq!((escrow.available("alice"), escrow.owed()), (10, 100));
}

#[test]
fn what_a_session_has_left_is_the_callers_again_and_what_it_spent_the_funders_spend() {
    let mut escrow = Escrow::new();
    escrow.deposit("bob", "alice", 100, Some(100)).unwrap();
    let books = Books {
        sessions: vec![charged(SessionId(1), 40)],
        credits: vec![escrow.credit("anna", USDC, 40)],
    };
    escrow.settle("billing", &books).unwrap();
    let operator = escrow.address("operator");
    session::release(escrow.0.as_mut(), &at(NOW + 1_000), operator, SessionId(1)).unwrap();
    assert_eq!(
        (escrow.available("alice"), escrow.available("bob")),
        (60, 0)
    );
    assert_eq!(escrow.session(1).3, SessionState::Released);
    let spent = |name| spend::released(&escrow.0.storage, &escrow.canonical(name), USDC);
    let forty = Spent {
        spent: 40,
        kept: 10,
    };
    let nothing = Spent::default();
    assert_eq!((spent("bob"), spent("alice")), (Ok(forty), Ok(nothing)));
    let operator = escrow.canonical("operator");
    let with =
        |name| spend::released_with(&escrow.0.storage, &escrow.canonical(name), USDC, &operator);
    assert_eq!((with("bob"), with("alice")), (Ok(forty), Ok(nothing)));
    assert_eq!(escrow.owed(), 100);
}

#[test]
fn nobody_but_the_collector_settles() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 100, Some(100)).unwrap();
    let books = Books {
        sessions: vec![charged(SessionId(1), 40)],
        credits: vec![escrow.credit("mallory", USDC, 40)],
    };
    let collector = escrow.address("billing");
    assert_eq!(
        escrow.settle("mallory", &books),
        Err(ContractError::NotTheCollector { collector })
    );
    assert_eq!(escrow.settle("billing", &books), Ok(()));
    let earned = BalanceRecord {
        available: 40,
        earned: 40,
        auto_payout: false,
    };
    assert_eq!(escrow.balance("mallory"), earned);
    let reserve = sessions::load_reserve(&escrow.0.storage, SessionId(1)).unwrap();
    assert_eq!(reserve.record.spent, 40);
}

#[test]
fn books_that_do_not_balance_or_name_one_twice_are_refused() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 100, Some(100)).unwrap();
    let anna = escrow.credit("anna", USDC, 40);
    let books = |charges: &[u128], credits: &[&Credit]| Books {
        sessions: charges
            .iter()
            .map(|charge| charged(SessionId(1), *charge))
            .collect(),
        credits: credits.iter().map(|credit| (*credit).clone()).collect(),
    };
    let unbalanced = |denom, charged, credited| ContractError::Unbalanced {
        denom,
        charged: amount(charged),
        credited: amount(credited),
    };
    let elsewhere = escrow.credit("anna", DenomNumber(2), 40);
    let nothing = escrow.credit("anna", USDC, 0);
    for (books, refusal) in [
        (books(&[39], &[&anna]), unbalanced(USDC, 39, 40)),
        (books(&[41], &[&anna]), unbalanced(USDC, 41, 40)),
        (books(&[], &[&anna]), unbalanced(USDC, 0, 40)),
        (books(&[40], &[&elsewhere]), unbalanced(USDC, 40, 0)),
        (
            books(&[20, 20], &[&anna]),
            ContractError::SessionRepeated {
                session: SessionId(1),
            },
        ),
        (
            books(&[80], &[&anna, &anna]),
            ContractError::CreditRepeated {
                account: anna.account.clone(),
                denom: USDC,
            },
        ),
        (
            books(&[0], &[&nothing]),
            ContractError::ZeroCredit {
                account: anna.account.clone(),
                denom: USDC,
            },
        ),
    ] {
        assert_eq!(escrow.settle("billing", &books), Err(refusal));
    }
    assert_eq!(escrow.balance("anna"), BalanceRecord::default());
}

#[test]
fn a_withdrawal_takes_what_it_sends() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 100, None).unwrap();
    let mut withdraw = |given: Option<u128>| {
        let (sender, recipient) = (escrow.address("alice"), escrow.address("bob"));
        let given = given.map(amount);
        let response =
            withdraw::withdraw(escrow.0.as_mut(), sender, usdc(), given, recipient.clone());
        let sent = response.map(|response| {
            let messages: Vec<_> = response.messages.into_iter().map(|sent| sent.msg).collect();
            messages
        });
        (sent, escrow.available("alice"), escrow.owed())
    };
    let bob = Escrow::new().address("bob");
    let send = |sent| Ok(vec![usdc().send(&bob, amount(sent)).unwrap()]);
    assert_eq!(withdraw(Some(30)), (send(30), 70, 70));
    assert_eq!(withdraw(None), (send(70), 0, 0));
    let nothing = ContractError::NothingAvailable { denom: usdc() };
    assert_eq!(withdraw(None), (Err(nothing), 0, 0));
}

#[test]
fn a_payout_passes_over_who_did_not_ask_for_it_has_nothing_or_is_named_twice() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 40, None).unwrap();
    escrow.deposit("bob", "bob", 50, None).unwrap();
    escrow.opt_in("alice");
    escrow.opt_in("carol");
    let name = |name| escrow.address(name).into_string();
    let (alice, bob, carol) = (name("alice"), name("bob"), name("carol"));
    let accounts = [&alice, &bob, &carol, &alice, &"nobody".to_owned()];
    let accounts = accounts.map(String::clone).to_vec();
    let response = payout::payout(escrow.0.as_mut(), usdc(), accounts).unwrap();
    let report: PayoutResponse = from_json(response.data.unwrap()).unwrap();
    let sent: Vec<_> = report
        .sent
        .iter()
        .map(|sent| (sent.account.as_str(), sent.amount.u128()))
        .collect();
    let skipped: Vec<_> = report
        .skipped
        .iter()
        .map(|skipped| (skipped.account.as_str(), skipped.reason))
        .collect();
    assert_eq!(sent, [(alice.as_str(), 40)]);
    assert_eq!(
        skipped,
        [
            (bob.as_str(), SkipReason::NotOptedIn),
            (carol.as_str(), SkipReason::Empty),
            (alice.as_str(), SkipReason::Repeated),
            ("nobody", SkipReason::NotAnAddress)
        ]
    );
    assert_eq!(response.messages.len(), 1);
    assert_eq!(
        (escrow.available("alice"), escrow.available("bob")),
        (0, 50)
    );
    assert_eq!(escrow.owed(), 50);
}

#[test]
fn a_payout_that_sends_nothing_changes_nothing() {
    let mut escrow = Escrow::new();
    escrow.deposit("alice", "alice", 40, None).unwrap();
    let accounts = vec![escrow.address("alice").into_string()];
    let response = payout::payout(escrow.0.as_mut(), usdc(), accounts).unwrap();
    assert_eq!(response.messages, []);
    assert_eq!((escrow.available("alice"), escrow.owed()), (40, 40));
}
