//! A Hub on an embedded chain, and an operator's ledger beside it.

use cosmwasm_std::Addr;
use hub_ledger::{
    Admission, Answer, Authorized, Block, Changed, Completed, Fact, Identity, Ledger, Limits,
    Notice, Observation, Outgoing, Record, Refusal, Reservation, Verdict, Work,
};
use hub_testing::{data, rates, signing_key, Attester, Hub, KeyType, Money, NewModel};
use hub_types::billing::{
    AttesterResponse, BatchResponse, ExecuteMsg, Outcome, QueryMsg as BillingQuery,
};
use hub_types::escrow::{self, NewSession};
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{QueryMsg as RegistryQuery, ReleaseResponse, TermsListResponse};
use hub_wire::{sha256, Call, SigningKey, Units};

use crate::memory::Memory;

pub struct Fixture {
    pub hub: Hub,
    pub author: Addr,
    pub caller: Addr,
    pub operator: Addr,
    pub attester: Attester,
    pub money: Money,
    pub models: Vec<ModelId>,
    pub sessions: Vec<SessionId>,
    pub caller_key: SigningKey,
    pub ledger: Ledger,
    pub memory: Memory,
    pub limits: Limits,
    pub requests: u128,
}

pub const UNITS: Units = Units::new(100, 50);

impl Fixture {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    /// A model at 10 a call, and no session.
    pub fn with(limits: Limits) -> Self {
        let mut hub = Hub::builder().unwatched().build();
        let [author, caller, operator] =
            ["author", "caller", "operator"].map(|name| hub.account(name));
        let money = hub.money_native();
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        let mut memory = Memory::default();
        let identity = identity(&hub, &attester);
        let changed = Ledger::load(identity, limits.clone(), memory.saved(0)).unwrap();
        memory.apply(&changed.records);
        let mut fixture = Self {
            hub,
            author,
            caller,
            operator,
            attester,
            money,
            models: vec![],
            sessions: vec![],
            caller_key: signing_key(KeyType::Ed25519, 9),
            ledger: changed.value,
            memory,
            limits,
            requests: 0,
        };
        fixture.add_model("one", 10);
        fixture
    }

    pub fn add_model(&mut self, name: &str, per_call: u128) -> ModelId {
        let model = NewModel::named(name)
            .price(&self.money, rates(per_call, 0, 0))
            .release(sha256(&[name.as_bytes()]));
        let model = self.hub.register_model(&self.author, model);
        self.models.push(model);
        model
    }

    pub fn open(
        &mut self,
        budget: u128,
        change: impl FnOnce(NewSession) -> NewSession,
    ) -> SessionId {
        let (caller, operator, money) = (
            self.caller.clone(),
            self.operator.clone(),
            self.money.clone(),
        );
        let session = self
            .hub
            .open_session(&caller, &operator, &money, budget, change);
        self.sessions.push(session);
        self.observe();
        session
    }

    /// A session without a ceiling.
    pub fn open_plain(&mut self, budget: u128) -> SessionId {
        self.open(budget, |session| session)
    }

    /// A session that pays up to vouchers of the caller's key.
    pub fn open_with_key(&mut self, budget: u128) -> SessionId {
        let key = self.caller_key.public_key();
        self.open(budget, |mut session| {
            session.ceiling = Some(escrow::NewCeiling {
                key: Some(escrow::VoucherKey {
                    key_type: key.key_type().into(),
                    key: key.as_bytes().into(),
                }),
            });
            session
        })
    }

    pub fn now(&self) -> u64 {
        self.hub.now()
    }

    /// What the chain shows now.
    pub fn observation(&self) -> Observation {
        let mut facts = vec![];
        for session in &self.sessions {
            facts.push(Fact::Session(Box::new(self.hub.session(*session))));
        }
        for model in &self.models {
            let shown = self.hub.model(*model);
            let list = RegistryQuery::TermsList {
                model: *model,
                start_after: None,
                limit: Some(100),
            };
            let terms: TermsListResponse = self.hub.query_registry(list).unwrap();
            facts.extend(
                terms
                    .terms
                    .into_iter()
                    .map(|one| Fact::Terms(Box::new(one))),
            );
            for release in ReleaseNumber(1).up_to(shown.latest_release) {
                let model = *model;
                let query = RegistryQuery::Release { model, release };
                let release: ReleaseResponse = self.hub.query_registry(query).unwrap();
                facts.push(Fact::Release(Box::new(release)));
            }
            facts.push(Fact::Model(Box::new(shown)));
        }
        let attester = self.attester.id;
        let own: AttesterResponse = self
            .hub
            .query_billing(BillingQuery::Attester { attester })
            .unwrap();
        facts.push(Fact::Attester(Box::new(own)));
        let block = self.hub.app.block_info();
        Observation {
            block: Block {
                height: block.height,
                time: block.time.seconds(),
            },
            facts,
        }
    }

    /// Lets a block pass and shows it.
    pub fn observe(&mut self) -> Vec<Notice> {
        self.hub.advance(6);
        let observation = self.observation();
        self.show(&observation)
    }

    /// Shows a block in which every lane is further than it is.
    pub fn lie(&mut self, ahead: u64) {
        self.hub.advance(6);
        let mut lie = self.observation();
        for fact in &mut lie.facts {
            if let Fact::Session(session) = fact {
                session.lanes = vec![escrow::LaneResponse {
                    attester: self.attester.id,
                    next: self.hub.next(session.session, self.attester.id) + ahead,
                }];
            }
        }
        self.show(&lie);
    }

    pub fn show(&mut self, observation: &Observation) -> Vec<Notice> {
        let now = self.now();
        let changed = self.ledger.observe(observation, now);
        self.memory.apply(&changed.records);
        changed.value
    }

    pub fn work(&self, model: ModelId) -> Work {
        let release = ReleaseNumber(1);
        Work {
            model,
            release,
            units: UNITS,
        }
    }

    pub fn call_of(&mut self, session: SessionId, model: ModelId) -> Call {
        self.requests += 1;
        Call {
            attester: self.attester.id,
            session,
            model,
            request_id: self.requests.to_be_bytes(),
            expires_at: self.now() + 60,
            request_hash: sha256(&[&self.requests.to_be_bytes()]),
        }
    }

    pub fn reserve(&mut self, session: SessionId, model: ModelId) -> Result<Reservation, Refusal> {
        let call = Authorized::otherwise(self.call_of(session, model));
        let (work, now) = (self.work(model), self.now());
        match self.ledger.reserve(&call, &work, None, now)? {
            Admission::Reserved(reservation) => Ok(reservation),
            Admission::Answered { .. } => panic!("a new request id was answered before"),
        }
    }

    pub fn complete(&mut self, reservation: Reservation) -> Completed {
        let now = self.now();
        let answer = b"answer".to_vec();
        let Changed { value, records } = self
            .ledger
            .complete(reservation, UNITS, [7; 32], answer, now)
            .unwrap();
        self.memory.apply(&records);
        value
    }

    /// Sends a piece of an answer, after its note is stored.
    pub fn send_piece(&mut self, reservation: Reservation) {
        let (now, units) = (self.now(), Units::new(UNITS.input, 1));
        let noted = self
            .ledger
            .sending(reservation, units, [6; 32], b"ans".to_vec(), now);
        self.memory.apply(&noted.unwrap().records);
    }

    /// Gives a call up. How many receipts that makes.
    pub fn abandon(&mut self, reservation: Reservation) -> u64 {
        let Changed { records, .. } = self.ledger.abandon(reservation, self.now());
        self.memory.apply(&records);
        let receipts = records
            .iter()
            .filter(|one| matches!(one, Record::Receipt(_)));
        receipts.count() as u64
    }

    pub fn call(&mut self, session: SessionId, model: ModelId) -> Result<Completed, Refusal> {
        let reservation = self.reserve(session, model)?;
        let now = self.now();
        self.ledger.start(reservation, now)?;
        Ok(self.complete(reservation))
    }

    /// Raises a session's ceiling by a voucher of the caller's key.
    pub fn voucher(
        &mut self,
        session: SessionId,
        model: ModelId,
        ceiling: u128,
    ) -> Result<Completed, Refusal> {
        let voucher = self.hub.voucher(&self.caller_key, session, ceiling);
        let verifier = self.ledger.verifier(session)?;
        let voucher = verifier.voucher(&voucher.encode())?;
        let call = Authorized::otherwise(self.call_of(session, model));
        let (work, now) = (self.work(model), self.now());
        match self.ledger.reserve(&call, &work, Some(voucher), now)? {
            Admission::Reserved(reservation) => {
                self.ledger.start(reservation, now)?;
                Ok(self.complete(reservation))
            }
            Admission::Answered { .. } => panic!("a new request id was answered before"),
        }
    }

    pub fn try_sign(&mut self) -> bool {
        let now = self.now();
        let key = self.attester.key.clone();
        match self.ledger.sign(&key, &self.memory, now).unwrap() {
            None => false,
            Some(changed) => {
                self.memory.apply(&changed.records);
                self.ledger.stored(&changed.value);
                true
            }
        }
    }

    pub fn sign(&mut self) {
        let mut rounds = 0;
        while self.try_sign() {
            rounds += 1;
            assert!(
                rounds < 500,
                "signing has no end: {:?}",
                self.ledger.health(self.now())
            );
        }
    }

    pub fn message(out: &Outgoing) -> ExecuteMsg {
        ExecuteMsg::SettleBatch {
            batch: out.bytes.clone().into(),
            signature: out.signature.into(),
            vouchers: out.vouchers.iter().map(|one| one.encode().into()).collect(),
        }
    }

    pub fn preview(&self, out: &Outgoing) -> Vec<Outcome> {
        let query = BillingQuery::PreviewBatch {
            batch: out.bytes.clone().into(),
            signature: Some(out.signature.into()),
            vouchers: out.vouchers.iter().map(|one| one.encode().into()).collect(),
        };
        let answer: BatchResponse = self.hub.query_billing(query).unwrap();
        answer.outcomes_of_groups().collect()
    }

    pub fn take(&mut self, out: &Outgoing, answer: &Answer) -> Verdict {
        let now = self.now();
        let changed = self.ledger.outcome(out.batch, answer, now).unwrap();
        self.memory.apply(&changed.records);
        changed.value
    }

    /// Sends a batch, and takes the answer unless it is lost on the way.
    pub fn send(&mut self, out: &Outgoing, is_answer_lost: bool) {
        let tx = format!("{:?}", out.batch);
        self.take(out, &Answer::Sending { tx });
        let operator = self.operator.clone();
        let sent = self.hub.billing(&operator, Self::message(out));
        if is_answer_lost {
            return;
        }
        match sent {
            Ok(response) => {
                let answer: BatchResponse = data(&response);
                let outcomes = answer.outcomes_of_groups().collect();
                self.take(out, &Answer::Included(outcomes));
            }
            Err(error) => {
                self.take(out, &Answer::Refused(error.to_string()));
            }
        }
    }

    /// Signs, previews, sends and observes, once.
    pub fn settle_once(&mut self) {
        self.sign();
        for out in self.ledger.to_send(self.now()) {
            let outcomes = self.preview(&out);
            if self.take(&out, &Answer::Previewed(outcomes)) == Verdict::Send {
                self.send(&out, false);
            }
        }
        self.observe();
        self.observe();
    }

    /// Goes on until nothing is left, or nothing more happens.
    pub fn settle_all(&mut self) {
        for _ in 0..60 {
            self.settle_once();
            if self.ledger.health(self.now()).unsettled == 0 {
                break;
            }
        }
    }

    /// The process dies, and another one opens the books.
    pub fn restart(&mut self) {
        let identity = identity(&self.hub, &self.attester);
        let saved = self.memory.saved(self.now());
        let changed = Ledger::load(identity, self.limits.clone(), saved).unwrap();
        self.memory.apply(&changed.records);
        self.ledger = changed.value;
        self.observe();
    }

    pub fn spent(&self) -> u128 {
        let spent = |id: &SessionId| self.hub.session(*id).spent.u128();
        self.sessions.iter().map(spent).sum()
    }

    /// What the archive says was paid.
    pub fn paid(&self) -> u128 {
        let paid = |fate: &hub_ledger::Fate| {
            matches!(fate, hub_ledger::Fate::Paid | hub_ledger::Fate::Passed)
        };
        let archive = self.memory.archive.values();
        archive
            .filter(|(_, fate)| paid(fate))
            .map(|(kept, _)| kept.amount)
            .sum()
    }
}

pub fn identity(hub: &Hub, attester: &Attester) -> Identity {
    Identity {
        chain_id: hub.app.block_info().chain_id,
        billing: hub.canonical(&hub.billing).to_vec(),
        attester: attester.id,
        key: attester.key.public_key(),
        receipt_max_age_seconds: 86_400,
    }
}
