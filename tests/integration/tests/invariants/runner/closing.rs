//! What holds at the end of every script.

use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{
    ClaimsResponse, ModelsResponse, QueryMsg as RegistryQuery, ReleaseRef, ReleaseResponse,
};

use super::{none, Fault, Runner};
use crate::action::{Action, What};
use crate::fixture::{self, ACCOUNTS, BLOBS, MONEYS};
use crate::recount;
use crate::reference::{Account, Behaviour, Reference, Status, Tag, Work, GRACE};

impl Runner {
    /// Every owner, alone and within the grace and `receipt_max_age`, takes out everything; then the escrow holds what
    /// was sent past it, and nothing else.
    pub fn drain(&mut self) -> Result<(), Fault> {
        let venue = self.venue;
        let alone = |by: Account, what: What| Action {
            tag: Tag::MAX,
            by,
            venue,
            coins: false,
            what,
        };
        let mine = |reference: &Reference, by: Account| -> Vec<(Tag, bool)> {
            let own =
                |session: &&crate::reference::Session| session.caller == by && !session.released;
            let closes = |session: &crate::reference::Session| {
                session.closed_at.is_none() && reference.now + GRACE < session.expires_at
            };
            reference
                .sessions
                .iter()
                .filter(own)
                .map(|session| (session.tag, closes(session)))
                .collect()
        };
        // Only what was drawn counts.
        let tally = self.tally.clone();
        let outside: u128 = self.reference.wallets.values().sum();
        let inside: u128 = {
            let left = self.reference.sessions.iter().map(|session| session.left());
            let available = self.reference.balances.values().map(|it| it.available);
            left.chain(available).sum()
        };

        // Nobody can make a token send itself that will not.
        self.reference.behaviour = Behaviour::Honest;
        for account in 0..ACCOUNTS.len() {
            self.refuse(account, false);
        }
        for by in 0..ACCOUNTS.len() {
            for (session, closes) in mine(&self.reference, by) {
                if closes {
                    self.step(&alone(by, What::CloseSession { session }))?;
                }
            }
        }
        let seconds = GRACE + self.reference.receipt_max_age;
        self.step(&alone(0, What::Wait { seconds }))?;
        for by in 0..ACCOUNTS.len() {
            for (session, _) in mine(&self.reference, by) {
                self.step(&alone(by, What::ReleaseSession { session }))?;
            }
            for money in 0..MONEYS {
                if self.reference.balance(by, money).available > 0 {
                    self.step(&alone(
                        by,
                        What::Withdraw {
                            money,
                            amount: None,
                            recipient: None,
                        },
                    ))?;
                }
            }
        }

        let left: u128 = self
            .reference
            .balances
            .values()
            .map(|it| it.available)
            .sum();
        let reserved = self.reference.sessions.iter().any(|it| !it.released);
        let now_outside: u128 = self.reference.wallets.values().sum();
        if left != 0 || reserved || now_outside != outside + inside {
            return Err(format!("{left} could not be withdrawn"));
        }
        for (money, coined) in self.fixture.moneys.iter().enumerate() {
            let held = self.hub().wallet(&self.hub().escrow, coined);
            let donated = self
                .reference
                .donated
                .get(&money)
                .copied()
                .unwrap_or_default();
            if held != donated {
                return Err(format!(
                    "everybody withdrew everything, and the escrow holds {held} of money {money}"
                ));
            }
        }
        self.tally = tally;
        Ok(())
    }

    /// Every (publisher, blob) resolves to the model and release under which it was first published, and the release is
    /// shown as it was.
    pub fn check_publications(&self) -> Result<(), Fault> {
        none(self.hub().check_publications())?;
        for ((publisher, blob), (model, release)) in &self.reference.claims {
            let query = RegistryQuery::ByPublisherAndBlob {
                publisher: self.fixture.accounts[*publisher].to_string(),
                blob_id: fixture::blob_id(*blob).to_string(),
            };
            let found: Option<ReleaseRef> = self.query(query)?;
            let expected = ReleaseRef {
                model: *model,
                release: *release,
            };
            if found != Some(expected) {
                return Err(format!(
                    "blob {blob} of account {publisher}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        for (model, work) in (1..).zip(&self.reference.works) {
            for (number, release) in (1..).zip(&work.releases) {
                let query = RegistryQuery::Release {
                    model: ModelId(model),
                    release: ReleaseNumber(number),
                };
                let found: ReleaseResponse = self.query(query)?;
                let expected = (
                    release.label,
                    &self.fixture.accounts[release.publisher],
                    (release.published_at, release.claimed_at),
                    release.size_proven,
                );
                let found = (
                    (found.major, found.minor),
                    &found.publisher,
                    (found.published_at, found.claimed_at),
                    found.size.is_some(),
                );
                if found != expected {
                    return Err(format!(
                        "release {number} of model {model}: expected {expected:?}, found {found:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whatever is asked about usage, the answer is what a recount of everything sold gives.
    pub fn recount(&self) -> Result<(), Fault> {
        none(recount::differences(&self.fixture, &self.reference))
    }

    /// Every list of models and claims is complete and in order.
    pub fn check_lists(&self) -> Result<(), Fault> {
        let reference = &self.reference;
        let works = || (1..).zip(&reference.works);
        for (place, account) in self.fixture.accounts.iter().enumerate() {
            let query = RegistryQuery::ModelsByAuthor {
                author: account.to_string(),
                start_after: None,
                limit: Some(100),
            };
            let found: ModelsResponse = self.query(query)?;
            let found: Vec<u64> = found.models.iter().map(|model| model.model.0).collect();
            let mut expected: Vec<u64> = works()
                .filter(|(_, work)| work.author == place)
                .map(|(id, _)| id)
                .collect();
            expected.reverse();
            if found != expected {
                return Err(format!(
                    "models of account {place}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        for blob in 0..BLOBS {
            let query = RegistryQuery::ByBlob {
                blob_id: fixture::blob_id(blob).to_string(),
                start_after: None,
                limit: Some(100),
            };
            let found: ClaimsResponse = self.query(query)?;
            let found: Vec<(u64, u64, u64)> = found
                .claims
                .iter()
                .map(|claim| (claim.claimed_at, claim.model.0, claim.release.0))
                .collect();
            let mut expected: Vec<(u64, u64, u64)> = works()
                .flat_map(|(id, work)| {
                    let numbered = (1..).zip(&work.releases);
                    numbered.map(move |(number, release)| (release, id, number))
                })
                .filter(|(release, ..)| release.blob == blob)
                .map(|(release, id, number)| (release.claimed_at, id, number))
                .collect();
            expected.sort_unstable();
            if found != expected {
                return Err(format!(
                    "claims to blob {blob}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        let query = RegistryQuery::Models {
            start_after: None,
            limit: Some(100),
        };
        let found: ModelsResponse = self.query(query)?;
        let found: Vec<u64> = found.models.iter().map(|model| model.model.0).collect();
        let active = |(_, work): &(u64, &Work)| work.status == Status::Active;
        let mut expected: Vec<u64> = works().filter(active).map(|(id, _)| id).collect();
        expected.reverse();
        if found != expected {
            return Err(format!(
                "active models: expected {expected:?}, found {found:?}"
            ));
        }
        Ok(())
    }

    fn query<T: serde::de::DeserializeOwned>(&self, query: RegistryQuery) -> Result<T, Fault> {
        self.hub()
            .query_registry(query)
            .map_err(|error| format!("the registry does not answer: {error}"))
    }
}
