//! The figures of docs/SERVING.md, from what `make bench-serve` measured.

use std::fmt::Write;
use std::fs;

use anyhow::{ensure, Context, Result};
use serde_json::Value;

use crate::root;

const FIGURES: &str = "apps/hub-bench/figures.json";
const DOCUMENT: &str = "docs/SERVING.md";
const BEGIN: &str = "<!-- figures: written by `HUB_UPDATE=1 make bench-serve` from here -->\n";
const NO_FIGURES: &str = "No run on a machine that did nothing else is recorded yet: `make bench-serve` shows the figures of yours.\n";
const END: &str = "<!-- figures: to here -->";

/// Writes the tables, or with `check` compares them with the figures.
pub fn run(check: bool) -> Result<()> {
    let root = root();
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let figures = match root.join(FIGURES).exists() {
        true => tables(&serde_json::from_str(&read(FIGURES)?).with_context(|| FIGURES)?)?,
        false => NO_FIGURES.to_owned(),
    };
    let document = read(DOCUMENT)?;
    let (before, rest) = document
        .split_once(BEGIN)
        .with_context(|| format!("{DOCUMENT} has no line {}", BEGIN.trim()))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{DOCUMENT} has no line {END}"))?;
    let renewed = format!("{before}{BEGIN}\n{}\n{END}{after}", figures);
    if renewed == document {
        return Ok(());
    }
    ensure!(
        !check,
        "{DOCUMENT} does not show the figures of {FIGURES}: `cargo xtask serving` renews it"
    );
    fs::write(root.join(DOCUMENT), renewed).with_context(|| format!("cannot write {DOCUMENT}"))
}

fn tables(figures: &Value) -> Result<String> {
    let mut text = String::new();
    let list = |name: &str| {
        figures[name]
            .as_array()
            .with_context(|| format!("{FIGURES} has no list {name}"))
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();

    writeln!(text, "| target | of it | measured | |\n|---|---|--:|---|")?;
    for target in list("targets")? {
        let held = match target["held"] == true {
            true => "held",
            false => "**missed**",
        };
        writeln!(
            text,
            "| {} | {} | {} | {held} |",
            word(&target["what"]),
            word(&target["target"]),
            word(&target["measured"])
        )?;
    }

    writeln!(
        text,
        "\n| model | callers | | calls a second | CPU of a call | p50 | p95 | p99 |\n|---|--:|---|--:|--:|--:|--:|--:|"
    )?;
    for line in list("calls")? {
        let micros = |name: &str| time(number(&line[name]));
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            word(&line["model"]),
            line["callers"],
            word(&line["mode"]),
            thousands(number(&line["per_second"])),
            micros("cpu_us"),
            micros("p50_us"),
            micros("p95_us"),
            micros("p99_us")
        )?;
    }

    writeln!(text, "\n| step of a metered call | CPU |\n|---|--:|")?;
    for part in list("parts")? {
        writeln!(
            text,
            "| {} | {} |",
            word(&part["step"]),
            time(number(&part["cpu_us"]))
        )?;
    }
    let receipts = &figures["receipts"];
    writeln!(
        text,
        "| all without signatures, written to disk with 256 in flight | {} |",
        time(number(&receipts["cpu_us"]))
    )?;
    for peer in list("peers")? {
        writeln!(
            text,
            "| beside it: {} | {} |",
            word(&peer["what"]),
            time(number(&peer["cpu_us"]))
        )?;
    }

    writeln!(
        text,
        "\n| unsettled receipts | in signed batches | answers kept | start | CPU |\n|--:|--:|--:|--:|--:|"
    )?;
    for start in list("restart")? {
        writeln!(
            text,
            "| {} | {} | {} | {:.2} s | {:.2} s |",
            thousands(number(&start["receipts"])),
            thousands(number(&start["signed"])),
            thousands(number(&start["remembered"])),
            number(&start["seconds"]),
            number(&start["cpu_seconds"])
        )?;
    }
    let models = list("inference_us")?.iter();
    let models: Vec<String> = models
        .map(|pair| format!("{} the model of {}", time(number(&pair[1])), word(&pair[0])))
        .collect();
    writeln!(
        text,
        "\nMeasured on {} cores. Alone on one of them take: {}.",
        figures["cores"],
        models.join(", ")
    )?;
    Ok(text)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Microseconds, in the unit that suits.
fn time(micros: f64) -> String {
    match micros {
        micros if micros < 100.0 => format!("{micros:.1} µs"),
        micros if micros < 1_000.0 => format!("{micros:.0} µs"),
        micros if micros < 1_000_000.0 => format!("{:.1} ms", micros / 1_000.0),
        micros => format!("{:.2} s", micros / 1_000_000.0),
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(thousands(0.4), "0");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_000_000.2), "1 000 000");
        assert_eq!(time(4.25), "4.2 µs");
        assert_eq!(time(99.96), "100.0 µs");
        assert_eq!(time(2_610.0), "2.6 ms");
        assert_eq!(time(1_500_000.0), "1.50 s");
    }
}
