//! What a session was used for, by the caller's own count.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hub_types::ids::SessionId;
use hub_x402::{Amount, Hex, RequestId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a tally cannot be kept.
#[derive(Error, Debug)]
pub enum TallyError {
    /// The file.
    #[error("the tally {} cannot be kept: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It holds something else.
    #[error("the tally {} cannot be read: {reason}; it is all that says what you spent, so mend it or start a new session", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is another session's.
    #[error("the tally {} is that of session {found}, not of {expected}: name another file", path.display())]
    OtherSession {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: SessionId,
        /// Whose it should be.
        expected: SessionId,
    },
}

/// What a call may be charged.
#[derive(Clone, Copy)]
pub(crate) struct Charge {
    /// What the call costs at most.
    pub(crate) amount: u128,
    /// What the session may be charged in all.
    pub(crate) total: u128,
}

/// What a session was used for, by the caller's own count. It is kept in a file, so that a restart forgets nothing, or in memory.
/// Several processes may share the file.
#[derive(Debug)]
pub struct Tally {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    session: SessionId,
    /// What calls came to that were answered, and what was charged before.
    charged: Amount,
    /// The highest ceiling that was signed.
    ceiling: Amount,
    /// Calls that run or whose end is not known, with the most that each can cost.
    open: BTreeMap<String, Amount>,
    /// For each open call, the most that all else came to since it was begun: what a server can rightly count beside it.
    #[serde(default)]
    beside: BTreeMap<String, Amount>,
    /// Calls that were answered, the newest last, each with sha256 of its receipt: a repeat is not counted again.
    #[serde(default)]
    answered: VecDeque<(RequestId, Hex<32>)>,
    /// What the operator did, if it is not to be paid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distrusted: Option<String>,
}

/// How a call ended in the tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The most that a server can rightly have counted when it answered.
    pub(crate) most: u128,
    /// Whether the call was answered before with another receipt: then it was charged twice.
    pub(crate) is_second: bool,
}

/// So many answered calls are remembered: repeats come soon, or not at all.
const REMEMBERED: usize = 256;

impl Tally {
    /// A tally that dies with the process. `charged` is what was spent of the session before.
    pub fn in_memory(session: SessionId, charged: u128) -> Self {
        Self {
            path: None,
            state: Mutex::new(State::new(session, charged)),
        }
    }

    /// The tally in a file; a new one begins with `charged`, which is what the chain shows as spent.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is another session's.
    pub fn open(path: &Path, session: SessionId, charged: u128) -> Result<Self, TallyError> {
        let state = read(path, session)?.unwrap_or_else(|| State::new(session, charged));
        Ok(Self {
            path: Some(path.to_owned()),
            state: Mutex::new(state),
        })
    }

    /// The session.
    pub fn session(&self) -> SessionId {
        self.state().session
    }

    /// What calls came to that were answered, and what was charged before.
    pub fn charged(&self) -> u128 {
        self.state().charged.0
    }

    /// The most that the session can have been charged: calls that run, or whose end is not known, at their highest price.
    pub fn at_most(&self) -> u128 {
        self.state().at_most()
    }

    /// The most that a server can rightly count while the caller waits for it, of calls that it does not name.
    pub(crate) fn most_signed(&self) -> u128 {
        self.state().most_signed()
    }

    /// The same to a call that runs, itself included.
    pub(crate) fn most_with(&self, id: RequestId) -> u128 {
        let state = self.state();
        let id = id.to_string();
        match (state.open.get(&id), state.beside.get(&id)) {
            (Some(own), Some(others)) => others.0.saturating_add(own.0),
            _ => state.most_signed(),
        }
    }

    /// The highest ceiling that was signed.
    pub fn ceiling(&self) -> u128 {
        self.state().ceiling.0
    }

    /// Calls whose end is not known, with the most that each can cost.
    pub fn open_calls(&self) -> Vec<(RequestId, u128)> {
        let state = self.state();
        let open = state.open.iter();
        open.filter_map(|(id, amount)| Some((id.parse().ok()?, amount.0)))
            .collect()
    }

    /// Notes a call that is about to be sent, and the ceiling that covers it and every other open call: the one that was signed, if
    /// it is high enough. A call that is open already is counted once, one that was answered not at all.
    ///
    /// Notes nothing if the session could then be charged more than `total`, and gives what it would be.
    pub(crate) fn begin(
        &self,
        id: RequestId,
        Charge { amount, total }: Charge,
    ) -> Result<Result<u128, u128>, TallyError> {
        self.change(|state| {
            let before = state.open.clone();
            if !state.answered.iter().any(|(one, _)| *one == id) {
                let open = state.open.entry(id.to_string()).or_insert(Amount(0));
                // Of a repeat it is not known at which of its prices it ran.
                *open = Amount(amount).max(*open);
            }
            let needed = state.at_most();
            if needed > total {
                state.open = before;
                return Err(needed);
            }
            state.ceiling = state.ceiling.max(Amount(needed));
            Ok(state.ceiling.0)
        })
    }

    /// What a call that was begun before could cost at most: 0 if it was answered, and so was counted. None of a new one.
    pub(crate) fn begun_at(&self, id: RequestId) -> Option<u128> {
        let state = self.state();
        let open = state.open.get(&id.to_string()).map(|amount| amount.0);
        let is_answered = state.answered.iter().any(|(one, _)| *one == id);
        open.or(is_answered.then_some(0))
    }

    /// What the operator did, if it is not to be paid any more.
    pub fn distrusted(&self) -> Option<String> {
        self.state().distrusted.clone()
    }

    /// Pays the operator no more. What was noted first stays.
    pub(crate) fn distrust(&self, why: &str) -> Result<(), TallyError> {
        self.change(|state| {
            state.distrusted.get_or_insert_with(|| why.to_owned());
        })
    }

    /// Pays the operator again.
    ///
    /// # Errors
    ///
    /// If the tally cannot be kept.
    pub fn trust_again(&self) -> Result<(), TallyError> {
        self.change(|state| state.distrusted = None)
    }

    /// Notes that a call was not charged. Gives the most that a server can rightly have counted when it said so.
    pub(crate) fn drop_call(&self, id: RequestId) -> Result<u128, TallyError> {
        self.change(|state| {
            let others = state.close(id);
            others.unwrap_or_else(|| state.most_signed())
        })
    }

    /// Notes what a call came to, by a receipt with this hash. The same receipt counts once.
    pub(crate) fn end(
        &self,
        id: RequestId,
        amount: u128,
        receipt: [u8; 32],
    ) -> Result<Ended, TallyError> {
        self.change(|state| {
            let answered = (id, Hex(receipt));
            let others = state.close(id);
            let is_known = state.answered.contains(&answered);
            let is_second = !is_known && state.answered.iter().any(|(one, _)| *one == id);
            if !is_known {
                state.charged = Amount(state.charged.0.saturating_add(amount));
                state.answered.push_back(answered);
                if state.answered.len() > REMEMBERED {
                    state.answered.pop_front();
                }
            }
            let most = match others {
                Some(others) => others.saturating_add(amount),
                None => state.most_signed(),
            };
            Ended { most, is_second }
        })
    }

    /// What is known now, of other processes as well.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // What cannot be read is told by the next change; until then what was read last is right.
        if let Some(Ok(Some(found))) = self.path.as_ref().map(|path| read(path, state.session)) {
            *state = found;
        }
        state
    }

    /// Reads the file, changes it and writes it under a lock: several processes may share a session.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, TallyError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let change = |state: &mut State| {
            let result = change(state);
            state.note();
            result
        };
        let Some(path) = &self.path else {
            return Ok(change(&mut state));
        };
        let failed = |error| TallyError::File {
            path: path.clone(),
            error,
        };
        let lock = File::options()
            .create(true)
            .append(true)
            .open(beside(path, ".lock"))
            .map_err(failed)?;
        lock.lock().map_err(failed)?;
        if let Some(found) = read(path, state.session)? {
            *state = found;
        }
        let before = state.clone();
        let result = change(&mut state);
        if *state != before {
            if let Err(error) = write(path, &state) {
                // What is not on disk did not happen.
                *state = before;
                return Err(failed(error));
            }
        }
        Ok(result)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// What the file holds; none if there is no file.
fn read(path: &Path, session: SessionId) -> Result<Option<State>, TallyError> {
    let path = path.to_owned();
    match fs::read(&path) {
        Ok(bytes) => match serde_json::from_slice::<State>(&bytes) {
            Ok(found) if found.session == session => Ok(Some(found)),
            Ok(found) => Err(TallyError::OtherSession {
                path,
                found: found.session,
                expected: session,
            }),
            Err(error) => Err(TallyError::Unreadable {
                path,
                reason: error.to_string(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TallyError::File { path, error }),
    }
}

/// Beside the file and then in its place, so that there is always a whole one.
fn write(path: &Path, state: &State) -> io::Result<()> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(state)?)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

impl State {
    fn new(session: SessionId, charged: u128) -> Self {
        Self {
            session,
            charged: Amount(charged),
            ceiling: Amount(0),
            open: BTreeMap::new(),
            beside: BTreeMap::new(),
            answered: VecDeque::new(),
            distrusted: None,
        }
    }

    fn at_most(&self) -> u128 {
        let open = self.open.values();
        open.fold(self.charged.0, |sum, amount| sum.saturating_add(amount.0))
    }

    fn most_signed(&self) -> u128 {
        self.at_most().max(self.ceiling.0)
    }

    /// Ends a call. Gives the most that all else came to while it was open, if it was.
    fn close(&mut self, id: RequestId) -> Option<u128> {
        let id = id.to_string();
        let others = self.beside.remove(&id);
        self.open.remove(&id).and(others).map(|others| others.0)
    }

    /// Notes for each open call what all else comes to now.
    fn note(&mut self) {
        let most = self.at_most();
        for (id, own) in &self.open {
            let others = Amount(most.saturating_sub(own.0));
            let known = self.beside.entry(id.clone()).or_insert(others);
            *known = others.max(*known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(amount: u128, total: u128) -> Charge {
        Charge { amount, total }
    }

    const ALL: u128 = u128::MAX;

    fn id(number: u8) -> RequestId {
        RequestId::from([number; 16])
    }

    #[test]
    fn a_tally_survives_a_restart_and_counts_what_is_open_at_its_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tally.json");
        let tally = Tally::open(&path, SessionId(7), 100).unwrap();
        assert_eq!(tally.begin(id(1), charge(30, ALL)).unwrap().unwrap(), 130);
        assert_eq!(tally.begin(id(2), charge(20, ALL)).unwrap().unwrap(), 150);
        tally.end(id(1), 25, [1; 32]).unwrap();
        drop(tally);

        let tally = Tally::open(&path, SessionId(7), 0).unwrap();
        assert_eq!(
            (tally.charged(), tally.at_most(), tally.ceiling()),
            (125, 145, 150)
        );
        assert_eq!(tally.open_calls(), [(id(2), 20)]);
        // The same call again is one call; the ceiling that was signed covers it.
        assert_eq!(tally.begin(id(2), charge(20, ALL)).unwrap().unwrap(), 150);
        tally.drop_call(id(2)).unwrap();
        assert_eq!((tally.charged(), tally.at_most()), (125, 125));
        // A repeat of an answered call is no further call, unless it has another receipt: then it ran again.
        assert_eq!(tally.begin(id(1), charge(30, ALL)).unwrap().unwrap(), 150);
        assert!(!tally.end(id(1), 25, [1; 32]).unwrap().is_second);
        assert_eq!((tally.charged(), tally.at_most()), (125, 125));
        assert!(tally.end(id(1), 25, [2; 32]).unwrap().is_second);
        assert_eq!((tally.charged(), tally.at_most()), (150, 150));
        // An open call that is repeated when it is dearer, or cheaper, may have run at either price.
        for (amount, most) in [(10, 160), (30, 180), (20, 180)] {
            tally.begin(id(3), charge(amount, ALL)).unwrap().unwrap();
            assert_eq!(
                (tally.at_most(), tally.begun_at(id(3))),
                (most, Some(most - 150))
            );
        }
        let begun = [1, 4].map(|number| tally.begun_at(id(number)));
        assert_eq!(begun, [Some(0), None]);
        // Who was dishonest stays so, whoever opens the file; what was noted first is kept.
        tally.distrust("it lied").unwrap();
        tally.distrust("it lied again").unwrap();
        let later = Tally::open(&path, SessionId(7), 0).unwrap();
        assert_eq!(later.distrusted().as_deref(), Some("it lied"));
        later.trust_again().unwrap();
        assert_eq!(tally.distrusted(), None);
    }

    #[test]
    fn what_ran_beside_a_call_may_be_counted_at_its_most_and_nothing_more() {
        let tally = Tally::in_memory(SessionId(7), 100);
        let begin = |number, amount| {
            tally
                .begin(id(number), charge(amount, ALL))
                .unwrap()
                .unwrap()
        };
        begin(1, 30);
        begin(2, 20);
        // The first is answered when the server counted the second at its most; the answer of the second came first, and cheaper.
        assert_eq!(tally.end(id(2), 5, [2; 32]).unwrap().most, 135);
        assert_eq!(tally.most_with(id(1)), 150);
        assert_eq!(tally.end(id(1), 25, [1; 32]).unwrap().most, 145);
        assert_eq!(tally.at_most(), 130);
        // A call that is begun later has nothing beside it.
        begin(3, 30);
        assert_eq!(tally.end(id(3), 10, [3; 32]).unwrap().most, 140);
        begin(4, 30);
        assert_eq!(tally.drop_call(id(4)).unwrap(), 140);
        // Who names no call is held to what was ever signed for.
        assert_eq!((tally.most_signed(), tally.ceiling()), (170, 170));
    }

    #[test]
    fn calls_at_once_do_not_exceed_the_total_together() {
        let tally = Tally::in_memory(SessionId(7), 90);
        assert_eq!(tally.begin(id(1), charge(11, 100)).unwrap(), Err(101));
        assert_eq!((tally.at_most(), tally.ceiling()), (90, 0));
        assert_eq!(tally.begin(id(1), charge(10, 100)).unwrap(), Ok(100));
        assert_eq!(tally.begin(id(1), charge(10, 100)).unwrap(), Ok(100));
        assert_eq!(tally.begin(id(2), charge(1, 100)).unwrap(), Err(101));
        assert_eq!(tally.open_calls(), [(id(1), 10)]);
    }

    #[test]
    fn two_that_share_a_file_see_each_others_calls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tally.json");
        let [one, two] = [0, 1].map(|_| Tally::open(&path, SessionId(7), 100).unwrap());
        assert_eq!(one.begin(id(1), charge(30, ALL)).unwrap().unwrap(), 130);
        assert_eq!(two.begin(id(2), charge(20, ALL)).unwrap().unwrap(), 150);
        one.end(id(1), 25, [1; 32]).unwrap();
        two.drop_call(id(2)).unwrap();
        for tally in [&one, &two] {
            assert_eq!((tally.charged(), tally.at_most()), (125, 125));
            assert_eq!(tally.ceiling(), 150);
        }
    }

    #[test]
    fn a_tally_of_another_session_or_of_nonsense_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tally.json");
        Tally::open(&path, SessionId(7), 0)
            .unwrap()
            .begin(id(1), charge(1, ALL))
            .unwrap()
            .unwrap();
        let other = Tally::open(&path, SessionId(8), 0).unwrap_err();
        assert!(matches!(other, TallyError::OtherSession { .. }), "{other}");
        fs::write(&path, b"{").unwrap();
        let broken = Tally::open(&path, SessionId(7), 0).unwrap_err();
        assert!(matches!(broken, TallyError::Unreadable { .. }), "{broken}");
    }

    #[test]
    fn what_cannot_be_written_is_not_counted_and_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone").join("tally.json");
        let tally = Tally::open(&path, SessionId(7), 5).unwrap();
        assert!(tally.begin(id(1), charge(30, ALL)).is_err());
        assert_eq!((tally.at_most(), tally.ceiling()), (5, 0));
    }

    #[test]
    fn sums_do_not_wrap_around() {
        let tally = Tally::in_memory(SessionId(1), u128::MAX - 1);
        assert_eq!(
            tally.begin(id(1), charge(5, ALL)).unwrap().unwrap(),
            u128::MAX
        );
        tally.end(id(1), 5, [1; 32]).unwrap();
        assert_eq!(tally.charged(), u128::MAX);
    }
}
