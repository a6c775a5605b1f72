//! Where the node's time goes: samples of perf, sorted by the functions in them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{ensure, Context, Result};
use rustix::process::{kill_process, Pid, Signal};
use serde::Serialize;

/// Samples a second of each thread that runs: so few that they do not show in the time that is measured.
const FREQUENCY: &str = "199";

/// What a sample was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Signatures of attesters, in the virtual machine's crypto, and of transactions, in the SDK's.
    Signature,
    /// Protobuf and JSON of transactions, messages, records and answers, outside of contracts.
    Decoding,
    /// Contracts, and what the virtual machine does to run them.
    Wasm,
    /// State: caches, the tree, the database.
    Storage,
    /// Blocks, votes, mempool and their log.
    Consensus,
    /// The index of transactions and events.
    Index,
    /// Requests of the submitter.
    Requests,
    /// Go's garbage collector.
    Collector,
    /// The key under which the SDK keeps the prefix of addresses, worked out anew for each address: three system calls.
    Scope,
    /// Modules of the SDK and of wasmd, and Go's scheduler.
    Rest,
}

/// What a sample was part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A transaction that comes is checked.
    Check,
    /// A transaction that still waits after a block is checked again.
    Recheck,
    /// A block is executed.
    Execute,
    /// What it changed is written.
    Commit,
    /// All else.
    Else,
}

/// Samples by what they were doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Profile {
    pub samples: u64,
    pub parts: BTreeMap<Part, u64>,
    pub phases: BTreeMap<Phase, u64>,
}

/// perf at work.
pub struct Recording {
    perf: Child,
    file: PathBuf,
}

impl Recording {
    pub fn begin(pid: u32, file: &Path) -> Result<Self> {
        // Not the hardware's counters: a virtual machine often has none.
        let perf = Command::new("perf")
            .args([
                "record",
                "--quiet",
                "--event",
                "cpu-clock",
                "--call-graph",
                "fp",
            ])
            .args(["--freq", FREQUENCY, "--pid", &pid.to_string(), "--output"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("perf does not start: install linux-perf, or run without HUB_LOAD_PROFILE")?;
        Ok(Self {
            perf,
            file: file.to_owned(),
        })
    }

    pub fn end(mut self) -> Result<Self> {
        kill_process(Pid::from_child(&self.perf), Signal::INT).context("perf ended by itself")?;
        self.perf.wait().context("perf")?;
        Ok(self)
    }

    /// The samples, sorted.
    pub fn folded(self) -> Result<Profile> {
        let mut script = Command::new("perf")
            .args([
                "script",
                "--no-inline",
                "--fields",
                "comm,ip,sym,dso",
                "--input",
            ])
            .arg(&self.file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("perf does not start")?;
        let out = script.stdout.take().context("what perf says")?;
        let (profile, nameless) = fold(BufReader::new(out))?;
        ensure!(
            script.wait()?.success(),
            "perf cannot read what it recorded"
        );
        ensure!(
            profile.samples > 0,
            "perf recorded nothing: run it as root, or set kernel.perf_event_paranoid to 1"
        );
        ensure!(
            20 * nameless < profile.samples,
            "the node has no names of functions: remove tests/devnet/build/wasmd, so that it is built anew"
        );
        Ok(profile)
    }
}

struct Frame {
    symbol: String,
    /// File that the code is of.
    object: String,
}

/// Sorts what `perf script` writes: a line for each sample, lines with its frames from the innermost on, and an empty one. Counts
/// the samples in programs whose functions have no names.
fn fold(script: impl BufRead) -> Result<(Profile, u64)> {
    let mut profile = Profile::default();
    let mut nameless = 0;
    let mut frames: Vec<Frame> = vec![];
    let mut count = |frames: &mut Vec<Frame>| {
        if !frames.is_empty() {
            profile.samples += 1;
            nameless += u64::from(frames.iter().any(is_nameless));
            let part = part_of(frames);
            *profile.parts.entry(part).or_default() += 1;
            *profile.phases.entry(phase_of(frames, part)).or_default() += 1;
            frames.clear();
        }
    };
    for line in script.lines() {
        let line = line?;
        if line.trim().is_empty() {
            count(&mut frames);
        } else if line.starts_with(char::is_whitespace) {
            frames.extend(frame_in(&line));
        }
    }
    count(&mut frames);
    Ok((profile, nameless))
}

/// A frame is an address, a name, and a file in parentheses.
fn frame_in(line: &str) -> Option<Frame> {
    let (rest, object) = line.trim().rsplit_once(" (")?;
    let (_, symbol) = rest.split_once(' ').unwrap_or(("", "[unknown]"));
    Some(Frame {
        symbol: symbol.to_owned(),
        object: object.trim_end_matches(')').to_owned(),
    })
}

/// The innermost frame that tells decides.
fn part_of(frames: &[Frame]) -> Part {
    let answers = frames
        .iter()
        .any(|frame| frame.symbol.contains("rpc/jsonrpc/server"));
    let telling = frames.iter().find_map(part_of_frame);
    match telling {
        // Texts of requests are not what a chain decodes.
        Some(Part::Decoding) if answers && frames.iter().any(|frame| is_text(&frame.symbol)) => {
            Part::Requests
        }
        Some(part) => part,
        // The virtual machine keeps no frame pointers, so nothing is known of who called the C library.
        None if frames.iter().any(is_unnamed) => Part::Wasm,
        None => Part::Rest,
    }
}

/// Code that was compiled from a contract lies in no file: perf names one that somebody could have written about it.
fn is_generated(Frame { object, .. }: &Frame) -> bool {
    object.starts_with("/tmp/perf-") || object.starts_with("//anon")
}

fn is_unnamed(frame: &Frame) -> bool {
    frame.object.contains("libc.so") || (frame.object == "[unknown]" && frame.symbol == "[unknown]")
}

fn is_nameless(frame: &Frame) -> bool {
    frame.symbol == "[unknown]" && frame.object.ends_with("/wasmd")
}

fn is_text(symbol: &str) -> bool {
    [
        "encoding/json",
        "encoding/base64",
        "libs/json",
        "encoding/hex",
    ]
    .iter()
    .any(|package| symbol.contains(package))
}

const SIGNATURE_NATIVE: &[&str] = &[
    "cosmwasm_crypto",
    "k256",
    "ecdsa",
    "elliptic_curve",
    "curve25519",
    "ed25519",
    "crypto_bigint",
    "sha2::sha512",
    "primeorder",
];
const SIGNATURE: &[&str] = &[
    "dcrec/secp256k1",
    "crypto/secp256k1",
    "crypto/keys/secp256k1",
    "crypto/ed25519",
    "curve25519-voi",
    "edwards25519",
    "ante.SigVerificationDecorator",
];
const STORAGE: &[&str] = &[
    "cosmossdk.io/store",
    "cosmos-sdk/store",
    "cosmos/iavl",
    "cosmos/cosmos-db",
    "cometbft-db",
    "goleveldb",
    "cockroachdb/pebble",
    "google/btree",
    "tidwall/btree",
    "golang/snappy",
    "cometbft/store.",
    "cosmossdk.io/collections",
    "ics23",
];
const DECODING: &[&str] = &[
    "gogoproto",
    "gogo/protobuf",
    "golang.org/protobuf",
    "golang/protobuf",
    "cosmos-sdk/codec",
    "unknownproto",
    "encoding/json",
    "encoding/base64",
    "encoding/hex",
    "cosmossdk.io/x/tx/decode",
    "x/tx/decode",
    "go-json",
    "go-amino",
    "cosmos-proto",
    "libs/json",
    "bech32",
    "mailru/easyjson",
];
const INDEX: &[&str] = &[
    "state/txindex",
    "state/indexer",
    "libs/pubsub",
    "EventBus",
    "types.(*EventBus)",
    "google/orderedcode",
];
const COLLECTOR: &[&str] = &[
    "runtime.gcBgMarkWorker",
    "runtime.bgsweep",
    "runtime.bgscavenge",
    "runtime.gcAssistAlloc",
    "runtime.gcStart",
];
const SCOPE: &[&str] = &["cosmos-sdk/types.getConfigKey"];
const REQUESTS: &[&str] = &["net/http", "rpc/jsonrpc", "cometbft/rpc"];
const CONSENSUS: &[&str] = &["cometbft/"];
const MODULES: &[&str] = &[
    "cosmos-sdk/x/",
    "cosmos-sdk/baseapp",
    "cosmos-sdk/types",
    "wasmd/",
    "cosmos-sdk/server",
    "cosmossdk.io/core",
];

fn part_of_frame(frame: &Frame) -> Option<Part> {
    if is_generated(frame) {
        return Some(Part::Wasm);
    }
    let Frame { symbol, object } = frame;
    let holds = |names: &[&str]| names.iter().any(|name| symbol.contains(name));
    if object.contains("libwasmvm") {
        return Some(match holds(SIGNATURE_NATIVE) {
            true => Part::Signature,
            false => Part::Wasm,
        });
    }
    let table = [
        (SIGNATURE, Part::Signature),
        (COLLECTOR, Part::Collector),
        (SCOPE, Part::Scope),
        (STORAGE, Part::Storage),
        (DECODING, Part::Decoding),
        (INDEX, Part::Index),
        (REQUESTS, Part::Requests),
        (CONSENSUS, Part::Consensus),
        (&["wasmvm/"], Part::Wasm),
        (MODULES, Part::Rest),
    ];
    let found = table.iter().find(|(names, _)| holds(names));
    found.map(|(_, part)| *part)
}

fn phase_of(frames: &[Frame], part: Part) -> Phase {
    let calls = |name: &str| frames.iter().any(|frame| frame.symbol.contains(name));
    if calls("recheckTx") || calls("RecheckTx") {
        Phase::Recheck
    } else if calls("BaseApp).CheckTx") || calls("CListMempool).CheckTx") {
        Phase::Check
    } else if calls("BaseApp).FinalizeBlock")
        || calls("ProcessProposal")
        || calls("PrepareProposal")
    {
        Phase::Execute
    } else if calls("BaseApp).Commit") {
        Phase::Commit
    } else if part == Part::Wasm
        || (part == Part::Signature && frames[0].object.contains("libwasmvm"))
    {
        // No frame leads out of the virtual machine, which runs for blocks alone.
        Phase::Execute
    } else if calls("wasmvm/") {
        // Contracts that read state: from there the frames lead no further than the virtual machine.
        Phase::Execute
    } else {
        Phase::Else
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As perf 6.1 writes it.
    const SCRIPT: &str = "
wasmd
\tffffffff815eea80 handle_mm_fault ([kernel.kallsyms])
\t    7f0000001000 [unknown] (/tmp/perf-21462.map)

wasmd
\t    7f0000002000 k256::arithmetic::mul::lincomb+0x10 (/go/libwasmvm.x86_64.so)
\t    7f0000001000 [unknown] (/tmp/perf-21462.map)

wasmd
\t          41a000 runtime.memmove (/build/wasmd)
\t          51a000 github.com/cosmos/iavl.(*Node).get (/build/wasmd)
\t          52a000 github.com/CosmWasm/wasmvm/v3/internal/api.cGet (/build/wasmd)

wasmd
\t          41a000 runtime.mallocgc (/build/wasmd)
\t          51a000 encoding/json.(*decodeState).object (/build/wasmd)
\t          52a000 github.com/cometbft/cometbft/rpc/jsonrpc/server.makeJSONRPCHandler.func1 (/build/wasmd)

wasmd
\t    7fffff801000 __memset_avx2 (/usr/lib/libc.so.6)

wasmd
\t          41a000 github.com/decred/dcrd/dcrec/secp256k1/v4.(*FieldVal).Mul2 (/build/wasmd)
\t          41b000 github.com/cosmos/cosmos-sdk/x/auth/ante.SigVerificationDecorator.AnteHandle (/build/wasmd)
\t          41c000 github.com/cosmos/cosmos-sdk/baseapp.(*BaseApp).CheckTx (/build/wasmd)
\t          41d000 github.com/cometbft/cometbft/mempool.(*CListMempool).recheckTxs (/build/wasmd)

wasmd
\t          41a000 runtime.gcBgMarkWorker (/build/wasmd)
";

    #[test]
    fn samples_are_sorted_by_the_innermost_frame_that_tells() {
        let (profile, nameless) = fold(SCRIPT.as_bytes()).unwrap();
        assert_eq!(nameless, 0);
        let parts = [
            (Part::Signature, 2),
            (Part::Wasm, 2),
            (Part::Storage, 1),
            (Part::Requests, 1),
            (Part::Collector, 1),
        ];
        let phases = [(Phase::Recheck, 1), (Phase::Execute, 4), (Phase::Else, 2)];
        assert_eq!(profile.samples, 7);
        assert_eq!(profile.parts, BTreeMap::from(parts));
        assert_eq!(profile.phases, BTreeMap::from(phases));
    }

    #[test]
    fn what_is_no_script_of_perf_holds_no_samples() {
        for text in ["", "\n\n", "Failed to open perf.data\n", "\t\n"] {
            assert_eq!(fold(text.as_bytes()).unwrap(), (Profile::default(), 0));
        }
    }

    #[test]
    fn samples_of_a_node_without_names_are_counted() {
        let stripped = SCRIPT.replace("github.com/cosmos/iavl.(*Node).get", "[unknown]");
        let (profile, nameless) = fold(stripped.as_bytes()).unwrap();
        assert_eq!((profile.samples, nameless), (7, 1));
    }
}
