//! A Hub with the accounts of a script on it: they are callers, authors, payees, operators and funders at once, two
//! kinds of money, blobs and keys.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::LazyLock;

use cosmwasm_std::{
    coin, to_json_binary, Addr, BlockInfo, CanonicalAddr, Coin, CosmosMsg, Empty, Order, Record,
    Storage,
};
use cw20::{Cw20ExecuteMsg, Cw20ReceiveMsg, MinterResponse};
use cw_multi_test::Executor;
use hub_nitro_testing::{image_digest, NitroChain};
use hub_testing::{
    nitro_chain, terms, AppResponse, BillingError, EscrowError, Hub, Money as Coined,
    NitroVerifierError, RegistryError, Venue,
};
use hub_types::billing::{ExecuteMsg as BillingMsg, KeyType};
use hub_types::denom::Denom;
use hub_types::escrow::{
    Books, Credit, Cw20HookMsg, ExecuteMsg as EscrowMsg, ModelRef, Models, NewCeiling, NewSession,
    SessionSettlement, VoucherKey,
};
use hub_types::ids::{AttesterId, DenomNumber, ModelId, SessionId};
use hub_types::nitro_verifier;
use hub_types::price::Rates as Price;
use hub_types::registry::{
    ExecuteMsg as RegistryMsg, Metadata, NewRelease, StatusName, UncheckedPayee, UncheckedTerms,
};
use hub_types::time::Week;
use hub_types::verifier::{Evidence, Measurement};
use hub_types::walrus::BlobId;
use hub_types::wire::{sha256, Hash};

use crate::action::{key_type, Action, SessionPlan, StatusPlan, TermsPlan, What};
use crate::credulous;
use crate::proxy;
use crate::reference::{
    Account, Behaviour, Blob, Enclave, Finding, Money, Name, Rates, Reference, CREDULOUS, STUBBORN,
    VERIFIERS,
};
use crate::sealed::{self, Keyring, Sealed, Signer};
use crate::stubborn;

/// Accounts of a script. Those in [`CONTRACTS`] are contracts.
pub const ACCOUNTS: [&str; 7] = ["ann", "bob", "cem", "dia", "eve", "fay", "guy"];
/// Accounts that are contracts: one that strategies take for an operator, and one more.
pub const CONTRACTS: [Account; 2] = [1, 5];
/// Kinds of money: a native coin, a cw20 token, and one that is stubborn.
pub const MONEYS: usize = 3;
/// Blobs of a script.
pub const BLOBS: u8 = 14;
/// Comes along where no coin belongs.
const STRAY: &str = "ustray";

/// Certificates below the root that the second verifier trusts, and not the first.
static OTHER_CHAIN: LazyLock<NitroChain> = LazyLock::new(|| NitroChain::new(2));

/// What every account has of each kind of money at first.
pub const WALLET: u128 = 1 << 110;

/// How a Hub is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub start_time: u64,
    pub receipt_max_age: u64,
    pub price_notice: u64,
    /// Billing contracts on the registry.
    pub venues: usize,
}

/// A Hub, and all that a script uses on it.
pub struct Fixture {
    pub hub: Hub,
    pub accounts: Vec<Addr>,
    pub canonical: Vec<CanonicalAddr>,
    pub moneys: [Coined; MONEYS],
    pub keys: Keyring,
    pub venues: Vec<Venue>,
    /// Contracts that vouch for keys.
    verifiers: [Addr; VERIFIERS],
    /// Whom the contracts among the accounts obey.
    owner: Addr,
}

fn image_name(image: u8) -> String {
    format!("image {image}")
}

/// Why a message was refused, by the contract that refused it.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    Registry(RegistryError),
    Escrow(EscrowError),
    Billing(BillingError),
    /// The verifier's, of an attester's evidence.
    Verifier(NitroVerifierError),
    /// The token's own, in a transfer out of the escrow.
    Token(cw20_base::ContractError),
}

impl Refusal {
    /// Whether it blames the message: not the contract's own books, and not something that it did not foresee.
    pub fn blames_the_message(&self) -> bool {
        !matches!(
            self,
            Self::Registry(RegistryError::Std(_))
                | Self::Verifier(NitroVerifierError::Std(_))
                | Self::Escrow(
                    EscrowError::Std(_)
                        | EscrowError::Inconsistent { .. }
                        | EscrowError::UnknownReply { .. }
                )
                | Self::Billing(
                    BillingError::Std(_)
                        | BillingError::Inconsistent { .. }
                        | BillingError::UnknownReply { .. }
                        | BillingError::EscrowRefused { .. }
                )
        )
    }
}

/// A message as it is sent.
pub enum Message {
    Registry(RegistryMsg),
    Escrow(EscrowMsg, Vec<Coin>),
    /// Tokens sent to the escrow with a hook.
    Send {
        money: Money,
        amount: u128,
        hook: Cw20HookMsg,
    },
    Billing(BillingMsg),
}

/// Everything on the chain, to go back to.
#[derive(Clone)]
pub struct Checkpoint {
    records: Vec<Record>,
    block: BlockInfo,
}

impl Fixture {
    pub fn new(setting: Setting) -> Self {
        let mut hub = Hub::builder()
            .start_time(setting.start_time)
            .receipt_max_age(setting.receipt_max_age)
            .price_notice(setting.price_notice)
            // The runner does so itself.
            .unwatched()
            .build();
        let mut venues = vec![hub.venue()];
        venues.extend((1..setting.venues).map(|_| hub.another_venue()));
        let owner = hub.account("owner");
        let accounts = accounts(&mut hub, &owner);
        let verifiers = verifiers(&mut hub, &owner);
        let [native, token] = hub.moneys();
        let moneys = [native, token, stubborn_token(&mut hub)];
        for account in &accounts {
            for money in &moneys {
                hub.give(account, money, WALLET);
            }
            hub.mint(account, vec![coin(1_000_000, STRAY)]);
        }
        Self {
            canonical: accounts
                .iter()
                .map(|account| hub.canonical(account))
                .collect(),
            accounts,
            moneys,
            hub,
            keys: Keyring::new(),
            venues,
            verifiers,
            owner,
        }
    }

    /// Goes to another billing and escrow.
    pub fn turn_to(&mut self, venue: usize) {
        self.hub.turn_to(&self.venues[venue]);
    }

    /// A contract for which nothing is signed here: the other billing, or the escrow where there is none.
    pub fn elsewhere(&self) -> &Addr {
        let other = self.venues.iter().find(|it| it.billing != self.hub.billing);
        other.map_or(&self.hub.escrow, |venue| &venue.billing)
    }

    /// The reference at the same point.
    pub fn reference(&self, setting: Setting) -> Reference {
        let mut reference = Reference::new(
            self.hub.now(),
            setting.receipt_max_age,
            setting.price_notice,
        );
        for account in 0..ACCOUNTS.len() {
            for money in 0..MONEYS {
                reference.wallets.insert((account, money), WALLET);
            }
        }
        reference
    }

    /// Place of a denomination among the moneys.
    pub fn money_of(&self, denom: &Denom) -> Option<Money> {
        let is = |money: &Coined| money.checked() == *denom;
        self.moneys.iter().position(is)
    }

    pub fn checkpoint(&self) -> Checkpoint {
        let records = self.hub.app.storage().range(None, None, Order::Ascending);
        Checkpoint {
            records: records.collect(),
            block: self.hub.app.block_info(),
        }
    }

    /// Makes everything as it was.
    pub fn go_back(&mut self, to: &Checkpoint) {
        let storage = self.hub.app.storage_mut();
        let keys = storage.range(None, None, Order::Ascending);
        let keys: Vec<Vec<u8>> = keys.map(|(key, _)| key).collect();
        keys.iter().for_each(|key| storage.remove(key));
        to.records
            .iter()
            .for_each(|(key, value)| storage.set(key, value));
        self.hub.app.set_block(to.block.clone());
    }

    /// Sends a message; an account that is a contract sends it at its owner's word. The stubborn token has `behaviour` for
    /// as long as it takes.
    pub fn send(
        &mut self,
        by: Account,
        message: Message,
        stray: bool,
        behaviour: Behaviour,
    ) -> Result<AppResponse, Refusal> {
        let mut coins: Vec<Coin> = match stray {
            true => vec![coin(1, STRAY)],
            false => vec![],
        };
        let hub = &self.hub;
        let (message, refusal): (CosmosMsg, fn(anyhow::Error) -> Refusal) = match message {
            Message::Registry(message) => (hub.message(&hub.registry, &message, &coins), |error| {
                Refusal::Registry(said_by(error))
            }),
            Message::Billing(message) => {
                (
                    hub.message(&hub.billing, &message, &coins),
                    |error| match error.downcast::<NitroVerifierError>() {
                        Ok(error) => Refusal::Verifier(error),
                        Err(error) => Refusal::Billing(said_by(error)),
                    },
                )
            }
            Message::Escrow(message, funds) => {
                coins.extend(funds);
                (
                    hub.message(&hub.escrow, &message, &coins),
                    |error| match error.downcast::<cw20_base::ContractError>() {
                        Ok(error) => Refusal::Token(error),
                        Err(error) => Refusal::Escrow(said_by(error)),
                    },
                )
            }
            Message::Send {
                money,
                amount,
                hook,
            } => {
                let Coined::Cw20(token) = &self.moneys[money] else {
                    panic!("only tokens are sent with a hook");
                };
                let send = Cw20ExecuteMsg::Send {
                    contract: hub.escrow.to_string(),
                    amount: amount.into(),
                    msg: to_json_binary(&hook).expect("a hook is JSON"),
                };
                (hub.message(token, &send, &coins), |error| {
                    Refusal::Escrow(said_by(error))
                })
            }
        };
        let account = self.accounts[by].clone();
        let (sender, message) = match CONTRACTS.contains(&by) {
            true => (
                self.owner.clone(),
                self.hub.message(&account, &message, &[]),
            ),
            false => (account, message),
        };
        self.behave(behaviour);
        let sent = self.hub.bundle(&sender, vec![message]);
        self.behave(Behaviour::Honest);
        sent.map(|mut responses| responses.remove(0))
            .map_err(refusal)
    }

    fn behave(&mut self, behaviour: Behaviour) {
        if let Coined::Cw20(token) = &self.moneys[STUBBORN] {
            let mut storage = self.hub.app.contract_storage_mut(token);
            stubborn::behave(&mut *storage, behaviour);
        }
    }

    /// Lets the stubborn token refuse an account, or no longer.
    pub fn refuse(&mut self, account: Account, refused: bool) {
        let Coined::Cw20(token) = &self.moneys[STUBBORN] else {
            return;
        };
        let mut storage = self.hub.app.contract_storage_mut(token);
        stubborn::refuse(&mut *storage, &self.accounts[account], refused);
    }

    fn text(&self, account: Account) -> String {
        self.accounts[account].to_string()
    }

    pub fn signer(&self) -> Signer<'_> {
        Signer {
            hub: &self.hub,
            keys: &self.keys,
            elsewhere: self.elsewhere(),
        }
    }

    /// A settlement of an action, signed.
    pub fn seal(&self, what: &What, reference: &Reference) -> Option<Sealed> {
        let key = |attester: AttesterId| reference.attester(attester).map_or(0, |it| it.key);
        match what {
            What::SettleBatch {
                batch,
                vouchers,
                flaw,
            } => {
                let offer = sealed::offered_batch(batch, reference);
                let vouchers = vouchers
                    .iter()
                    .map(|plan| sealed::voucher(plan, reference))
                    .collect();
                let key = key(offer.attester);
                Some(self.signer().batch(offer, vouchers, key, *flaw))
            }
            What::Settle {
                receipt,
                voucher,
                flaw,
            } => {
                let offer = sealed::offered_receipt(receipt, reference);
                let voucher = voucher
                    .as_ref()
                    .map(|plan| sealed::voucher(plan, reference));
                let key = key(offer.attester);
                let group = &offer.groups[0];
                let blob = reference
                    .work(group.model)
                    .and_then(|work| {
                        let place = usize::try_from(group.release.0).ok()?.checked_sub(1)?;
                        work.releases.get(place)
                    })
                    .map_or(0, |release| release.blob);
                // One that no release has.
                let blob = if receipt.right_blob { blob } else { BLOBS };
                let signer = self.signer();
                Some(signer.receipt(offer, blob_id(blob), voucher, key, *flaw))
            }
            _ => None,
        }
    }

    /// The message of an action that is no settlement by billing.
    pub fn message(&self, action: &Action, reference: &Reference) -> Option<Message> {
        let model = |tag: &u32| reference.work_of(*tag);
        let session = |tag: &u32| reference.session_of(*tag);
        let attester = |tag: &u32| reference.attester_of(*tag);
        Some(match &action.what {
            What::Wait { .. }
            | What::Donate { .. }
            | What::Refuse { .. }
            | What::Behave { .. }
            | What::Split { .. }
            | What::SettleBatch { .. }
            | What::Settle { .. }
            | What::Again { .. }
            | What::Cut { .. } => return None,

            What::RegisterModel {
                name,
                terms,
                release,
            } => Message::Registry(RegistryMsg::RegisterModel {
                name: name_text(*name),
                metadata: metadata(*name),
                terms: self.terms(terms),
                release: release.map(|plan| {
                    new_release((1 + plan.major_step, plan.minor_step), plan.blob, plan.salt)
                }),
            }),
            What::UpdateMetadata { model: tag } => Message::Registry(RegistryMsg::UpdateMetadata {
                model: model(tag),
                metadata: metadata(u8::try_from(action.tag % 50).unwrap_or_default()),
            }),
            What::PublishRelease {
                model: tag,
                release,
            } => {
                let label = next_label(
                    reference,
                    model(tag),
                    release.major_step,
                    release.minor_step,
                );
                Message::Registry(RegistryMsg::PublishRelease {
                    model: model(tag),
                    release: new_release(label, release.blob, release.salt),
                })
            }
            What::SetTerms { model: tag, terms } => Message::Registry(RegistryMsg::SetTerms {
                model: model(tag),
                terms: self.terms(terms),
            }),
            What::SetStatus { model: tag, status } => Message::Registry(RegistryMsg::SetStatus {
                model: model(tag),
                status: match status {
                    StatusPlan::Active => StatusName::Active,
                    StatusPlan::Delisted => StatusName::Delisted,
                    StatusPlan::Retired => StatusName::Retired,
                },
            }),
            What::OfferTransfer { model: tag, to } => {
                Message::Registry(RegistryMsg::OfferTransfer {
                    model: model(tag),
                    to: self.text(*to),
                })
            }
            What::CancelTransfer { model: tag } => {
                Message::Registry(RegistryMsg::CancelTransfer { model: model(tag) })
            }
            What::AcceptTransfer {
                model: tag,
                expected_terms,
                payees,
                name,
            } => Message::Registry(RegistryMsg::AcceptTransfer {
                model: model(tag),
                expected_terms: *expected_terms,
                payees: self.payees(payees),
                name: name.map(name_text),
            }),
            What::Commit { blob, salt } => Message::Registry(RegistryMsg::Commit {
                hash: self
                    .hub
                    .commitment(&self.accounts[action.by], &blob_id(*blob), &[*salt; 32]),
            }),
            What::ProveSize {
                model: tag,
                release,
                honest,
            } => {
                let blob = reference
                    .work(model(tag))
                    .and_then(|work| {
                        let place = usize::try_from(release.0).ok()?.checked_sub(1)?;
                        work.releases.get(place)
                    })
                    .map_or(0, |release| release.blob);
                let (size, root_hash) = blob_parts(blob);
                Message::Registry(RegistryMsg::ProveSize {
                    model: model(tag),
                    release: *release,
                    size: (size + u64::from(!honest)).into(),
                    root_hash: root_hash.into(),
                })
            }

            What::Deposit {
                money,
                amount,
                beneficiary,
                session,
            } => {
                let beneficiary = beneficiary.map(|account| self.text(account));
                let session = session
                    .as_ref()
                    .map(|session| self.new_session(session, reference));
                match &self.moneys[*money] {
                    Coined::Native(denom) => Message::Escrow(
                        EscrowMsg::Deposit {
                            beneficiary,
                            session,
                        },
                        match amount {
                            0 => vec![],
                            amount => vec![coin(*amount, denom)],
                        },
                    ),
                    Coined::Cw20(_) => Message::Send {
                        money: *money,
                        amount: *amount,
                        hook: Cw20HookMsg::Deposit {
                            beneficiary,
                            session,
                        },
                    },
                }
            }
            What::ForgeHook { amount } => Message::Escrow(
                EscrowMsg::Receive(Cw20ReceiveMsg {
                    sender: self.text(action.by),
                    amount: (*amount).into(),
                    msg: to_json_binary(&Cw20HookMsg::Deposit {
                        beneficiary: None,
                        session: None,
                    })
                    .expect("a hook is JSON"),
                }),
                vec![],
            ),
            What::Withdraw {
                money,
                amount,
                recipient,
            } => self.plain(EscrowMsg::Withdraw {
                denom: self.moneys[*money].unchecked(),
                amount: amount.map(Into::into),
                recipient: recipient.map(|account| self.text(account)),
            }),
            What::OpenSession { money, session } => self.plain(EscrowMsg::OpenSession {
                denom: self.moneys[*money].unchecked(),
                session: self.new_session(session, reference),
            }),
            What::TopUp {
                session: tag,
                amount,
            } => self.plain(EscrowMsg::TopUp {
                session: session(tag),
                amount: (*amount).into(),
            }),
            What::CloseSession { session: tag } => self.plain(EscrowMsg::CloseSession {
                session: session(tag),
            }),
            What::ReleaseSession { session: tag } => self.plain(EscrowMsg::ReleaseSession {
                session: session(tag),
            }),
            What::RaiseCeiling {
                session: tag,
                ceiling,
            } => self.plain(EscrowMsg::RaiseCeiling {
                session: session(tag),
                ceiling: (*ceiling).into(),
            }),
            What::SetAutoPayout { money, on } => self.plain(EscrowMsg::SetAutoPayout {
                denom: self.moneys[*money].unchecked(),
                on: *on,
            }),
            What::Payout { money, accounts } => self.plain(EscrowMsg::Payout {
                accounts: accounts.iter().map(|account| self.text(*account)).collect(),
                denom: self.moneys[*money].unchecked(),
            }),
            What::SettleInEscrow {
                session: tag,
                charge,
            } => self.plain(self.settlement(session(tag), *charge, action.by)),

            What::RegisterAttester {
                key,
                signed_for,
                enclave,
            } => {
                let key = self.keys.get(*key);
                let public = key.public_key();
                Message::Billing(BillingMsg::RegisterAttester {
                    key: public.as_bytes().into(),
                    key_type: KeyType::from(public.key_type()),
                    possession: self.hub.possession(&self.accounts[*signed_for], key),
                    evidence: enclave.map(|enclave| self.evidence(&enclave)),
                    endpoint: None,
                })
            }
            What::Retire { attester: tag } => Message::Billing(BillingMsg::Retire {
                attester: attester(tag),
            }),
            What::Revoke { attester: tag } => Message::Billing(BillingMsg::Revoke {
                attester: attester(tag),
            }),
            What::SetEndpoint { attester: tag } => Message::Billing(BillingMsg::SetEndpoint {
                attester: attester(tag),
                endpoint: Some(format!("https://example.org/{}", action.tag)),
            }),
        })
    }

    fn evidence(&self, plan: &Enclave) -> Evidence {
        Evidence {
            verifier: self.verifiers[plan.finding.verifier].to_string(),
            evidence: match plan.finding.verifier {
                CREDULOUS => self.digest(plan.finding).into(),
                _ => self.document(plan).into(),
            },
        }
    }

    fn digest(&self, finding: Finding) -> Hash {
        match finding.verifier {
            CREDULOUS => [finding.image; 32],
            _ => image_digest(&image_name(finding.image)),
        }
    }

    /// What attesters get, and sessions insist on.
    pub fn measurement(&self, finding: Finding) -> Measurement {
        let verifier = self.hub.canonical(&self.verifiers[finding.verifier]);
        Measurement::new(&verifier, &self.digest(finding))
    }

    fn document(&self, plan: &Enclave) -> Vec<u8> {
        let now = self.hub.now();
        // Each of the two trusts the root of its place.
        let chain = match plan.trusted == (plan.finding.verifier == 0) {
            true => nitro_chain(),
            false => OTHER_CHAIN.clone(),
        };
        let key = self.keys.get(plan.binds).public_key();
        let document = chain
            .at(now)
            .document()
            .image(&image_name(plan.finding.image));
        let document = document.timestamp(now.saturating_add_signed(-plan.age));
        document.public_key(key.as_bytes()).build()
    }

    fn plain(&self, message: EscrowMsg) -> Message {
        Message::Escrow(message, vec![])
    }

    fn terms(&self, plan: &TermsPlan) -> UncheckedTerms {
        let payees: Vec<(&Addr, u16)> = plan
            .shares
            .payees
            .iter()
            .map(|(account, bps)| (&self.accounts[*account], *bps))
            .collect();
        let money = &self.moneys[plan.money];
        terms(money, price(plan.rates), plan.shares.operator_bps, &payees)
    }

    fn payees(&self, payees: &[(Account, u16)]) -> Vec<UncheckedPayee> {
        payees
            .iter()
            .map(|(account, bps)| UncheckedPayee {
                address: self.text(*account),
                bps: *bps,
            })
            .collect()
    }

    fn new_session(&self, plan: &SessionPlan, reference: &Reference) -> NewSession {
        NewSession {
            operator: self.text(plan.operator),
            measurement: plan.measured.map(|it| self.measurement(it).into()),
            models: match &plan.models {
                None => Models::Any {},
                Some(listed) => Models::Listed(
                    listed
                        .iter()
                        .map(|(model, release)| ModelRef {
                            model: reference.work_of(*model),
                            release: *release,
                        })
                        .collect(),
                ),
            },
            max_price: plan.max_price.map(price),
            budget: plan.budget.into(),
            expires_at: reference.now.saturating_add_signed(plan.lasts),
            ceiling: plan.ceiling.map(|key| NewCeiling {
                key: key.map(|key| VoucherKey {
                    key_type: key_type(key),
                    key: self.keys.get(key).public_key().as_bytes().into(),
                }),
            }),
            label: None,
        }
    }

    fn settlement(&self, session: SessionId, charge: u128, to: Account) -> EscrowMsg {
        let books = Books {
            sessions: vec![SessionSettlement {
                session,
                attester: AttesterId(1),
                replaces: None,
                next_before: 0,
                next_after: 1,
                charge: charge.into(),
                kept: 0u128.into(),
                ceiling: None,
                paid_week: Week(0),
                paid_models: 0,
            }],
            credits: vec![Credit {
                account: self.canonical[to].clone(),
                denom: DenomNumber(1),
                amount: charge.into(),
            }],
        };
        EscrowMsg::Settle {
            books: books.encode(),
        }
    }
}

/// The accounts, contracts among them.
fn accounts(hub: &mut Hub, owner: &Addr) -> Vec<Addr> {
    let code = hub.app.store_code(proxy::code());
    let mut accounts = vec![];
    for (place, name) in ACCOUNTS.iter().enumerate() {
        accounts.push(match CONTRACTS.contains(&place) {
            false => hub.account(name),
            true => {
                let proxy = hub
                    .app
                    .instantiate_contract(code, owner.clone(), &Empty {}, &[], *name, None)
                    .expect("a proxy is instantiated");
                hub.name(&proxy, name);
                proxy
            }
        });
    }
    accounts
}

/// The harness does not know it for a token of its own, so it promises nothing about what the escrow holds of it; the
/// reference does.
fn stubborn_token(hub: &mut Hub) -> Coined {
    let code = hub.app.store_code(stubborn::code());
    let deployer = hub.account("deployer");
    let birth = cw20_base::msg::InstantiateMsg {
        name: "Stubborn".to_owned(),
        symbol: "STUBBORN".to_owned(),
        decimals: 6,
        initial_balances: vec![],
        mint: Some(MinterResponse {
            minter: deployer.to_string(),
            cap: None,
        }),
        marketing: None,
    };
    let token = hub
        .app
        .instantiate_contract(code, deployer, &birth, &[], "stubborn", None)
        .expect("the stubborn token is instantiated");
    hub.name(&token, "stubborn");
    Coined::Cw20(token)
}

/// A contract's own error, wherever it stands in the chain of causes.
fn verifiers(hub: &mut Hub, deployer: &Addr) -> [Addr; VERIFIERS] {
    let born = nitro_verifier::InstantiateMsg {
        root: Some(OTHER_CHAIN.root_hash().into()),
    };
    let other = hub.app.instantiate_contract(
        hub.codes.nitro_verifier,
        deployer.clone(),
        &born,
        &[],
        "other verifier",
        None,
    );
    let code = hub.app.store_code(credulous::code());
    let credulous = hub.app.instantiate_contract(
        code,
        deployer.clone(),
        &Empty {},
        &[],
        "credulous verifier",
        None,
    );
    [
        hub.nitro_verifier.clone(),
        other.expect("a verifier is instantiated"),
        credulous.expect("a verifier is instantiated"),
    ]
}

fn said_by<E: Display + Debug + Send + Sync + 'static>(error: anyhow::Error) -> E {
    match error.downcast() {
        Ok(error) => error,
        Err(error) => panic!("no contract of the Hub says {error:?}"),
    }
}

fn price([per_call, per_million_in, per_million_out]: Rates) -> Price {
    hub_testing::rates(per_call, per_million_in, per_million_out)
}

pub fn name_text(name: Name) -> String {
    format!("model-{name}")
}

fn metadata(number: u8) -> Metadata {
    Metadata {
        title: format!("Model {number}"),
        description: String::new(),
        task: format!("task {}", number % 3),
        license: "Apache-2.0".to_owned(),
        tags: vec![format!("tag {}", number % 4)],
        homepage: None,
    }
}

/// The label so many steps above a model's latest.
pub fn next_label(reference: &Reference, model: ModelId, major: u32, minor: u32) -> (u32, u32) {
    let latest = reference
        .work(model)
        .and_then(|work| work.releases.last())
        .map_or((1, 0), |release| release.label);
    match major {
        0 => (latest.0, latest.1 + minor),
        _ => (latest.0 + major, minor),
    }
}

fn new_release((major, minor): (u32, u32), blob: Blob, salt: Option<u8>) -> NewRelease {
    NewRelease {
        major,
        minor,
        blob_id: blob_id(blob).to_string(),
        manifest: None,
        salt: salt.map(|salt| [salt; 32].into()),
    }
}

/// Length and root hash of a blob of a script.
fn blob_parts(blob: Blob) -> (u64, [u8; 32]) {
    (1_000 + u64::from(blob), sha256(&[b"blob", &[blob]]))
}

pub fn blob_id(blob: Blob) -> BlobId {
    let (size, root_hash) = blob_parts(blob);
    BlobId::derive(size, &root_hash)
}

/// How many of each name there are, for tables.
pub type Counts = BTreeMap<String, u64>;
