//! Commands that are ended at any moment, by a kill or by Ctrl-C: the next run goes on, and repeats nothing that was done.

use std::fs;
use std::time::Duration;

use hub_walrus_local::{noise, On, What};

use crate::fixture::Fixture;

/// Rows that are noted as checked in the cache of a blob.
fn noted(fixture: &Fixture, id: &str) -> Vec<u64> {
    let path = fixture
        .path("cache")
        .join("blobs")
        .join(format!("{id}.rows"));
    let Ok(bytes) = fs::read(path) else {
        return vec![];
    };
    let bits = bytes.get(16..).unwrap_or_default();
    (0..334)
        .filter(|row| {
            bits.get(row / 8)
                .is_some_and(|byte| byte & (1 << (row % 8)) != 0)
        })
        .map(|row| row as u64)
        .collect()
}

#[test]
fn a_fetch_that_is_killed_again_and_again_ends_with_the_right_bytes_and_repeats_nothing() {
    let fixture = Fixture::new();
    let length = 4_000_000;
    let bytes = noise(length, 1);
    let id = fixture.store(&bytes);
    // A row of this blob: 667 symbols of 18 bytes.
    let row_length = 667 * 18;
    fixture.fault(
        0,
        On::Read,
        What::Trickle {
            bytes_per_second: 200_000,
        },
    );
    let mut random: u64 = 42;
    let mut kills = 0;
    let mut killed_with_rows = 0;
    loop {
        let before = noted(&fixture, &id);
        fixture.faces[0].forget_requests();
        let mut child = fixture
            .command(&["blob", "get", &id, "-o", "out"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(40 + (random >> 33) % 400));
        // SIGKILL: nothing in the process can prepare for it.
        child.kill().unwrap();
        let status = child.wait().unwrap();
        for entry in fixture.faces[0].requests() {
            let Some(range) = entry.range.filter(|range| range != "bytes=0-0") else {
                continue;
            };
            let (first, last) = range
                .strip_prefix("bytes=")
                .unwrap()
                .split_once('-')
                .unwrap();
            let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
            let asked = first / row_length..=last / row_length;
            let again: Vec<_> = before.iter().filter(|row| asked.contains(row)).collect();
            assert!(
                again.is_empty(),
                "rows {again:?} were checked before and are asked for by {range}"
            );
        }
        // Rows never get lost.
        let after = noted(&fixture, &id);
        if status.success() {
            break;
        }
        assert!(
            !fixture.path("out").exists(),
            "a file appeared before it was complete"
        );
        assert!(
            before.iter().all(|row| after.contains(row)) || after.is_empty(),
            "{before:?} {after:?}"
        );
        kills += 1;
        killed_with_rows += u32::from(!after.is_empty() && after.len() < 334);
        assert!(kills < 300, "it never ends");
        if kills == 40 {
            fixture.faces[0].set_faults(vec![]);
        }
    }
    assert!(fs::read(fixture.path("out")).unwrap() == bytes);
    assert!(
        killed_with_rows >= 3,
        "only {killed_with_rows} of {kills} kills came in the middle: this shows little"
    );
    println!("{kills} kills, {killed_with_rows} of them in the middle");
}

/// How long it takes if nothing else happens: the shorter of two times.
#[cfg(unix)]
fn timed(mut run: impl FnMut()) -> Duration {
    let mut once = || {
        let started = std::time::Instant::now();
        run();
        started.elapsed()
    };
    once().min(once())
}

/// Runs a command over and over, each time ended a `step` later, by a kill or by Ctrl-C, until it has said what it did: how
/// often it was ended before that.
#[cfg(unix)]
fn ended_later_and_later(
    step: Duration,
    mut command: impl FnMut() -> std::process::Command,
) -> u32 {
    use std::process::Stdio;
    for round in 0..2_000_u32 {
        let mut child = command()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(step * round);
        let ended = child.try_wait().unwrap();
        if ended.is_none() {
            let signal = if round % 2 == 0 { "-KILL" } else { "-INT" };
            let pid = child.id().to_string();
            // It may have ended by itself just now.
            let _ = std::process::Command::new("kill")
                .args([signal, &pid])
                .stderr(Stdio::null())
                .status()
                .unwrap();
        }
        let output = child.wait_with_output().unwrap();
        if let Some(status) = ended {
            assert!(status.success(), "{status}");
        }
        // A kill after that: the user knows, and has no reason to type it again.
        if output.stdout.ends_with(b"\n") {
            return round;
        }
    }
    panic!("it never ends by itself");
}

/// Does a thing by a command that is ended later and later, and another such thing with shorter steps if few ends came
/// before it was done, as they do where the measured time was that of a busy moment: how many things were begun, each of
/// which has to be there once.
///
/// `undisturbed` is how long the whole of it takes on this machine; `thing` is the number of the thing, from 0.
#[cfg(unix)]
fn done_although_ended(
    undisturbed: Duration,
    mut command: impl FnMut(usize) -> std::process::Command,
) -> usize {
    let mut step = undisturbed / 15;
    for thing in 0..8 {
        if ended_later_and_later(step, || command(thing)) > 2 {
            return thing + 1;
        }
        step /= 2;
    }
    panic!("it was done before it could be ended, eight times: this shows little");
}

#[cfg(unix)]
#[test]
fn publishing_that_is_ended_at_any_moment_goes_on_and_does_nothing_twice() {
    use crate::market::{Market, AUTHOR, PUBLISH};
    let publishing = || {
        let market = Market::new();
        market.folder();
        market.keep_committee();
        market
    };
    let another = publishing();
    let started = std::time::Instant::now();
    another.json(AUTHOR, &PUBLISH);
    let undisturbed = started.elapsed();
    let mut markets = vec![];
    done_although_ended(undisturbed, |thing| {
        if markets.len() == thing {
            markets.push(publishing());
        }
        markets[thing].command(AUTHOR, &PUBLISH)
    });
    for market in &markets {
        let listed = market.json(AUTHOR, &["model", "list", "--mine"]);
        assert_eq!(listed["models"].as_array().unwrap().len(), 1, "{listed}");
        let shown = market.json(AUTHOR, &["model", "show", "1"]);
        assert_eq!(
            (&shown["model"]["latest_release"], &shown["release"]["size"]),
            (&1.into(), &((1 << 20) + 9).to_string().into()),
            "{shown}"
        );
        let again = market.run(AUTHOR, &PUBLISH);
        assert!(
            again.out.contains("certified by the committee"),
            "{again:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn opening_a_session_that_is_ended_at_any_moment_opens_one() {
    use crate::market::{Market, AUTHOR, CALLER, PUBLISH};
    let market = Market::new();
    market.folder();
    market.json(AUTHOR, &PUBLISH);
    let operator = crate::market::address(AUTHOR);
    let budgets: Vec<_> = (0..8).map(|thing| (5_000 + thing).to_string()).collect();
    let open = |budget| {
        let terms = ["--operator", &operator, "--model", "1", "--days", "1"];
        [&["session", "open", "--budget", budget], &terms[..]].concat()
    };
    let undisturbed = timed(|| drop(market.json(CALLER, &open("4000uusd"))));
    let with_coin: Vec<_> = budgets
        .iter()
        .map(|budget| format!("{budget}uusd"))
        .collect();
    let opened = done_although_ended(undisturbed, |thing| {
        market.command(CALLER, &open(&with_coin[thing]))
    });
    let listed = market.json(CALLER, &["session", "list"]);
    let sessions = listed["sessions"].as_array().unwrap().iter();
    let found: Vec<_> = sessions
        .map(|session| session["budget"].as_str().unwrap())
        .collect();
    let mut newest_first: Vec<_> = budgets[..opened].iter().map(String::as_str).collect();
    newest_first.reverse();
    newest_first.extend(["4000", "4000"]);
    assert_eq!(found, newest_first);
}

#[cfg(unix)]
#[test]
fn a_call_that_is_ended_at_any_moment_is_repeated_by_its_id_and_paid_once() {
    use crate::market::{Market, CALLER};
    let market = Market::new();
    let (_server, url) = market.with_model_served();
    market.open_session("5000uusd");
    let request = include_str!("../../../../examples/models/volatility-mlp.request.json");
    market.fixture.write("request.json", request.as_bytes());
    let ids: Vec<_> = (0..10).map(|call| format!("{call:032x}")).collect();
    let call = |number: usize| {
        let options = [
            "--input",
            "request.json",
            "--server",
            &url,
            "--request-id",
            &ids[number],
        ];
        [&["call", "1"], &options[..]].concat()
    };
    let mut undisturbed = 0..2;
    let undisturbed = timed(|| drop(market.json(CALLER, &call(undisturbed.next().unwrap()))));
    let made = done_although_ended(undisturbed, |thing| {
        market.command(CALLER, &call(2 + thing))
    });
    let answer = market.json(CALLER, &call(2));
    let charged = (2 + made) * 100;
    assert_eq!(
        (&answer["amount"], &answer["charged"]),
        (&"100".into(), &charged.to_string().into()),
        "the two before are paid, and each of these {made} once"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_130_and_the_next_run_goes_on() {
    let fixture = Fixture::new();
    let bytes = noise(2_000_000, 2);
    let id = fixture.store(&bytes);
    fixture.fault(
        0,
        On::Read,
        What::Trickle {
            bytes_per_second: 300_000,
        },
    );
    let child = fixture
        .command(&["blob", "get", &id, "-o", "out"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status()
        .unwrap()
        .success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("goes on where it stopped"), "{text}");
    fixture.faces[0].set_faults(vec![]);
    let report = fixture.json(&["blob", "get", &id, "-o", "out"]);
    assert!(report["resumed"].as_u64().unwrap() > 0, "{report}");
    assert!(fs::read(fixture.path("out")).unwrap() == bytes);
}
