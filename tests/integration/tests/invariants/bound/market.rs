//! A small market of people with several accounts each. It knows whose they are, and who really paid whom.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Addr, Uint128};
use hub_testing::{data, rates, terms, Attester, Hub, KeyType, Mode, Money, NewModel};
use hub_types::billing::{BackingsResponse, BatchResponse, QueryMsg as Billing, ServedSums};
use hub_types::escrow::{
    BalanceResponse, ExecuteMsg as Escrow, NewSession, QueryMsg as Funds, SpendsResponse,
};
use hub_types::ids::{ModelId, SessionId};
use hub_types::registry::{
    ExecuteMsg as Registry, QueryMsg as Models, TermsListResponse, TermsResponse, UncheckedPayee,
};
use hub_types::wire::sha256;

use crate::runner::{Fault, Tally};

/// A place among the accounts. The first are those of operators.
pub type Account = usize;
/// A place among the people.
pub type Person = usize;

/// Whose each account is.
const OWNERS: [Person; 12] = [
    HONEST,
    PATRON,
    SELF_DEALER,
    FAKER,
    SELF_DEALER,
    SELF_DEALER,
    FAKER,
    FAKER,
    FAKER,
    STRANGER,
    STRANGER,
    CUSTOMER,
];
pub const ACCOUNTS: usize = OWNERS.len();
/// Accounts that are operators, each of another person.
pub const OPERATORS: usize = 4;
/// The operator of the one who deals with itself.
pub const SELF_DEALERS_OPERATOR: Account = 2;

/// Serves and keeps what it gets.
pub const HONEST: Person = 0;
/// An operator that pays for callers with its own money.
pub const PATRON: Person = 1;
/// An operator with models and accounts of its own.
pub const SELF_DEALER: Person = 2;
/// An author with payers, and with a friend who is an operator.
pub const FAKER: Person = 3;
/// An author with payers and without an operator.
pub const STRANGER: Person = 4;
/// Pays, and has nothing else.
pub const CUSTOMER: Person = 5;
const PEOPLE: [&str; 6] = [
    "honest",
    "patron",
    "self-dealer",
    "faker",
    "stranger",
    "customer",
];

const MAX_FACTOR: u128 = 20;
const LASTS_SECONDS: u64 = 300 * 86_400;
const GRACE_SECONDS: u64 = 86_400;

/// Whose an account is.
pub fn owner(account: Account) -> Person {
    OWNERS[account]
}

/// How income is divided.
#[derive(Clone, Debug)]
pub struct Shares {
    pub operator_bps: u16,
    /// Divide the rest evenly, in this order.
    pub payees: Vec<Account>,
}

/// Calls of a model.
#[derive(Clone, Debug)]
pub struct Sale {
    pub model: usize,
    pub calls: u64,
    /// Seconds since they were served.
    pub age: u64,
}

/// What somebody does. Models and sessions are named by their places, counted round, so that a step means something
/// in any script.
#[derive(Clone, Debug)]
pub enum Step {
    Register {
        author: Account,
        money: usize,
        price: u128,
        shares: Shares,
    },
    Reprice {
        model: usize,
        price: u128,
        shares: Shares,
    },
    Transfer {
        model: usize,
        to: Account,
        payees: Vec<Account>,
    },
    Prepay {
        funder: Account,
        caller: Account,
        operator: Account,
        money: usize,
        budget: u128,
    },
    Settle {
        session: usize,
        /// Whether sessions that the same person funded pay for as many calls in the same batch.
        with_others: bool,
        sales: Vec<Sale>,
        netted: bool,
    },
    Wait {
        seconds: u64,
    },
}

impl Step {
    /// The same with less in it.
    pub fn simpler(&self) -> Vec<Self> {
        match self {
            Self::Settle {
                session,
                with_others,
                sales,
                netted,
            } => {
                let with = |with_others, sales: Vec<Sale>| Self::Settle {
                    session: *session,
                    with_others,
                    sales,
                    netted: *netted,
                };
                let mut simpler = vec![];
                if *with_others {
                    simpler.push(with(false, sales.clone()));
                }
                for place in 1..sales.len() {
                    let mut fewer = sales.clone();
                    fewer.remove(place);
                    simpler.push(with(*with_others, fewer));
                }
                for (place, sale) in sales.iter().enumerate() {
                    if (sale.calls, sale.age) != (1, 0) {
                        let mut smaller = sales.clone();
                        (smaller[place].calls, smaller[place].age) = (1, 0);
                        simpler.push(with(*with_others, smaller));
                    }
                }
                simpler
            }
            Self::Wait { seconds } if *seconds > 1 => vec![Self::Wait {
                seconds: seconds / 2,
            }],
            _ => vec![],
        }
    }
}

struct Model {
    id: ModelId,
    /// Who registered it, for itself or to sell it.
    family: Person,
    money: usize,
    transferred: bool,
}

struct Session {
    id: SessionId,
    funder: Account,
    caller: Account,
    operator: Account,
    money: usize,
}

/// What an operator said about a model.
type Rows = Vec<Vec<ServedSums>>;

pub struct Market {
    pub tally: Tally,
    hub: Hub,
    accounts: Vec<Addr>,
    moneys: [Money; 2],
    attesters: Vec<Attester>,
    models: Vec<Model>,
    sessions: Vec<Session>,
    /// What came to an operator from the pockets of others, by it, the family of the models, and the money.
    came: BTreeMap<(Account, Person, usize), u128>,
    /// The same by it, the person who paid, and the money.
    paid: BTreeMap<(Account, Person, usize), u128>,
    /// Operators that took their own money under another name, where the chain cannot see it.
    friends: BTreeSet<Account>,
}

impl Market {
    pub fn new() -> Self {
        // The bound is checked at the end; what holds after each message is the affair of the other tests here.
        let mut hub = Hub::builder().unwatched().build();
        let accounts: Vec<Addr> = (0..ACCOUNTS)
            .map(|account| hub.account(&format!("{} {account}", PEOPLE[owner(account)])))
            .collect();
        let attesters = (0..OPERATORS)
            .map(|operator| {
                let key_type = match operator % 2 {
                    0 => KeyType::Ed25519,
                    _ => KeyType::Secp256k1,
                };
                hub.register_attester(&accounts[operator], key_type, operator as u64)
            })
            .collect();
        Self {
            tally: Tally::default(),
            moneys: hub.moneys(),
            hub,
            accounts,
            attesters,
            models: vec![],
            sessions: vec![],
            came: BTreeMap::new(),
            paid: BTreeMap::new(),
            friends: BTreeSet::new(),
        }
    }

    pub fn models(&self) -> usize {
        self.models.len()
    }

    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Who registered a model.
    pub fn family(&self, model: usize) -> Person {
        self.models[model].family
    }

    /// What a model is sold for.
    pub fn sold_in(&self, model: usize) -> usize {
        self.models[model].money
    }

    /// Who has a model now.
    pub fn author(&self, model: usize) -> Account {
        let author = self.hub.model(self.models[model].id).author;
        let place = self.accounts.iter().position(|account| *account == author);
        place.expect("the author is one of them")
    }

    /// Who funded a session, and the operator that it names.
    pub fn payer(&self, session: usize) -> (Person, Account) {
        let session = &self.sessions[session];
        (owner(session.funder), session.operator)
    }

    /// What a session pays in.
    pub fn money_of(&self, session: usize) -> usize {
        self.sessions[session].money
    }

    /// Carries out a step. What the contracts refuse changes nothing.
    pub fn step(&mut self, step: &Step) -> Result<(), Fault> {
        match step {
            Step::Register {
                author,
                money,
                price,
                shares,
            } => self.register(*author, *money, *price, shares),
            Step::Reprice {
                model,
                price,
                shares,
            } => self.reprice(*model, *price, shares),
            Step::Transfer { model, to, payees } => self.transfer(*model, *to, payees),
            Step::Prepay {
                funder,
                caller,
                operator,
                money,
                budget,
            } => self.prepay(*funder, *caller, *operator, *money, *budget),
            Step::Settle {
                session,
                with_others,
                sales,
                netted,
            } => self.settle(*session, *with_others, sales, *netted),
            Step::Wait { seconds } => self.hub.advance(*seconds),
        }
        Ok(())
    }

    /// Payees with their parts of what is left to them.
    fn payees(&self, payees: &[Account], operator_bps: u16) -> Vec<(&Addr, u16)> {
        let rest = 10_000 - operator_bps;
        let each = rest / payees.len() as u16;
        let mut shares: Vec<(&Addr, u16)> = payees
            .iter()
            .map(|payee| (&self.accounts[*payee], each))
            .collect();
        if let Some((_, last)) = shares.last_mut() {
            *last += rest % payees.len() as u16;
        }
        shares
    }

    fn register(&mut self, author: Account, money: usize, price: u128, shares: &Shares) {
        let place = self.models.len();
        let model = NewModel::named(&format!("model-{place}"))
            .price(&self.moneys[money], rates(price, 0, 0))
            .operator_bps(shares.operator_bps)
            .payees(&self.payees(&shares.payees, shares.operator_bps))
            .release(sha256(&[&place.to_be_bytes()]));
        let by = self.accounts[author].clone();
        let id = self.hub.register_model(&by, model);
        self.tally.messages += 1;
        self.models.push(Model {
            id,
            family: owner(author),
            money,
            transferred: false,
        });
    }

    /// A place, counted round; none where there is nothing.
    fn place(wanted: usize, length: usize) -> Option<usize> {
        wanted.checked_rem(length)
    }

    fn reprice(&mut self, model: usize, price: u128, shares: &Shares) {
        let Some(place) = Self::place(model, self.models.len()) else {
            return;
        };
        let (model, money) = (self.models[place].id, self.models[place].money);
        let author = self.accounts[self.author(place)].clone();
        let payees = self.payees(&shares.payees, shares.operator_bps);
        let terms = terms(
            &self.moneys[money],
            rates(price, 0, 0),
            shares.operator_bps,
            &payees,
        );
        self.tally.messages += 1;
        self.hub
            .registry(&author, Registry::SetTerms { model, terms })
            .expect("an author sets any terms");
    }

    fn transfer(&mut self, model: usize, to: Account, payees: &[Account]) {
        let Some(place) = Self::place(model, self.models.len()) else {
            return;
        };
        if self.author(place) == to {
            return;
        }
        let model = self.models[place].id;
        let author = self.accounts[self.author(place)].clone();
        let buyer = self.accounts[to].clone();
        let offer = Registry::OfferTransfer {
            model,
            to: buyer.to_string(),
        };
        self.hub.registry(&author, offer).expect("an author offers");
        let in_force = self.terms(model, self.hub.now()).expect("terms in force");
        let payees = self.payees(payees, in_force.operator_bps);
        let accept = Registry::AcceptTransfer {
            model,
            expected_terms: in_force.terms,
            payees: payees
                .into_iter()
                .map(|(address, bps)| UncheckedPayee {
                    address: address.to_string(),
                    bps,
                })
                .collect(),
            name: None,
        };
        self.hub.registry(&buyer, accept).expect("a buyer accepts");
        self.tally.messages += 2;
        self.models[place].transferred = true;
    }

    /// Terms in force at a time; none before the model was registered.
    fn terms(&self, model: ModelId, time: u64) -> Option<TermsResponse> {
        let query = Models::TermsAt {
            model,
            time: Some(time),
        };
        let found: TermsListResponse = self.hub.query_registry(query).expect("terms are listed");
        found.terms.into_iter().next()
    }

    fn prepay(
        &mut self,
        funder: Account,
        caller: Account,
        operator: Account,
        money: usize,
        budget: u128,
    ) {
        let [by, for_whom] = [funder, caller].map(|account| self.accounts[account].clone());
        let coined = self.moneys[money].clone();
        self.hub.give(&by, &coined, budget);
        let session = NewSession {
            expires_at: self.hub.now() + LASTS_SECONDS,
            ..self.hub.new_session(&self.accounts[operator], budget)
        };
        let beneficiary = (caller != funder).then_some(&for_whom);
        self.hub
            .deposit(&by, &coined, budget, beneficiary, Some(session))
            .expect("anybody opens a session");
        self.tally.messages += 1;
        self.sessions.push(Session {
            id: self.hub.last_session(&for_whom),
            funder,
            caller,
            operator,
            money,
        });
    }

    fn available(&self, account: Account, money: usize) -> u128 {
        let query = Funds::Balance {
            address: self.accounts[account].to_string(),
            denom: self.moneys[money].unchecked(),
        };
        let balance: BalanceResponse = self.hub.query_escrow(query).expect("a balance");
        balance.available.u128()
    }

    fn settle(&mut self, session: usize, with_others: bool, sales: &[Sale], netted: bool) {
        let Some(first) = Self::place(session, self.sessions.len()) else {
            return;
        };
        let Some(models) = self.of_one_family(sales, self.sessions[first].money) else {
            return;
        };
        let family = self.models[models[0].0].family;
        let (operator, money) = (self.sessions[first].operator, self.sessions[first].money);
        let payer = owner(self.sessions[first].funder);
        let mut paying = vec![first];
        if with_others {
            let like_it = |place: &usize| {
                let other = &self.sessions[*place];
                let same = (other.operator, other.money, owner(other.funder));
                *place != first && same == (operator, money, payer)
            };
            paying.extend((0..self.sessions.len()).filter(like_it).take(2));
        }
        let (mut receipts, mut charged, mut visible) = (vec![], BTreeSet::new(), vec![]);
        for place in &paying {
            let session = &self.sessions[*place];
            let party = |account: Account| account == operator;
            let named = party(session.funder) || party(session.caller);
            for (model, sale) in &models {
                let model = &self.models[*model];
                let Some(terms) = self.terms(model.id, self.hub.now() - sale.age) else {
                    continue;
                };
                let address = &self.accounts[operator];
                let inside = self.hub.model(model.id).author == *address
                    || terms.payees.iter().any(|payee| payee.address == *address);
                visible.push((session.funder, named, inside));
                charged.insert((model.id, terms.terms));
                let attester = &self.attesters[operator];
                let now = self.hub.now();
                let calls = sale.calls;
                receipts.extend(self.hub.receipts(
                    attester,
                    session.id,
                    model.id,
                    calls,
                    |_, receipt| {
                        receipt.terms = terms.terms;
                        receipt.issued_at = now - sale.age;
                    },
                ));
            }
        }
        if receipts.is_empty() {
            return;
        }
        let mode = match netted {
            true => Mode::Netted,
            false => Mode::Itemised,
        };
        let before = self.available(operator, money);
        let batch = self.hub.batch(&self.attesters[operator], mode, receipts);
        let message = self.hub.sign_batch(&self.attesters[operator], &batch);
        self.tally.messages += 1;
        let by = self.accounts[operator].clone();
        let Ok(response) = self.hub.billing(&by, message) else {
            return;
        };
        let answer: BatchResponse = data(&response);
        if answer.paid == 0 {
            return;
        }
        let came = self.available(operator, money) - before;
        if payer == owner(operator) {
            // Whatever the chain cannot know to be one's own.
            if visible.iter().any(|(_, named, inside)| !named && !inside) {
                self.friends.insert(operator);
            }
            for (funder, named, inside) in &visible {
                if *inside && !named {
                    self.met("a believed operator paid itself in secret for its own model");
                }
                if *funder == operator && !inside {
                    self.met("a believed operator paid its own callers");
                }
            }
        } else {
            *self.came.entry((operator, family, money)).or_default() += came;
            *self.paid.entry((operator, payer, money)).or_default() += came;
        }
        let sold: BTreeSet<ModelId> = charged.iter().map(|(model, _)| *model).collect();
        let of_models = self.models.iter();
        let after_transfer = of_models
            .filter(|model| model.transferred)
            .any(|model| sold.contains(&model.id));
        for (name, met) in [
            ("a settlement of several models", sold.len() > 1),
            ("a settlement at several terms", charged.len() > sold.len()),
            ("a settlement of several sessions", paying.len() > 1),
            (
                "a model backed after a transfer",
                after_transfer && came > 0,
            ),
            (
                "an operator that is a payee",
                visible.iter().any(|(_, _, inside)| *inside),
            ),
        ] {
            if met {
                self.met(name);
            }
        }
    }

    /// The sales of models of the first one's family that are sold in this money.
    fn of_one_family(&self, sales: &[Sale], money: usize) -> Option<Vec<(usize, Sale)>> {
        let mut found: Vec<(usize, Sale)> = vec![];
        for sale in sales {
            let place = Self::place(sale.model, self.models.len())?;
            let (family, sold_in) = (self.models[place].family, self.models[place].money);
            let of_family = |(first, _): &(usize, Sale)| self.models[*first].family == family;
            if sold_in == money && found.first().is_none_or(of_family) {
                found.push((place, sale.clone()));
            }
        }
        (!found.is_empty()).then_some(found)
    }

    fn met(&mut self, situation: &str) {
        *self.tally.situation(situation) += 1;
    }

    /// What everybody is backed for and what funders spent, against what really came to operators.
    pub fn close(&mut self) -> Result<(), Fault> {
        for family in 0..PEOPLE.len() {
            let mut backed_in = 0;
            for money in 0..self.moneys.len() {
                backed_in += u32::from(self.check_family(family, money)?);
            }
            if backed_in == 2 {
                self.met("a family backed in two denominations");
            }
        }
        self.release_all();
        for payer in 0..PEOPLE.len() {
            for money in 0..self.moneys.len() {
                self.check_spend(payer, money)?;
            }
        }
        match self.hub.check_invariants() {
            violations if violations.is_empty() => Ok(()),
            violations => Err(violations.join("\n")),
        }
    }

    fn backings(
        &self,
        models: &[ModelId],
        money: usize,
        believed: &[Account],
        factor: u32,
    ) -> BackingsResponse {
        let names = believed.iter().map(|it| self.accounts[*it].to_string());
        let query = Billing::Backings {
            models: models.to_vec(),
            denom: self.moneys[money].unchecked(),
            operators: names.collect(),
            factor: Some(factor),
        };
        self.hub.query_billing(query).expect("what they back")
    }

    /// Whether any operator backs anything of the family in this money.
    fn check_family(&mut self, family: Person, money: usize) -> Result<bool, Fault> {
        let of_family = self.models.iter();
        let models: Vec<ModelId> = of_family
            .filter(|model| (model.family, model.money) == (family, money))
            .map(|model| model.id)
            .collect();
        let everybody: Vec<Account> = (0..OPERATORS).collect();
        let rows: Rows = self
            .backings(&models, money, &everybody, 1)
            .backings
            .into_iter()
            .map(|it| it.operators.into_iter().map(|one| one.sums).collect())
            .collect();
        for set in 0..1_usize << OPERATORS {
            let believed: Vec<Account> = (0..OPERATORS).filter(|it| set >> it & 1 == 1).collect();
            // The contract adds up as the bound does, for another factor each time.
            let factor = 1 + (set + 7 * family + 3 * models.len()) % 20;
            let answer = self.backings(&models, money, &believed, factor as u32);
            for (row, said) in rows.iter().zip(&answer.backings) {
                let own = backed(row, &believed, factor as u128);
                if own != (said.backed.u128(), said.recent_backed.u128()) {
                    return Err(format!(
                        "model {} at {factor}: {said:?}, but its operators say {own:?}",
                        said.model
                    ));
                }
            }
            if !believed.iter().any(|it| self.friends.contains(it)) {
                self.check_bound(family, money, &rows, &believed)?;
            }
        }
        self.notice(family, money, &rows);
        let strange = |row: &Vec<ServedSums>| row.iter().any(|it| !it.strange.is_zero());
        Ok(rows.iter().any(strange))
    }

    fn check_bound(
        &mut self,
        family: Person,
        money: usize,
        rows: &Rows,
        believed: &[Account],
    ) -> Result<(), Fault> {
        let came = believed.iter().map(|it| self.came(*it, family, money));
        let came: u128 = came.sum();
        for factor in 1..=MAX_FACTOR {
            let (mut lifetime, mut recent) = (0, 0);
            for row in rows {
                let of_model = backed(row, believed, factor);
                lifetime += of_model.0;
                recent += of_model.1;
            }
            let most = factor * came;
            if lifetime > most || recent > most {
                return Err(format!(
                    "operators {believed:?} got {came} from others for the models of the {}, and back {lifetime} of them, \
                     {recent} recently, at factor {factor}",
                    PEOPLE[family]
                ));
            }
            if lifetime == most && came > 0 {
                self.met("a bound that holds with nothing to spare");
                if factor == MAX_FACTOR {
                    self.met("a bound that holds with nothing to spare, at the largest factor");
                }
            }
        }
        Ok(())
    }

    fn came(&self, operator: Account, family: Person, money: usize) -> u128 {
        let of = (operator, family, money);
        self.came.get(&of).copied().unwrap_or_default()
    }

    /// Takes note of what was met.
    fn notice(&mut self, family: Person, money: usize, rows: &Rows) {
        for friend in self.friends.clone() {
            let alone: u128 = rows.iter().map(|row| backed(row, &[friend], 1).0).sum();
            if alone > self.came(friend, family, money) {
                self.met("a friend that backs what nobody paid for");
            }
        }
        for sums in rows.iter().flatten() {
            if sums.recent_strange < sums.strange {
                self.met("a recent sum that is less than its lifetime's");
            }
            if sums.kept.u128() * MAX_FACTOR < sums.strange.u128() {
                self.met("an operator that keeps less than the factor asks for");
            }
        }
    }

    /// Everybody closes and releases its sessions, so that what was spent is counted.
    fn release_all(&mut self) {
        let sessions = std::mem::take(&mut self.sessions);
        for session in &sessions {
            let caller = self.accounts[session.caller].clone();
            // Some are over already.
            let close = Escrow::CloseSession {
                session: session.id,
            };
            self.hub.escrow(&caller, close).ok();
        }
        self.hub.advance(GRACE_SECONDS);
        for session in &sessions {
            let operator = self.accounts[session.operator].clone();
            let release = Escrow::ReleaseSession {
                session: session.id,
            };
            let released = self.hub.escrow(&operator, release);
            released.expect("an operator releases what is over");
        }
        self.tally.messages += 2 * sessions.len() as u64;
    }

    /// What a person's accounts left with an operator is what came to it from them, and nothing where it is their own.
    fn check_spend(&mut self, payer: Person, money: usize) -> Result<(), Fault> {
        let own = (0..ACCOUNTS).filter(|account| owner(*account) == payer);
        let funders: Vec<String> = own.map(|it| self.accounts[it].to_string()).collect();
        for operator in 0..OPERATORS {
            let query = Funds::Spends {
                funders: funders.clone(),
                denom: self.moneys[money].unchecked(),
                operators: vec![self.accounts[operator].to_string()],
            };
            let answer: SpendsResponse = self.hub.query_escrow(query).expect("what was spent");
            let kept = answer.funders.iter().map(|it| it.kept_with.u128());
            let kept: u128 = kept.sum();
            let paid = self.paid.get(&(operator, payer, money)).copied();
            let paid = paid.unwrap_or_default();
            if kept > paid && !self.friends.contains(&operator) {
                return Err(format!(
                    "operator {operator} kept {kept} of what the {} spent, and got {paid} from it",
                    PEOPLE[payer]
                ));
            }
            if kept > 0 {
                self.met("a payer of whose spend the operator kept a part");
            }
        }
        Ok(())
    }
}

/// What these operators back of a model at a factor, lifetime and recent.
fn backed(row: &[ServedSums], believed: &[Account], factor: u128) -> (u128, u128) {
    let smaller = |strange: Uint128, kept: Uint128| strange.u128().min(factor * kept.u128());
    believed.iter().fold((0, 0), |(lifetime, recent), it| {
        let sums = &row[*it];
        (
            lifetime + smaller(sums.strange, sums.kept),
            recent + smaller(sums.recent_strange, sums.recent_kept),
        )
    })
}
