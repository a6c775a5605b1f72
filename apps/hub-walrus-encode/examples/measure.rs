//! Encodes a file once, and prints what it took: `measure ours|sliced|reference|check FILE [THREADS]`.
//! `measure machine THREADS` hashes a few bytes again and again instead, the same amount in all on one thread and on several:
//! its wall time says how much of several cores the machine gives at the time. One JSON object a run; `make bench-walrus`
//! puts them together.

use blake2::{Blake2b512, Digest};
use hub_walrus_encode::{reference, Code, Encoder, Options, Slivers, Spill};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [what, threads] = arguments.as_slice() {
        if what == "machine" {
            return machine(threads.parse::<NonZeroUsize>()?.get());
        }
    }
    let [what, file, rest @ ..] = arguments.as_slice() else {
        return Err("measure ours|sliced|reference|check FILE [THREADS]".into());
    };
    let mut options = Options::default();
    if let [threads] = rest {
        options.threads = threads.parse::<NonZeroUsize>()?;
    }
    let path = Path::new(file);
    let (before, start) = (cpu_seconds()?, Instant::now());
    let mut measured = None;
    let id = match what.as_str() {
        "ours" => Encoder::new(options).encode_file(path, &mut ())?.id,
        "sliced" => {
            options.spill = Spill::Never;
            Encoder::new(options).encode_file(path, &mut ())?.id
        }
        "reference" => {
            let blob = fs::read(path)?;
            let length = blob.len() as u64;
            reference::sliver_roots(Code::WALRUS, &blob)?.blob_id(length)
        }
        "check" => {
            let slivers = Encoder::new(options).encode_file(path, &mut ())?.slivers;
            let (before, start) = (cpu_seconds()?, Instant::now());
            check(&slivers, path)?;
            measured = Some((cpu_seconds()? - before, start.elapsed().as_secs_f64()));
            slivers.id()
        }
        other => return Err(format!("{other:?} cannot be measured").into()),
    };
    let (cpu, wall) = measured.unwrap_or((cpu_seconds()? - before, start.elapsed().as_secs_f64()));
    println!(
        "{{\"what\": \"{what}\", \"id\": \"{id}\", \"cpu\": {cpu:.3}, \"wall\": {wall:.3}, \"peak_kib\": {}}}",
        peak_kib()?
    );
    Ok(())
}

/// A second or two of hashing: the same work for each number of threads, and nothing but arithmetic.
fn machine(threads: usize) -> Result<(), Box<dyn std::error::Error>> {
    const HASHES: usize = 12_000_000;
    let (before, start) = (cpu_seconds()?, Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut hash = [0_u8; 64];
                for _ in 0..HASHES / threads {
                    hash = Blake2b512::digest(hash).into();
                }
                std::hint::black_box(hash)
            });
        }
    });
    let (cpu, wall) = (cpu_seconds()? - before, start.elapsed().as_secs_f64());
    println!("{{\"what\": \"machine\", \"cpu\": {cpu:.3}, \"wall\": {wall:.3}}}");
    Ok(())
}

/// All rows of a file against its sliver roots.
fn check(slivers: &Slivers, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    use hub_walrus_encode::ReadAt;
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    for row in 0..slivers.rows() {
        let range = slivers.row_range(row);
        bytes.resize(usize::try_from(range.end - range.start)?, 0);
        file.read_exact_at(&mut bytes, range.start)?;
        slivers.check_row(row, &bytes)?;
    }
    Ok(())
}

/// CPU seconds of this process so far, of the user and of the system, all threads.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // After the name in brackets, which may hold spaces: fields 14 and 15, in hundredths.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no name in /proc/self/stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / 100.0)
}

/// The most memory that this process has held, in KiB.
fn peak_kib() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
