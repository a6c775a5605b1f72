//! Many calls at once: so many run, so many wait, the rest is refused before anything runs, and what breaks is contained.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, Instant};

use hub_engine::{
    Call, Data, Engine, EngineError, Identity, Load, Pool, PoolLimits, Signature, Tensor,
};

type Work = Box<dyn Fn(&Call, &[Tensor]) -> Result<(), EngineError> + Send + Sync>;

/// An engine that does what the test says.
struct Scripted {
    identity: Identity,
    signature: Signature,
    waits: bool,
    running: AtomicUsize,
    most: AtomicUsize,
    runs: AtomicUsize,
    work: Work,
}

impl Scripted {
    fn new(
        work: impl Fn(&Call, &[Tensor]) -> Result<(), EngineError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            identity: Identity {
                name: "scripted".into(),
                version: "1".into(),
                features: vec![],
            },
            signature: Signature::default(),
            waits: false,
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            runs: AtomicUsize::new(0),
            work: Box::new(work),
        }
    }
}

struct Leave<'a>(&'a AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Engine for Scripted {
    fn identity(&self) -> &Identity {
        &self.identity
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn waits(&self) -> bool {
        self.waits
    }
    fn infer(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError> {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        let _leave = Leave(&self.running);
        self.most.fetch_max(now, Ordering::SeqCst);
        self.runs.fetch_add(1, Ordering::SeqCst);
        (self.work)(call, &inputs)?;
        Ok(inputs)
    }
}

fn limits(cores: usize, per_model: usize, queue: usize) -> PoolLimits {
    PoolLimits {
        cores: NonZeroUsize::new(cores).unwrap(),
        per_model: NonZeroUsize::new(per_model).unwrap(),
        queue,
    }
}

fn input(number: i64) -> Vec<Tensor> {
    vec![Tensor::new("x", vec![1], Data::Int64(vec![number])).unwrap()]
}

/// Waits for something that happens in another thread.
async fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it never happens"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A call that runs until the test opens the door.
fn door() -> (mpsc::Sender<()>, Arc<dyn Engine>, Arc<Scripted>) {
    let (open, door) = mpsc::channel::<()>();
    let door = Mutex::new(door);
    let engine = Arc::new(Scripted::new(move |_, _| {
        let _ = door.lock().unwrap().recv();
        Ok(())
    }));
    (open, engine.clone(), engine)
}

#[tokio::test]
async fn a_full_queue_refuses_before_anything_runs() {
    let pool = Pool::new(limits(1, 1, 2));
    let (open, engine, counts) = door();
    let mut calls = Vec::new();
    for number in 0..3 {
        let place = pool.place("m", &engine).unwrap();
        calls.push(tokio::spawn(place.run(input(number), Call::unlimited())));
    }
    until(|| counts.runs.load(Ordering::SeqCst) == 1).await;
    let busy = Load {
        model: "m".into(),
        running: 1,
        waiting: 2,
    };
    assert_eq!(pool.load(), [busy]);
    for _ in 0..10_000 {
        let Err(error) = pool.place("m", &engine) else {
            panic!("there is no place");
        };
        assert_eq!(
            error,
            EngineError::Full {
                model: "m".into(),
                waiting: 2
            }
        );
        assert_eq!((error.status(), error.code()), (429, "queue_full"));
    }
    // Another model has places of its own.
    drop(pool.place("other", &engine).unwrap());
    assert_eq!(counts.runs.load(Ordering::SeqCst), 1);
    drop(open);
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), input(number as i64));
    }
    pool.place("m", &engine).unwrap();
}

#[tokio::test]
async fn a_place_that_is_not_used_is_free_again() {
    let pool = Pool::new(limits(1, 1, 0));
    let engine: Arc<dyn Engine> = Arc::new(Scripted::new(|_, _| Ok(())));
    for _ in 0..100 {
        let place = pool.place("m", &engine).unwrap();
        assert!(pool.place("m", &engine).is_err());
        drop(place);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_get_their_own_answers_and_no_more_run_at_once_than_allowed() {
    let pool = Pool::new(limits(3, 2, 20_000));
    let engines: Vec<_> = (0..3)
        .map(|_| Arc::new(Scripted::new(|_, _| Ok(()))))
        .collect();
    let mut calls = Vec::new();
    for number in 0..10_000_i64 {
        let engine: Arc<dyn Engine> = engines[number as usize % 3].clone();
        let place = pool.place(&format!("m{}", number % 3), &engine).unwrap();
        let work = place.run(input(number), Call::within(Duration::from_secs(60)));
        calls.push(tokio::spawn(work));
    }
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), input(number as i64));
    }
    for engine in &engines {
        let most = engine.most.load(Ordering::SeqCst);
        assert!((1..=2).contains(&most), "{most} of one model at once");
    }
    let runs: usize = engines
        .iter()
        .map(|one| one.runs.load(Ordering::SeqCst))
        .sum();
    assert_eq!(runs, 10_000);
    until(|| {
        pool.load()
            .iter()
            .all(|load| load.running == 0 && load.waiting == 0)
    })
    .await;
}

#[tokio::test]
async fn a_panic_ends_one_call_and_no_other() {
    let pool = Pool::new(limits(1, 1, 10));
    let engine: Arc<dyn Engine> = Arc::new(Scripted::new(|_, inputs| {
        let Data::Int64(numbers) = inputs[0].data() else {
            return Ok(());
        };
        assert!(numbers[0] % 2 == 0, "odd: {}", numbers[0]);
        Ok(())
    }));
    for number in 0..50 {
        let place = pool.place("m", &engine).unwrap();
        let answer = place.run(input(number), Call::unlimited()).await;
        match number % 2 {
            0 => assert_eq!(answer.unwrap(), input(number)),
            _ => assert_eq!(
                answer.unwrap_err(),
                EngineError::Panicked(format!("odd: {number}"))
            ),
        }
    }
}

#[tokio::test]
async fn a_deadline_holds_even_if_the_engine_cannot_stop() {
    let pool = Pool::new(limits(1, 1, 1));
    let (open, engine, counts) = door();
    let start = Instant::now();
    let place = pool.place("m", &engine).unwrap();
    let time = Duration::from_millis(50);
    let error = place.run(input(1), Call::within(time)).await.unwrap_err();
    assert_eq!(error, EngineError::Deadline(time));
    assert!(start.elapsed() < Duration::from_secs(10));
    // What cannot be stopped keeps its turn: nothing else starts beside it.
    let waits = pool.place("m", &engine).unwrap();
    let error = waits.run(input(2), Call::within(time)).await.unwrap_err();
    assert_eq!(error, EngineError::Deadline(time));
    assert_eq!(counts.runs.load(Ordering::SeqCst), 1);
    drop(open);
    until(|| pool.load()[0].running == 0).await;
    let place = pool.place("m", &engine).unwrap();
    place.run(input(3), Call::unlimited()).await.unwrap();
    // The second call's time was over while it waited: the engine never saw it.
    assert_eq!(counts.runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_engine_is_told_when_nobody_waits_any_more() {
    let pool = Pool::new(limits(1, 1, 0));
    let stopped = Arc::new(AtomicUsize::new(0));
    let seen = stopped.clone();
    let counts = Arc::new(Scripted::new(move |call, _| {
        let seen = seen.clone();
        call.on_cancel(move || {
            seen.fetch_add(1, Ordering::SeqCst);
        });
        loop {
            call.check()?;
            std::thread::yield_now();
        }
    }));
    let engine: Arc<dyn Engine> = counts.clone();
    let place = pool.place("m", &engine).unwrap();
    let call = tokio::spawn(place.run(input(1), Call::unlimited()));
    until(|| counts.runs.load(Ordering::SeqCst) == 1).await;
    call.abort();
    until(|| pool.load()[0].running == 0).await;
    assert_eq!(stopped.load(Ordering::SeqCst), 1);
    // Somebody who asks to be told too late is told at once.
    let late = Call::unlimited();
    late.cancel();
    let told = Arc::new(AtomicUsize::new(0));
    let tell = told.clone();
    late.on_cancel(move || {
        tell.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert_eq!(late.check(), Err(EngineError::Cancelled));
}

#[tokio::test]
async fn upstreams_need_no_core_of_this_machine() {
    let pool = Pool::new(limits(1, 8, 0));
    let (open, busy, counts) = door();
    let computing = tokio::spawn(
        pool.place("busy", &busy)
            .unwrap()
            .run(input(1), Call::unlimited()),
    );
    until(|| counts.runs.load(Ordering::SeqCst) == 1).await;
    let mut upstream = Scripted::new(|_, _| Ok(()));
    upstream.waits = true;
    let upstream: Arc<dyn Engine> = Arc::new(upstream);
    let place = pool.place("elsewhere", &upstream).unwrap();
    place
        .run(input(2), Call::within(Duration::from_secs(10)))
        .await
        .unwrap();
    let other: Arc<dyn Engine> = Arc::new(Scripted::new(|_, _| Ok(())));
    let place = pool.place("here", &other).unwrap();
    let error = place
        .run(input(3), Call::within(Duration::from_millis(20)))
        .await;
    assert_eq!(error.unwrap_err().code(), "deadline");
    drop(open);
    computing.await.unwrap().unwrap();
}

#[tokio::test]
async fn after_closing_nothing_starts_and_what_runs_ends() {
    let pool = Pool::new(limits(1, 1, 5));
    let (open, engine, counts) = door();
    let runs = tokio::spawn(
        pool.place("m", &engine)
            .unwrap()
            .run(input(1), Call::unlimited()),
    );
    until(|| counts.runs.load(Ordering::SeqCst) == 1).await;
    let waits = tokio::spawn(
        pool.place("m", &engine)
            .unwrap()
            .run(input(2), Call::unlimited()),
    );
    until(|| pool.load()[0].waiting == 1).await;
    pool.close();
    assert_eq!(waits.await.unwrap().unwrap_err(), EngineError::Closed);
    for model in ["m", "never called"] {
        assert_eq!(pool.place(model, &engine).err(), Some(EngineError::Closed));
    }
    drop(open);
    assert_eq!(runs.await.unwrap().unwrap(), input(1));
    assert_eq!(counts.runs.load(Ordering::SeqCst), 1);
}
