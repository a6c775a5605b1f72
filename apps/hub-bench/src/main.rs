//! Measures what a paid call costs beside the engine alone, and says of each target whether it is held.

mod calls;
mod fixture;
mod measure;
mod models;
mod parts;
mod receipts;
mod report;
mod restart;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::calls::Model;
use crate::report::{Peer, Report};

/// What metering a call costs, beside the engine alone.
#[derive(Parser)]
struct Options {
    /// Folder for models and books, on the disk that is to be measured.
    #[arg(long)]
    work: PathBuf,
    /// File that the figures go to.
    #[arg(long)]
    json: Option<PathBuf>,
    /// What others need to check one payment: a name, `=`, and microseconds of processor time.
    #[arg(long = "peer")]
    peers: Vec<Peer>,
    /// Rounds of every measurement.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// Unsettled receipts of the restart.
    #[arg(long, default_value_t = 1_000_000)]
    receipts: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    std::fs::create_dir_all(&options.work).expect("a folder to work in");
    let work = tempfile::tempdir_in(&options.work).expect("a folder to work in");
    let file = |name: &str, rows, layers| {
        let path = work.path().join(name);
        models::write(&path, rows, layers).expect("a model");
        path
    };
    let tiny = file("5us.onnx", 1, 0);
    let small = file("0.7ms.onnx", 64, 13);
    let large = file("20ms.onnx", 512, 51);
    let models = [
        Model {
            name: "5 µs",
            path: &tiny,
            calls: [1_000, 8_000, 16_384],
        },
        Model {
            name: "0.7 ms",
            path: &small,
            calls: [300, 1_600, 2_560],
        },
        Model {
            name: "20 ms",
            path: &large,
            calls: [40, 96, 256],
        },
    ];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut report = Report::new(options.peers);
    for model in &models {
        let folder = work.path().join(model.name.replace(' ', "-"));
        eprintln!("calls of the model of {}", model.name);
        let (inference, lines) = runtime.block_on(calls::run(model, options.rounds, &folder));
        report.inference(model.name, inference);
        report.calls.extend(lines);
    }
    eprintln!("steps of a call");
    report.parts = runtime.block_on(parts::run(&tiny, work.path()));
    eprintln!("durable receipts");
    report.receipts = Some(runtime.block_on(receipts::run(work.path(), 200, options.rounds)));
    eprintln!("restart with {} unsettled receipts", options.receipts);
    report.restart = restart::run(work.path(), options.receipts);
    report.judge();
    print!("{report}");
    if let Some(path) = options.json {
        std::fs::write(path, report.to_json()).expect("a file for the figures");
    }
    match report.held() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
