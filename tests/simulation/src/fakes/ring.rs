use anyhow::Result;
use cosmwasm_std::{coins, Addr, CosmosMsg};
use hub_testing::{data, rates, AppResponse, Attester, Mode, NewModel, NATIVE};
use hub_types::billing::{self, AttesterCreated, BatchResponse, ExecuteMsg as BillingMsg};
use hub_types::escrow::{ExecuteMsg, ModelRef, Models, NewSession, SessionCreated};
use hub_types::ids::{ReleaseNumber, SessionId, TermsNumber};
use hub_types::price::Rates;
use hub_types::split::WHOLE_BPS;
use hub_types::wire::{Batch, Group, Units, Work};

use crate::gas::{bank_send, GasMeter};
use crate::numbers::Numbers;
use crate::world::{model_of, Call, Nature, Origin, World, DAY};

/// Longer than any simulation: sessions of rings end when they are spent.
const SESSION_DAYS: u64 = 4_000;

/// What faking cost so far. Money is in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Gas of all its transactions.
    pub gas: u64,
    /// Transactions that it paid for.
    pub transactions: u64,
    /// Most of its money that lay in the escrow at a time.
    pub peak_locked: u128,
    /// Money in the escrow times seconds.
    pub locked_seconds: u128,
    /// Money it brought.
    pub brought: u128,
    locked: u128,
    locked_since: u64,
}

impl Bill {
    /// Money that lies in the escrow from now on.
    fn lock(&mut self, now: u64, amount: u128) {
        self.pass(now);
        self.locked += amount;
    }

    /// Money that can be withdrawn from now on.
    fn unlock(&mut self, now: u64, amount: u128) {
        self.pass(now);
        self.locked = self.locked.saturating_sub(amount);
    }

    /// Only money that lies while time passes is locked.
    fn pass(&mut self, now: u64) {
        let seconds = now.saturating_sub(self.locked_since);
        if seconds > 0 {
            self.peak_locked = self.peak_locked.max(self.locked);
            self.locked_seconds += self.locked * u128::from(seconds);
        }
        self.locked_since = now;
    }
}

/// People who act together: an author, an operator, accounts.
pub struct Ring {
    /// Its place among all rings.
    pub number: usize,
    /// The place of its plan in the scenario.
    pub plan: usize,
    /// What it cost.
    pub bill: Bill,
    /// Registers the ring's models and receives what they earn.
    pub author: Addr,
    /// Accounts that pay.
    pub accounts: Vec<Addr>,
    /// Places of its models among the listings.
    pub places: Vec<usize>,
    /// What it did to the numbers of others' models.
    pub elsewhere: Numbers,
    /// Sessions that hold its money.
    sessions: Vec<SessionId>,
    name: String,
    gas: GasMeter,
    service: Option<usize>,
}

impl Ring {
    pub(super) fn new(world: &World, number: usize, plan: usize, copy: u64, gas: GasMeter) -> Self {
        let name = format!("ring {plan}.{copy}");
        Self {
            number,
            plan,
            bill: Bill::default(),
            author: world.hub.account(&format!("{name} author")),
            accounts: vec![],
            places: vec![],
            elsewhere: Numbers::default(),
            sessions: vec![],
            name,
            gas,
            service: None,
        }
    }

    /// What the ring has: in wallets, available in the escrow, and left in its sessions.
    pub fn wealth(&self, world: &World) -> Result<u128> {
        let mut wealth = 0;
        for account in self.accounts.iter().chain([&self.author]) {
            wealth += world.hub.wallet(account, &world.money) + world.available(account)?;
        }
        for session in &self.sessions {
            wealth += world.hub.session(*session).left.u128();
        }
        Ok(wealth)
    }

    /// Ends the account of what lay in the escrow.
    pub(super) fn closed(mut self, now: u64) -> Self {
        self.bill.pass(now);
        self
    }

    /// An account of the ring.
    pub(super) fn account(&self, world: &World, what: &str) -> Addr {
        world.hub.account(&format!("{} {what}", self.name))
    }

    /// As many accounts that pay.
    pub(super) fn hire(&mut self, world: &World, accounts: u64) {
        for number in 0..accounts {
            self.accounts
                .push(self.account(world, &format!("payer {number}")));
        }
    }

    /// Money of its own, from outside, for an account.
    pub(super) fn bring(&mut self, world: &mut World, to: &Addr, amount: u128) {
        world.hub.mint(to, coins(amount, NATIVE));
        self.bill.brought += amount;
    }

    /// Sends a transaction and pays for its gas.
    pub(super) fn send(
        &mut self,
        world: &mut World,
        sender: &Addr,
        messages: Vec<CosmosMsg>,
    ) -> Result<Vec<AppResponse>> {
        let (responses, gas) = self.gas.send(&mut world.hub, sender, messages)?;
        self.bill.gas += gas;
        self.bill.transactions += 1;
        world.transactions += 1;
        Ok(responses)
    }

    /// Sends one message to the escrow.
    pub(super) fn escrow(
        &mut self,
        world: &mut World,
        sender: &Addr,
        msg: &ExecuteMsg,
        amount: u128,
    ) -> Result<AppResponse> {
        let funds = if amount > 0 {
            coins(amount, NATIVE)
        } else {
            vec![]
        };
        let message = world.hub.message(&world.hub.escrow, msg, &funds);
        let mut responses = self.send(world, sender, vec![message])?;
        Ok(responses.remove(0))
    }

    /// Registers an operator of its own with an attester; returns its place among the services.
    pub(super) fn operate(&mut self, world: &mut World) -> Result<usize> {
        if let Some(service) = self.service {
            return Ok(service);
        }
        let operator = self.account(world, "operator");
        let (key, registration) = world.registration(&operator);
        let message = world.hub.message(&world.hub.billing, &registration, &[]);
        let responses = self.send(world, &operator, vec![message])?;
        let attester = Attester {
            id: data::<AttesterCreated>(&responses[0]).attester,
            operator: operator.clone(),
            key,
        };
        let service = world.service(operator, attester);
        self.service = Some(service);
        Ok(service)
    }

    /// Registers models in one transaction, each at a price for the call alone, paid to `payee`.
    pub(super) fn publish(
        &mut self,
        world: &mut World,
        models: u64,
        per_call: u128,
        operator_bps: u16,
        payee: &Addr,
    ) -> Result<()> {
        self.publish_at(world, models, rates(per_call, 0, 0), operator_bps, payee)
    }

    /// Registers models in one transaction, each at this price, paid to `payee`.
    pub(super) fn publish_at(
        &mut self,
        world: &mut World,
        models: u64,
        price: Rates,
        operator_bps: u16,
        payee: &Addr,
    ) -> Result<()> {
        let author = self.author.clone();
        let mut blobs = vec![];
        let mut messages = vec![];
        for _ in 0..models {
            let blob_id = world.blob_id();
            let name = format!("fake-{}-{}", self.number, self.places.len() + blobs.len());
            let model = NewModel::named(&name)
                .price(&world.money, price)
                .operator_bps(operator_bps)
                .payees(&[(payee, WHOLE_BPS - operator_bps)])
                .release(blob_id)
                .message(&author);
            messages.push(world.hub.message(&world.hub.registry, &model, &[]));
            blobs.push(blob_id);
        }
        let responses = self.send(world, &author, messages)?;
        for (response, blob_id) in responses.iter().zip(blobs) {
            let nature = Nature::Fake { ring: self.number };
            let place = world.list(&author, model_of(response), blob_id, price, nature);
            self.places.push(place);
        }
        Ok(())
    }

    /// A session for its model at `place` through a service.
    pub(super) fn session(
        &self,
        world: &World,
        place: usize,
        service: usize,
        budget: u128,
    ) -> NewSession {
        NewSession {
            models: Models::Listed(vec![ModelRef {
                model: world.listings[place].model,
                release: None,
            }]),
            max_price: None,
            expires_at: world.hub.now() + SESSION_DAYS * DAY,
            ..world
                .hub
                .new_session(&world.services[service].operator, budget)
        }
    }

    /// An account deposits its money and opens a session with it, for itself or for another; returns the session.
    pub(super) fn open(
        &mut self,
        world: &mut World,
        payer: &Addr,
        beneficiary: Option<&Addr>,
        session: NewSession,
    ) -> Result<SessionId> {
        let amount = session.budget.u128();
        let deposit = ExecuteMsg::Deposit {
            beneficiary: beneficiary.map(Addr::to_string),
            session: Some(session),
        };
        let response = self.escrow(world, payer, &deposit, amount)?;
        let session = data::<SessionCreated>(&response).session;
        world.originate(session, Origin::Own);
        self.sessions.push(session);
        self.bill.lock(world.hub.now(), amount);
        Ok(session)
    }

    /// An account adds money to its session.
    pub(super) fn top_up(
        &mut self,
        world: &mut World,
        payer: &Addr,
        session: SessionId,
        amount: u128,
    ) -> Result<()> {
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: None,
        };
        let top_up = ExecuteMsg::TopUp {
            session,
            amount: amount.into(),
        };
        let escrow = &world.hub.escrow;
        let messages = vec![
            world.hub.message(escrow, &deposit, &coins(amount, NATIVE)),
            world.hub.message(escrow, &top_up, &[]),
        ];
        self.send(world, payer, messages)?;
        self.bill.lock(world.hub.now(), amount);
        Ok(())
    }

    /// Has `calls` calls of a model charged to each session now, in one batch of sums.
    pub(super) fn charge(
        &mut self,
        world: &mut World,
        service: usize,
        place: usize,
        sessions: &[SessionId],
        calls: u64,
    ) -> Result<()> {
        let each = sessions.iter().flat_map(|session| {
            std::iter::repeat_n(
                (*session, place),
                usize::try_from(calls).unwrap_or_default(),
            )
        });
        self.charge_each(world, service, each.collect())
    }

    /// Has one call charged now for each session and place of a model, in one batch of sums.
    pub(super) fn charge_each(
        &mut self,
        world: &mut World,
        service: usize,
        calls: Vec<(SessionId, usize)>,
    ) -> Result<()> {
        for (session, place) in calls {
            let call = Call {
                session,
                place,
                issued_at: world.hub.now(),
                units: Units::new(1, 1),
            };
            world.attest(service, call)?;
        }
        self.settle(world, service, Mode::Netted)
    }

    /// Has one call charged to each session now, whose units in are so many, in one batch.
    pub(super) fn spend(
        &mut self,
        world: &mut World,
        service: usize,
        place: usize,
        sessions: &[SessionId],
        units: u128,
    ) -> Result<()> {
        for session in sessions {
            let call = Call {
                session: *session,
                place,
                issued_at: world.hub.now(),
                units: Units::new(u64::try_from(units)?, 0),
            };
            world.attest(service, call)?;
        }
        self.settle(world, service, Mode::Netted)
    }

    /// Has one call charged.
    pub(super) fn charge_call(
        &mut self,
        world: &mut World,
        service: usize,
        call: Call,
        mode: Mode,
    ) -> Result<()> {
        world.attest(service, call)?;
        self.settle(world, service, mode)
    }

    /// Whoever runs the service sends the batch: the ring if it is its own.
    pub(super) fn settle(&mut self, world: &mut World, service: usize, mode: Mode) -> Result<()> {
        if self.service != Some(service) {
            return world.settle(service, mode);
        }
        let Some((operator, message, parts)) = world.batch(service, mode)? else {
            return Ok(());
        };
        let message = world.hub.message(&world.hub.billing, &message, &[]);
        let responses = self.send(world, &operator, vec![message])?;
        world.settled(&parts, &data::<BatchResponse>(&responses[0]))
    }

    /// The message that settles `count` calls that never were, and of which there are no receipts at all.
    pub(super) fn invention(
        &self,
        world: &World,
        service: usize,
        place: usize,
        session: SessionId,
        sequence: u64,
        count: u16,
    ) -> Result<billing::ExecuteMsg> {
        let attester = &world.services[service].attester;
        let batch = Batch {
            attester: attester.id,
            issued_from: world.hub.now(),
            issued_to: world.hub.now(),
            receipts_root: [0; 32],
            groups: vec![Group {
                session,
                model: world.listings[place].model,
                release: ReleaseNumber(1),
                terms: TermsNumber(1),
                from: 0,
                span: 0,
                sequence,
                work: Work::Netted {
                    count,
                    total: Units::new(1, 1),
                },
            }],
        };
        let message: BillingMsg = world.hub.sign_batch(attester, &batch);
        Ok(message)
    }

    /// The author takes everything that its models earned, to itself or to another address.
    pub(super) fn collect(&mut self, world: &mut World, recipient: Option<&Addr>) -> Result<()> {
        let author = self.author.clone();
        let withdraw = ExecuteMsg::Withdraw {
            denom: world.money.unchecked(),
            amount: None,
            recipient: recipient.map(Addr::to_string),
        };
        self.escrow(world, &author, &withdraw, 0)?;
        Ok(())
    }

    /// What the operator of a service has available.
    pub(super) fn earned_by(&self, world: &World, service: usize) -> Result<u128> {
        world.available(&world.services[service].operator)
    }

    /// The operator of a service, being a friend, takes so much of its income and sends it to the author.
    pub(super) fn give_back(
        &mut self,
        world: &mut World,
        service: usize,
        amount: u128,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let operator = world.services[service].operator.clone();
        let withdraw = ExecuteMsg::Withdraw {
            denom: world.money.unchecked(),
            amount: Some(amount.into()),
            recipient: Some(self.author.to_string()),
        };
        self.escrow(world, &operator, &withdraw, 0)?;
        Ok(())
    }

    /// The author sends these accounts so much, in one transaction.
    pub(super) fn send_out(&mut self, world: &mut World, to: &[(Addr, u128)]) -> Result<()> {
        let author = self.author.clone();
        let sends = to.iter().map(|(to, amount)| bank_send(to, *amount));
        let sends = sends.collect();
        self.send(world, &author, sends)?;
        Ok(())
    }

    /// The author sends each account as much, in one transaction.
    pub(super) fn distribute(&mut self, world: &mut World, each: u128) -> Result<()> {
        let to: Vec<(Addr, u128)> = self.accounts.iter().map(|to| (to.clone(), each)).collect();
        self.send_out(world, &to)
    }

    /// Money of sessions that were charged is the author's again.
    pub(super) fn freed(&mut self, world: &World, amount: u128) {
        self.bill.unlock(world.hub.now(), amount);
    }
}
