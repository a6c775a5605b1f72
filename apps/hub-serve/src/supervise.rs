//! Tasks that do not end in silence: one that fails is started again, and readiness says so until it has shown that it runs.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A task that is started again when it panics or ends too early, until it is told to stop.
#[derive(Clone)]
pub struct Supervised {
    name: &'static str,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    failures: AtomicU32,
    down: Mutex<Option<String>>,
}

/// The longest pause before a further start.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Supervised {
    /// Starts what `make` makes, and makes it anew a second after it failed, twice as late after each further time, a minute at the
    /// most. Once it has run as long as the pause was, it counts as up; after a minute, the next pause is a second again.
    ///
    /// What comes back is for [`Supervised::down`] and for whoever waits for the end.
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
            let mut pause = Duration::ZERO;
            loop {
                let started = Instant::now();
                let mut running = tokio::spawn(make());
                let end = tokio::select! {
                    end = &mut running => end,
                    () = tokio::time::sleep(pause) => {
                        state.set(None);
                        running.await
                    }
                };
                let why = match end {
                    _ if stop.is_cancelled() => return,
                    Ok(()) => "it ended by itself".to_owned(),
                    Err(error) => error.to_string(),
                };
                if started.elapsed() > LONGEST_PAUSE {
                    pause = Duration::ZERO;
                }
                pause = (pause * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
                let failures = state.failures.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::error!("the {name} failed and is started again in {pause:?}: {why}");
                state.set(Some(format!("the {name} failed {failures} times: {why}")));
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
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

    /// How often it failed.
    pub fn failures(&self) -> u32 {
        self.state.failures.load(Ordering::Relaxed)
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

    /// A task of which each run lasts some seconds, negative ones panicking at their end. The last waits until it is told to stop.
    fn runs(
        seconds: &'static [i64],
        stop: &CancellationToken,
    ) -> (Supervised, impl Future<Output = ()> + Send) {
        let run = AtomicU32::new(0);
        let stopped = stop.clone();
        Supervised::start("test", stop.clone(), move || {
            let run = run.fetch_add(1, Ordering::Relaxed) as usize;
            let stopped = stopped.clone();
            async move {
                let Some(lasts) = seconds.get(run) else {
                    return stopped.cancelled().await;
                };
                tokio::time::sleep(Duration::from_secs(lasts.unsigned_abs())).await;
                assert!(*lasts >= 0, "run {run} fails");
            }
        })
    }

    /// Whether it is up, each second from now on.
    async fn seen(supervised: &Supervised, seconds: usize) -> String {
        let mut seen = String::new();
        for _ in 0..seconds {
            tokio::time::sleep(Duration::from_millis(500)).await;
            seen.push(if supervised.down().is_none() {
                'u'
            } else {
                '-'
            });
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_fails_runs_again_and_is_down_until_it_has_run_as_long_as_it_paused() {
        let stop = CancellationToken::new();
        // It runs for two seconds; panics at once; ends by itself at once; then runs.
        let (supervised, task) = runs(&[-2, 0, -1], &stop);
        let task = tokio::spawn(task);
        assert_eq!(seen(&supervised, 2).await, "uu");
        // A pause of one second, an end at once, a pause of two, a second's run, a pause of four, and four until it counts as up.
        assert_eq!(seen(&supervised, 14).await, "------------uu");
        assert_eq!(supervised.failures(), 3);
        stop.cancel();
        task.await.unwrap();
        assert_eq!((supervised.failures(), supervised.down()), (3, None));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_long_good_run_the_next_pause_is_short() {
        let stop = CancellationToken::new();
        let (supervised, task) = runs(&[-1, -1, -1, -100], &stop);
        tokio::spawn(task);
        // Three runs of a second with pauses of 1, 2 and 4; then a run of 100 seconds.
        let _ = seen(&supervised, 110).await;
        assert_eq!(seen(&supervised, 3).await, "--u");
        stop.cancel();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_told_to_stop_while_it_pauses_ends_at_once() {
        let stop = CancellationToken::new();
        let (supervised, task) = runs(&[0, -1, -1, -1, -1], &stop);
        let task = tokio::spawn(task);
        while supervised.failures() < 4 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stop.cancel();
        let started = Instant::now();
        task.await.unwrap();
        assert!(started.elapsed() < Duration::from_millis(100));
        assert!(supervised
            .down()
            .unwrap()
            .starts_with("the test failed 4 times"));
    }
}
