use super::*;
use crate::parity::Scratch;
use crate::{reference, Fraction, Spill, Stamp, SymbolPlace};
use proptest::prelude::*;
use std::io;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

fn encoder(shards: u16) -> Encoder {
    Encoder::with_code(Code::new(shards).unwrap(), Options::default())
}

fn bytes(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn plan(way: Way) -> impl FnOnce(Matrix) -> Plan {
    move |_| Plan { threads: 2, way }
}

/// Bytes, of which a part is replaced after some reads.
struct Restless {
    bytes: Mutex<Vec<u8>>,
    reads_left: AtomicUsize,
    change: fn(&mut Vec<u8>),
}

impl Restless {
    fn new(bytes: Vec<u8>, reads: usize, change: fn(&mut Vec<u8>)) -> Self {
        Self {
            bytes: Mutex::new(bytes),
            reads_left: AtomicUsize::new(reads),
            change,
        }
    }
}

impl ReadAt for Restless {
    fn stamp(&self) -> io::Result<Stamp> {
        self.bytes.lock().unwrap().stamp()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut bytes = self.bytes.lock().unwrap();
        if self.reads_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            (self.change)(&mut bytes);
        }
        bytes.read_exact_at(buffer, offset)
    }
}

/// A source that answers with an error.
struct Forbidden;

impl ReadAt for Forbidden {
    fn stamp(&self) -> io::Result<Stamp> {
        [0; 100].stamp()
    }

    fn read_exact_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// A disk with room for so many more writes.
struct FullDisk(AtomicUsize);

impl Scratch for FullDisk {
    fn write_all_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        match self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            }) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn read_exact_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_byte_more_than_fits_is_refused_before_anything_is_read() {
    struct Endless(u64);
    impl ReadAt for Endless {
        fn stamp(&self) -> io::Result<Stamp> {
            Ok(Stamp {
                length: self.0,
                version: [0; 4],
            })
        }
        fn read_exact_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
            panic!("was read")
        }
    }
    let error = Encoder::new(Options::default())
        .encode(&Endless(14_599_533_453), &mut ())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a Walrus blob of 1000 shards holds at most 14599533452 bytes, and this has 14599533453: split it into parts"
    );
}

#[test]
fn a_source_that_changes_while_it_is_read_is_noticed() {
    // 4 rows are read whole, then 4 runs for each batch of columns.
    let changes: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes[999] ^= 1,
        |bytes| bytes.truncate(900),
        |bytes| bytes.extend([0; 10]),
    ];
    let sentences = [
        "the file changed while it was read; encode it again when nobody writes to it",
        "the file had 1000 bytes and now has 900: it changed while it was read; encode it again when nobody writes to it",
        "the file had 1000 bytes and now has 1010: it changed while it was read; encode it again when nobody writes to it",
    ];
    for (change, sentence) in changes.into_iter().zip(sentences) {
        for way in [Way::Memory { batch: 1 }, Way::Spilled { batch: 3 }] {
            for reads in [0, 3, 4, 5, 8, 9, 12] {
                let source = Restless::new(bytes(1000, 5), reads, change);
                // A change before its place was read for the first time is no change.
                let early = source.bytes.lock().unwrap().len() == 1000 && reads < 4;
                match encoder(10).encode_by(&source, &mut (), |_| Plan { threads: 1, way }) {
                    Err(error) => assert_eq!(error.to_string(), sentence, "{reads} {way:?}"),
                    Ok(encoding) => {
                        let now = source.bytes.into_inner().unwrap();
                        assert_eq!((early, now.len()), (true, 1000), "{reads} {way:?}");
                        assert_eq!(encoding.id, encoder(10).encode(&now, &mut ()).unwrap().id);
                    }
                }
            }
        }
    }
}

#[test]
fn what_the_system_refuses_is_said_with_its_place() {
    let error = encoder(10).encode(&Forbidden, &mut ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reading at byte 0 failed: permission denied"
    );
}

#[test]
fn a_full_disk_ends_the_encoding_with_a_sentence() {
    let code = Code::new(10).unwrap();
    let blob = bytes(5000, 1);
    let reader = Reader::new(&blob).unwrap();
    let matrix = Matrix::new(code, 5000).unwrap();
    for writes in 0..5 {
        let disk = Box::new(FullDisk(AtomicUsize::new(writes)));
        let file = SpillFile::over(disk, PathBuf::from("/scratch"), Parity::bytes(matrix));
        let error = Passes {
            matrix,
            reader: &reader,
            kernel: Kernel::detect(),
            threads: 2,
            batch: 2,
        }
        .run(Parity::File(file), &mut Watch::new(&mut (), 1))
        .unwrap_err();
        let sentence = error.to_string();
        let reason = match writes {
            4 => "broken pipe",
            _ => "no storage space",
        };
        assert_eq!(
            sentence,
            format!("the temporary file of {} bytes in /scratch failed: {reason}; name a folder with space, or allow more memory", Parity::bytes(matrix))
        );
    }
}

#[test]
fn a_folder_for_the_temporary_file_that_is_not_there_is_named() {
    let options = Options {
        memory: Some(0),
        spill: Spill::Folder("/nowhere".into()),
        ..Options::default()
    };
    let error = Encoder::with_code(Code::new(10).unwrap(), options)
        .encode(&bytes(100, 1), &mut ())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the temporary file of 48 bytes in /nowhere failed: No such file"),
        "{error}"
    );
}

#[test]
fn a_path_that_is_no_file_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| {
        encoder(10)
            .encode_file(path, &mut ())
            .unwrap_err()
            .to_string()
    };
    let name = folder.path().display().to_string();
    assert_eq!(
        error(folder.path()),
        format!("{name} is a folder, and only a regular file has a blob id")
    );
    assert_eq!(
        error(Path::new("/dev/null")),
        "/dev/null is neither a file nor a folder, and only a regular file has a blob id"
    );
    assert_eq!(
        error(&folder.path().join("absent")),
        format!("{name}/absent cannot be opened: No such file or directory (os error 2)")
    );
}

#[test]
fn progress_rises_to_the_total_and_may_end_the_encoding() {
    for way in [
        Way::Memory { batch: 2 },
        Way::Spilled { batch: 2 },
        Way::Sliced { width: 128 },
    ] {
        let blob = bytes(20_000, 9);
        let mut steps = Vec::new();
        let mut all = |Fraction { done, total }| {
            steps.push((done, total));
            ControlFlow::Continue(())
        };
        encoder(10)
            .encode_by(&blob, &mut all, |_| Plan { threads: 1, way })
            .unwrap();
        assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
        let (done, total) = *steps.last().unwrap();
        assert_eq!(done, total);

        for end in 1..steps.len() {
            let mut left = end;
            let mut some = |_| {
                left -= 1;
                match left {
                    0 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            };
            let cancelled = encoder(10).encode_by(&blob, &mut some, plan(way));
            // With two threads the other one may do all that is left before this one is asked.
            if let Err(error) = cancelled {
                assert!(matches!(error, EncodeError::Cancelled), "{error}");
            }
        }
    }
}

#[test]
fn rows_that_encoding_added_are_proven_too() {
    let blob = bytes(3000, 77);
    let encoder = encoder(10);
    let encoding = encoder.encode(&blob, &mut ()).unwrap();
    for row in 0..10 {
        let symbols = encoder.row(&blob, row, &mut ()).unwrap();
        for column in 0..10 {
            let (proof, symbol) = encoding
                .slivers
                .prove_symbol(SymbolPlace { row, column }, &symbols)
                .unwrap();
            let place = proof.verify(encoder.code, &encoding.id, 3000, &symbol);
            let range = place.unwrap();
            assert_eq!(range.is_some(), row < 4 && column < 7);
            if let Some(range) = range {
                let there = &blob[range.start as usize..range.end as usize];
                assert_eq!(&symbol[..there.len()], there);
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_found_in_its_row() {
    let blob = bytes(1000, 3);
    let slivers = encoder(10).encode(&blob, &mut ()).unwrap().slivers;
    for row in 0..slivers.rows() {
        let range = slivers.row_range(row);
        let mut bytes = blob[range.start as usize..range.end as usize].to_vec();
        assert_eq!(slivers.check_row(row, &bytes), Ok(()));
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Range { start, end } = range.clone();
            assert_eq!(
                slivers.check_row(row, &bytes),
                Err(crate::RowError::Wrong { row, start, end })
            );
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// Lengths where something ends: a symbol size, a row, a column, the blob.
fn lengths(code: Code) -> impl Strategy<Value = usize> {
    let symbols = code.source_symbols() as usize;
    let near = (0..20_usize, 0..6_usize, 0..3_usize).prop_map(move |(sizes, columns, off)| {
        (sizes * 2 * symbols + columns * 7 + off).saturating_sub(1)
    });
    prop_oneof![near, 0..5 * symbols, 0..700 * symbols]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn all_ways_have_the_result_of_the_published_algorithm(
        (shards, length) in (4_u16..40).prop_flat_map(|shards| {
            (Just(shards), lengths(Code::new(shards).unwrap()))
        }),
        seed: u32,
        batch in 1_usize..9,
        threads in 1_usize..4,
        width in 1_usize..6,
        hole in any::<bool>(),
    ) {
        let mut blob = bytes(length, seed);
        if hole {
            let end = length / 2;
            blob[length / 4..end].fill(0);
        }
        let code = Code::new(shards).unwrap();
        let expected = reference::sliver_roots(code, &blob).unwrap();
        for way in [
            Way::Memory { batch },
            Way::Spilled { batch },
            Way::Sliced { width: width * 128 },
        ] {
            let encoding = encoder(shards)
                .encode_by(&blob, &mut (), |_| Plan { threads, way })
                .unwrap();
            prop_assert_eq!(encoding.slivers.roots(), &expected, "{:?}", way);
            prop_assert_eq!(encoding.id, expected.blob_id(length as u64));
        }
    }

    #[test]
    fn a_plan_stays_below_its_budget_or_is_the_smallest_there_is(
        length in 0..=Code::WALRUS.max_length(),
        threads in 1_usize..65,
        mib in 0_u64..8192,
        never in any::<bool>(),
    ) {
        let options = Options {
            threads: NonZeroUsize::new(threads).unwrap(),
            memory: Some(mib << 20),
            spill: if never { Spill::Never } else { Spill::SystemFolder },
        };
        let matrix = Matrix::new(Code::WALRUS, length).unwrap();
        let Plan { threads: chosen, way } = Plan::new(matrix, &options);
        prop_assert!(chosen >= 1 && chosen <= threads);
        let line = 1000 * matrix.symbol as u64;
        let tables = 65_536 * 128;
        let leaves = tables + 32_000_000;
        let needs = match way {
            Way::Memory { batch } => {
                prop_assert!(batch * matrix.symbol <= 65_536);
                leaves + Parity::bytes(matrix) + chosen as u64 * line.max((334 * batch * matrix.symbol) as u64)
            }
            Way::Spilled { .. } => leaves + chosen as u64 * line,
            Way::Sliced { width } => {
                prop_assert_eq!(width % 128, 0);
                prop_assert!(never);
                tables + 65_000_000 + 334_000 * width as u64
            }
        };
        let smallest = chosen == 1 && matches!(way, Way::Spilled { .. } | Way::Sliced { width: 128 });
        let small_blob = matrix.symbol < 128;
        prop_assert!(needs <= mib << 20 || smallest || small_blob, "{needs} of {mib} MiB: {way:?}");
    }
}

#[test]
fn what_does_not_fit_is_done_in_the_least_memory_by_one_thread() {
    let matrix = Matrix::new(Code::WALRUS, 123_419_013).unwrap();
    let options = Options {
        threads: NonZeroUsize::new(2).unwrap(),
        memory: Some(75 << 20),
        spill: Spill::Never,
    };
    let least = Plan {
        threads: 1,
        way: Way::Sliced { width: 128 },
    };
    assert_eq!(Plan::new(matrix, &options), least);
}

/// What the README promises of the process: 64 MiB and 66 MiB a thread. 8 MiB of it are the process itself.
#[test]
fn no_length_takes_more_than_is_promised_and_no_thread_stays_away() {
    for length in (0..=Code::WALRUS.max_length()).step_by(9 << 20) {
        let matrix = Matrix::new(Code::WALRUS, length).unwrap();
        for threads in [1, 2, 4, 16] {
            let options = Options {
                threads: NonZeroUsize::new(threads).unwrap(),
                ..Options::default()
            };
            let plan = Plan::new(matrix, &options);
            assert_eq!(plan.threads, threads, "{length}");
            let symbol = matrix.symbol as u64;
            let (batch, kept) = match plan.way {
                Way::Memory { batch } => (batch, Parity::bytes(matrix)),
                Way::Spilled { batch } => (batch, 0),
                way @ Way::Sliced { .. } => panic!("{way:?}"),
            };
            let thread = (1000 * symbol).max(334 * batch as u64 * symbol) + 800_000;
            let all = 65_536 * 128 + 32_000_000 + kept + threads as u64 * thread;
            let promised = (64 + 66 * threads as u64) << 20;
            assert!(all + (8 << 20) <= promised, "{length}: {all} of {promised}");
        }
    }
}

#[test]
fn the_longest_blob_fits_into_what_is_promised() {
    let matrix = Matrix::new(Code::WALRUS, Code::WALRUS.max_length()).unwrap();
    for threads in 1..65 {
        let options = Options {
            threads: NonZeroUsize::new(threads).unwrap(),
            ..Options::default()
        };
        let way = Way::Spilled { batch: 1 };
        assert_eq!(Plan::new(matrix, &options), Plan { threads, way });
    }
}
