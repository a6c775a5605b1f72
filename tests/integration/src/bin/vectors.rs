//! Checks the files of vectors in the folder that `HUB_VECTORS` names, by default `tests/vectors`, and counts per file
//! what passed and what failed.

use hub_tests::vectors::{check_folder, folder};
use std::process::ExitCode;

fn main() -> ExitCode {
    let report = check_folder(&folder());
    print!("{report}");
    match report.is_success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
