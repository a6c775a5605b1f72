//! The process is killed in the middle of calls, and another goes on with its books.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hub_caller::{CallError, Caller, Limits, Options, Tally};
use hub_x402::RequestId;

use crate::fixture::{body, Fixture, PRICE};

const FOLDER: &str = "HUB_SERVE_TEST_FOLDER";

/// Not a test: the server that others kill. The contracts in it are the same each time, since nothing in them is random.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the test below"]
async fn serve() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let fixture = Fixture::at(Path::new(&folder), "", Duration::from_millis(400)).await;
    let (session, _) = fixture.session("caller", 100_000, 7);
    fixture.observe(&[session]);
    println!("listening at {}", fixture.url());
    std::future::pending::<()>().await;
}

struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kills::serve", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let url = output.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, url) = line.split_once("listening at ")?;
            Some(url.to_owned())
        });
        Self {
            child,
            url: url.expect("the server says where it listens"),
        }
    }

    /// SIGKILL: nothing of it runs after this.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_loses_no_paid_answer_and_charges_no_call_twice() {
    let folder = tempfile::tempdir().unwrap();
    // The same contracts as in the processes: whom to trust, and the session's key.
    let twin = Fixture::new().await;
    let (session, key) = twin.session("caller", 100_000, 7);
    let clock = twin.clock.clone();
    let mut options = Options::new(Limits {
        per_call: PRICE,
        total: 100_000,
    });
    options.retries = 0;
    let file = folder.path().join("tally.json");
    let caller = || {
        let tally = Tally::open(&file, session, 0).unwrap();
        let clock = clock.clone();
        Caller::new(key.clone(), twin.trust.clone(), tally, options.clone())
            .unwrap()
            .with_clock(move || clock.load(std::sync::atomic::Ordering::SeqCst))
    };
    let ledger = folder.path().join("books");
    let (first, second) = (RequestId::from([1; 16]), RequestId::from([2; 16]));

    let mut process = Process::start(&ledger);
    let paid = caller().call_as(first, &process.url, body()).await.unwrap();
    // The second call is killed while its model runs: before its receipt is on disk.
    let url = process.url.clone();
    let running = caller();
    let call = tokio::spawn(async move { running.call_as(second, &url, body()).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    process.kill();
    let lost = call.await.unwrap().unwrap_err();
    assert!(
        matches!(lost, CallError::Unknown { request_id, .. } if request_id == second),
        "{lost}"
    );
    // The caller is killed as well: its tally on disk counts the call as possibly charged.
    let again = caller();
    assert_eq!(
        (again.tally().charged(), again.tally().at_most()),
        (PRICE, 2 * PRICE)
    );

    let mut process = Process::start(&ledger);
    let same = caller().call_as(first, &process.url, body()).await.unwrap();
    assert_eq!(
        (same.receipt, same.body, same.amount),
        (paid.receipt, paid.body, PRICE)
    );
    let answer = caller()
        .call_as(second, &process.url, body())
        .await
        .unwrap();
    assert_eq!((answer.amount, answer.charged), (PRICE, 2 * PRICE));

    // Killed right after an answer: it is on disk, since it was given.
    process.kill();
    let process = Process::start(&ledger);
    let same = caller()
        .call_as(second, &process.url, body())
        .await
        .unwrap();
    assert_eq!((same.receipt, same.charged), (answer.receipt, 2 * PRICE));
    let tally = caller();
    assert_eq!(
        (tally.tally().charged(), tally.tally().at_most()),
        (2 * PRICE, 2 * PRICE)
    );
}
