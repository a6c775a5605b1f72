//! Tasks that do not end in silence: one that panics is started again, and readiness says so.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A task that is started again when it panics, until it is told to stop.
#[derive(Clone)]
pub struct Supervised {
    name: &'static str,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    panics: AtomicU32,
    down: Mutex<Option<String>>,
}

impl Supervised {
    /// Starts what `make` makes, and makes it anew a second after a panic, twice as late after each further one, a minute at
    /// the most. What comes back is for [`Supervised::down`] and for whoever waits for the end.
    pub fn start<F, T>(
        name: &'static str,
        stop: CancellationToken,
        make: F,
    ) -> (Self, impl Future<Output = ()> + Send)
    where
        F: Fn() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let supervised = Self {
            name,
            state: Arc::default(),
        };
        let state = supervised.state.clone();
        let task = async move {
            loop {
                let end = tokio::spawn(make()).await;
                let Err(error) = end else { return };
                let panics = state.panics.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::error!("the {name} failed and is started again: {error}");
                state.set(Some(format!("the {name} failed {panics} times: {error}")));
                let pause =
                    Duration::from_secs(1 << (panics - 1).min(6)).min(Duration::from_secs(60));
                tokio::select! {
                    () = tokio::time::sleep(pause) => state.set(None),
                    () = stop.cancelled() => return,
                }
            }
        };
        (supervised, task)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How often it panicked.
    pub fn panics(&self) -> u32 {
        self.state.panics.load(Ordering::Relaxed)
    }

    /// Why it does not run, if it does not.
    pub fn down(&self) -> Option<String> {
        let down = self.state.down.lock();
        down.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    fn set(&self, down: Option<String>) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = down;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_runs_again_and_says_so_until_then() {
        let runs = Arc::new(AtomicU32::new(0));
        let stop = CancellationToken::new();
        let (supervised, task) = Supervised::start("test", stop.clone(), {
            let runs = runs.clone();
            move || {
                let run = runs.fetch_add(1, Ordering::Relaxed);
                async move { assert!(run >= 2, "run {run} fails") }
            }
        });
        let task = tokio::spawn(task);
        while supervised.panics() == 0 {
            tokio::task::yield_now().await;
        }
        let down = supervised.down().unwrap();
        assert!(down.contains("the test failed 1 times"), "{down}");
        task.await.unwrap();
        assert_eq!((runs.load(Ordering::Relaxed), supervised.panics()), (3, 2));
        assert_eq!(supervised.down(), None);
    }
}
