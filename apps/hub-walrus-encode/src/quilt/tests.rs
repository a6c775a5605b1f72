use super::*;
use proptest::prelude::*;

const SMALL: Result<Code, hub_walrus::CodeError> = Code::new(10);

fn file<'a>(identifier: &'a str, bytes: &'a [u8]) -> File<'a> {
    File {
        identifier,
        tags: BTreeMap::new(),
        bytes,
    }
}

fn refused(files: &[File<'_>]) -> String {
    Quilt::new(SMALL.unwrap(), files).unwrap_err().to_string()
}

#[test]
fn files_that_make_no_quilt_are_refused_with_a_sentence() {
    assert_eq!(refused(&[]), "a quilt has at least one file");
    let names: Vec<String> = (0..7).map(|i| format!("f{i}")).collect();
    let files: Vec<_> = names.iter().map(|name| file(name, b"")).collect();
    assert_eq!(
        refused(&files),
        "a quilt of 10 shards holds at most 6 files, and these are 7: make several quilts"
    );
    assert!(Quilt::new(SMALL.unwrap(), &files[..6]).is_ok());
    assert_eq!(
        refused(&[file("a", b"1"), file("b", b""), file("a", b"2")]),
        "two files of the quilt are called \"a\""
    );
    for name in ["", ".hidden", "-", " a", "a ", "a\n"] {
        assert_eq!(
            refused(&[file(name, b"1")]),
            format!("{name:?} cannot name a file of a quilt: it begins with a letter or a digit, has no white space at its end and at most 65535 bytes")
        );
    }
    let tagged = File {
        tags: BTreeMap::from([("k".into(), "v".repeat(65_535))]),
        ..file("a", b"")
    };
    assert_eq!(
        refused(&[tagged]),
        "the tags of \"a\" take more than 65535 bytes"
    );
    let long = vec![0; 4 * 6 * 65_534];
    assert_eq!(
        refused(&[file("a", &long)]),
        "these files do not fit into one quilt: store the longest one as a blob of its own, or make several quilts"
    );
    assert!(Quilt::new(SMALL.unwrap(), &[file("a", &long[10..])]).is_ok());
}

#[test]
fn a_blob_that_is_no_quilt_is_refused_with_a_sentence() {
    let refused = |bytes: Vec<u8>| Quilt::parse(SMALL.unwrap(), bytes).unwrap_err().to_string();
    let prefix = "this blob is not a quilt: ";
    assert_eq!(
        refused(b"hello".to_vec()),
        format!("{prefix}its length is not that of whole columns")
    );
    assert_eq!(
        refused(vec![0; 56]),
        format!("{prefix}it does not begin with version 1 of an index")
    );
    let quilt = Quilt::new(SMALL.unwrap(), &[file("a", b"1"), file("b", b"2")]).unwrap();
    let mut long = quilt.bytes().to_vec();
    // The first five bytes lie in the first rows of column 0.
    let row = 7 * quilt.symbol;
    long[row + 1] = 0xff;
    assert_eq!(
        refused(long),
        format!("{prefix}its index is longer than ten columns")
    );
}

#[test]
fn a_file_that_is_damaged_is_not_handed_out() {
    let quilt = Quilt::new(SMALL.unwrap(), &[file("a", b"12345"), file("b", b"2")]).unwrap();
    assert_eq!(
        quilt.file("c").unwrap_err().to_string(),
        "the quilt has no file \"c\""
    );
    let (header, _) = quilt.run_at(Place {
        column: quilt.patches[0].start.into(),
        at: 0,
    });
    let mut other = quilt.clone();
    other.bytes[header] = 2;
    assert_eq!(
        other.file("a").unwrap_err().to_string(),
        "the quilt's file \"a\" is damaged: its header does not have version 1"
    );
    let mut other = quilt.clone();
    let (length, _) = quilt.run_at(Place {
        column: quilt.patches[0].start.into(),
        at: 3,
    });
    other.bytes[length] = 9;
    assert_eq!(
        other.file("a").unwrap_err().to_string(),
        "the quilt's file \"a\" is damaged: it is longer than its columns"
    );
    assert_eq!(other.file("b").unwrap(), b"2");
}

fn contents() -> impl Strategy<Value = BTreeMap<String, (Vec<u8>, BTreeMap<String, String>)>> {
    let tags = proptest::collection::btree_map("[a-z]{0,9}", "\\PC{0,9}", 0..4);
    let content = proptest::collection::vec(any::<u8>(), 0..900);
    proptest::collection::btree_map("[a-zA-Z0-9äÖ猫][ -~]{0,20}[!-~]", (content, tags), 1..7)
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(contents in contents()) {
        let files: Vec<File<'_>> = contents
            .iter()
            .map(|(identifier, (bytes, tags))| File { identifier, tags: tags.clone(), bytes })
            .collect();
        let quilt = Quilt::new(SMALL.unwrap(), &files).unwrap();
        let read = Quilt::parse(SMALL.unwrap(), quilt.bytes().to_vec()).unwrap();
        prop_assert_eq!(&read, &quilt);
        prop_assert_eq!(read.patches().len(), contents.len());
        for patch in read.patches() {
            let (bytes, tags) = &contents[&patch.identifier];
            prop_assert_eq!(&read.file(&patch.identifier).unwrap(), bytes);
            prop_assert_eq!(&patch.tags, tags);
        }
    }

    /// Whatever the bytes are, they are read or refused, and never more is read than is there.
    #[test]
    fn no_bytes_break_the_reader(
        mut bytes in proptest::collection::vec(any::<u8>(), 28 * 2 * 9),
        contents in contents(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let files: Vec<File<'_>> = contents
            .iter()
            .map(|(identifier, (bytes, tags))| File { identifier, tags: tags.clone(), bytes })
            .collect();
        let mut damaged = Quilt::new(SMALL.unwrap(), &files).unwrap().into_bytes();
        for (index, byte) in flips {
            *index.get_mut(&mut damaged) = byte;
        }
        bytes[0] = 1;
        for bytes in [bytes, damaged] {
            if let Ok(quilt) = Quilt::parse(SMALL.unwrap(), bytes) {
                for patch in quilt.patches() {
                    if let Ok(content) = quilt.file(&patch.identifier) {
                        prop_assert!(content.len() <= quilt.bytes().len());
                    }
                }
            }
        }
    }
}
