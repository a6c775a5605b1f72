use std::any::Any;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine::lock;
use crate::{Call, Engine, EngineError, Tensor};

/// How many calls run and wait.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolLimits {
    /// Calls that compute on this machine at once, over all models. Those of upstreams are not among them.
    pub cores: NonZeroUsize,
    /// Calls of one model that compute here at once. An engine that can do fewer lowers it; for upstreams, they say it themselves.
    pub per_model: NonZeroUsize,
    /// Calls that wait for one model, beyond those that run; one more is refused before anything runs.
    pub queue: usize,
}

impl Default for PoolLimits {
    /// As many cores as the machine has, as many of them for one model, and 256 in the queue of each.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            cores,
            per_model: cores,
            queue: 256,
        }
    }
}

/// Runs calls on engines: so many at once, so many waiting, none without an end.
///
/// A call first takes a [`Place`]; there it is refused if too many wait, before it costs anything. What happens between the two,
/// such as reserving its price, may fail: a place that is dropped is free again.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    limits: PoolLimits,
    cores: Arc<Semaphore>,
    models: Mutex<HashMap<String, Arc<Lane>>>,
}

/// The calls of one model.
struct Lane {
    model: String,
    /// Running and waiting ones.
    places: Arc<Semaphore>,
    /// Running ones.
    turns: Arc<Semaphore>,
    capacity: usize,
    parallel: usize,
}

/// A place of one call in the queue of its model.
pub struct Place {
    shared: Arc<Shared>,
    engine: Arc<dyn Engine>,
    seat: Seat,
}

/// A place in the queue of a model that is run elsewhere, and by whoever holds this.
pub struct Seat {
    lane: Arc<Lane>,
    held: OwnedSemaphorePermit,
}

/// The turn of one call. Until it is dropped, one call fewer of its model runs.
pub struct Turn {
    _turn: OwnedSemaphorePermit,
    _held: OwnedSemaphorePermit,
}

/// How busy one model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The model.
    pub model: String,
    /// Calls that run.
    pub running: usize,
    /// Calls that have a place and do not run yet.
    pub waiting: usize,
}

impl Pool {
    /// A pool with these limits.
    pub fn new(limits: PoolLimits) -> Self {
        let cores = Arc::new(Semaphore::new(permits(limits.cores.get())));
        Self {
            shared: Arc::new(Shared {
                limits,
                cores,
                models: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// Takes a place for a call of a model, or refuses it since too many wait. It does not block. Models are told apart by the
    /// name given here.
    pub fn place(&self, model: &str, engine: &Arc<dyn Engine>) -> Result<Place, EngineError> {
        let parallel = match engine.waits() {
            true => engine.parallel(),
            false => engine.parallel().min(self.shared.limits.per_model.get()),
        };
        Ok(Place {
            shared: self.shared.clone(),
            engine: engine.clone(),
            seat: self.seat(model, parallel)?,
        })
    }

    /// Takes a place for a call of a model that is run elsewhere, `parallel` calls of it at once, or refuses it since too many
    /// wait. It does not block.
    pub fn seat(&self, model: &str, parallel: usize) -> Result<Seat, EngineError> {
        let lane = self.lane(model, parallel.max(1));
        match lane.places.clone().try_acquire_owned() {
            Ok(held) => Ok(Seat { lane, held }),
            Err(tokio::sync::TryAcquireError::Closed) => Err(EngineError::Closed),
            Err(tokio::sync::TryAcquireError::NoPermits) => Err(EngineError::Full {
                model: model.to_owned(),
                waiting: lane.load().waiting,
            }),
        }
    }

    /// How busy each model is that has been called.
    pub fn load(&self) -> Vec<Load> {
        let mut loads: Vec<_> = lock(&self.shared.models)
            .values()
            .map(|lane| lane.load())
            .collect();
        loads.sort_by(|a, b| a.model.cmp(&b.model));
        loads
    }

    /// Refuses what comes from now on, and what waits. What runs goes on.
    pub fn close(&self) {
        self.shared.cores.close();
        for lane in lock(&self.shared.models).values() {
            lane.places.close();
            lane.turns.close();
        }
    }

    fn lane(&self, model: &str, parallel: usize) -> Arc<Lane> {
        let mut models = lock(&self.shared.models);
        if let Some(lane) = models.get(model) {
            return lane.clone();
        }
        let capacity = parallel.saturating_add(self.shared.limits.queue);
        let lane = Arc::new(Lane {
            model: model.to_owned(),
            places: Arc::new(Semaphore::new(permits(capacity))),
            turns: Arc::new(Semaphore::new(permits(parallel))),
            capacity: permits(capacity),
            parallel: permits(parallel),
        });
        if self.shared.cores.is_closed() {
            lane.places.close();
            lane.turns.close();
        }
        models.insert(model.to_owned(), lane.clone());
        lane
    }
}

impl Lane {
    fn load(&self) -> Load {
        let taken = self.capacity - self.places.available_permits().min(self.capacity);
        let running = self.parallel - self.turns.available_permits().min(self.parallel);
        Load {
            model: self.model.clone(),
            running,
            waiting: taken.saturating_sub(running),
        }
    }
}

impl Place {
    /// Runs the call when it is its turn. It ends with the call's deadline, whatever the engine does; an engine that cannot stop
    /// keeps its turn until it is done, so that not more run than should. Dropping the future gives the call up.
    pub async fn run(self, inputs: Vec<Tensor>, call: Call) -> Result<Vec<Tensor>, EngineError> {
        let given_up = GiveUp(&call);
        let work = self.start(inputs, call.clone());
        let result = match call.deadline() {
            None => work.await,
            Some(deadline) => match tokio::time::timeout_at(deadline.into(), work).await {
                Ok(result) => result,
                Err(_) => Err(call.check().err().unwrap_or(EngineError::Cancelled)),
            },
        };
        drop(given_up);
        result
    }

    async fn start(self, inputs: Vec<Tensor>, call: Call) -> Result<Vec<Tensor>, EngineError> {
        let Self {
            shared,
            engine,
            seat,
        } = self;
        let closed = |_| EngineError::Closed;
        let turn = seat.turn().await?;
        let core = match engine.waits() {
            true => None,
            false => Some(shared.cores.clone().acquire_owned().await.map_err(closed)?),
        };
        // It may have waited for long: an engine is not started for a call whose time is over.
        call.check()?;
        let work = tokio::task::spawn_blocking(move || {
            let result = contained(engine.as_ref(), inputs, &call);
            drop((core, turn));
            result
        });
        work.await
            .unwrap_or_else(|error| Err(EngineError::Panicked(error.to_string())))
    }
}

impl Seat {
    /// Waits until it is the call's turn.
    pub async fn turn(self) -> Result<Turn, EngineError> {
        let turn = self.lane.turns.clone().acquire_owned().await;
        Ok(Turn {
            _turn: turn.map_err(|_| EngineError::Closed)?,
            _held: self.held,
        })
    }
}

/// Gives a call up when what waits for it goes.
struct GiveUp<'a>(&'a Call);

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Runs an engine so that its panic ends this call and nothing else.
pub(crate) fn contained(
    engine: &dyn Engine,
    inputs: Vec<Tensor>,
    call: &Call,
) -> Result<Vec<Tensor>, EngineError> {
    catch_unwind(AssertUnwindSafe(|| engine.infer(inputs, call)))
        .unwrap_or_else(|panic| Err(EngineError::Panicked(said(panic.as_ref()))))
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it did not say why".to_owned())
}

fn permits(number: usize) -> usize {
    number.min(Semaphore::MAX_PERMITS)
}
