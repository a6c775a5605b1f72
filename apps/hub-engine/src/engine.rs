use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{EngineError, Signature, Tensor};

/// What runs one model.
///
/// An engine is shared by all calls and is called by many threads at once. Where it cannot run in parallel, it waits inside.
pub trait Engine: Send + Sync {
    /// What runs, in which version, on what: it stands in what the operator signs, since two engines seldom agree bit for bit.
    fn identity(&self) -> &Identity;

    /// What the model takes and gives.
    fn signature(&self) -> &Signature;

    /// Runs the model once. Inputs are admitted by [`Signature::admit`], so they are in the model's order; outputs come in the
    /// model's order, all of them.
    ///
    /// It blocks. It returns early with [`EngineError::Deadline`] or [`EngineError::Cancelled`] where the engine can stop in the
    /// middle, so a deadline is kept by [`Pool`](crate::Pool) and not by the engine alone.
    fn infer(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError>;

    /// How many calls it runs at once; more wait inside of it and hold a thread for nothing.
    fn parallel(&self) -> usize {
        usize::MAX
    }

    /// Whether it computes elsewhere, so that calls wait and need no core of this machine.
    fn waits(&self) -> bool {
        false
    }
}

/// What ran a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the engine, such as `onnxruntime`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What else decides the last bits of an answer: features of the processor, number of threads, digest of a library.
    pub features: Vec<String>,
}

impl fmt::Display for Identity {
    /// As it is signed: `tract 0.23.9 (avx2 fma)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)?;
        match self.features.is_empty() {
            true => Ok(()),
            false => write!(formatter, " ({})", self.features.join(" ")),
        }
    }
}

/// Features of this processor that engines choose their code by.
#[cfg(any(feature = "ort", feature = "tract"))]
pub(crate) fn cpu_features() -> Vec<String> {
    let mut features = vec![std::env::consts::ARCH.to_owned()];
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("f16c", std::arch::is_x86_feature_detected!("f16c")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
            (
                "avx512vnni",
                std::arch::is_x86_feature_detected!("avx512vnni"),
            ),
        ];
        features.extend(
            known
                .into_iter()
                .filter(|(_, has)| *has)
                .map(|(name, _)| name.to_owned()),
        );
    }
    features
}

/// The time that one call has, and whether anybody still waits for it. Copies speak of the same call.
#[derive(Clone, Debug)]
pub struct Call {
    shared: Arc<Shared>,
}

struct Shared {
    deadline: Option<(Instant, Duration)>,
    cancelled: AtomicBool,
    stop: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("deadline", &self.deadline)
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// A call that has this much time from now on.
    pub fn within(time: Duration) -> Self {
        // A time beyond what clocks can say is no limit.
        let deadline = Instant::now().checked_add(time);
        Self::new(deadline.map(|deadline| (deadline, time)))
    }

    /// A call without a limit.
    pub fn unlimited() -> Self {
        Self::new(None)
    }

    fn new(deadline: Option<(Instant, Duration)>) -> Self {
        Self {
            shared: Arc::new(Shared {
                deadline,
                cancelled: AtomicBool::new(false),
                stop: Mutex::new(Vec::new()),
            }),
        }
    }

    /// When its time is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.shared.deadline.map(|(deadline, _)| deadline)
    }

    /// How much time is left; zero if none is.
    pub fn left(&self) -> Duration {
        match self.shared.deadline {
            Some((deadline, _)) => deadline.saturating_duration_since(Instant::now()),
            None => Duration::MAX,
        }
    }

    /// Gives the call up: an engine that can stops.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::SeqCst);
        let stops = std::mem::take(&mut *lock(&self.shared.stop));
        for stop in stops {
            stop();
        }
    }

    /// Whether the engine should go on; if not, what it returns.
    pub fn check(&self) -> Result<(), EngineError> {
        match self.shared.deadline {
            Some((deadline, time)) if Instant::now() >= deadline => {
                Err(EngineError::Deadline(time))
            }
            _ if self.shared.cancelled.load(Ordering::SeqCst) => Err(EngineError::Cancelled),
            _ => Ok(()),
        }
    }

    /// What to do when the call is given up; at once if it is already.
    pub fn on_cancel(&self, stop: impl FnOnce() + Send + 'static) {
        lock(&self.shared.stop).push(Box::new(stop));
        // It may have been given up between the two lines above, by somebody who then saw an empty list.
        if self.shared.cancelled.load(Ordering::SeqCst) {
            self.cancel();
        }
    }
}

/// What a mutex guards here is whole at all times, so a panic elsewhere does not matter.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
