use super::{defects, with_payload};
use crate::cbor::{long_head, Value};
use crate::document::Document;

defects! {
    /// What can be wrong with a payload that is signed soundly.
    PayloadDefect {
        NotAMap = "the payload is an array",
        ByteBehind = "a byte behind the payload",
        EntryTooMany = "the payload says it has more entries than there are",
        EntryTooFew = "the payload says it has fewer entries than there are",
        NoBreak = "a payload of indefinite length without an end",
        LongMapHead = "the number of entries not in its shortest form",
        LongKey = "the length of a key not in its shortest form",
        KeyInChunks = "a key in chunks",
        KeyNotText = "a key that is a number",
        KeyNotUtf8 = "a key that is no text",
        UnknownKey = "an unknown key",
        Nested = "arrays in arrays, 2 000 deep",
        NoModuleId = "no module_id",
        NoDigest = "no digest",
        NoTimestamp = "no timestamp",
        NoPcrs = "no pcrs",
        NoCertificate = "no certificate",
        NoCabundle = "no cabundle",
        ModuleIdTwice = "module_id twice",
        DigestTwice = "digest twice",
        TimestampTwice = "timestamp twice",
        PcrsTwice = "pcrs twice",
        CertificateTwice = "certificate twice",
        CabundleTwice = "cabundle twice",
        PublicKeyTwice = "public_key twice",
        UserDataTwice = "user_data twice",
        NonceTwice = "nonce twice",
        ModuleIdEmpty = "an empty module_id",
        ModuleIdNotText = "module_id is bytes",
        ModuleIdNotUtf8 = "module_id is no UTF-8",
        ModuleIdOversized = "module_id of 129 bytes",
        DigestSha256 = "the digest is SHA256",
        DigestSha512 = "the digest is SHA512",
        DigestLowerCase = "the digest is sha384",
        DigestNotText = "the digest is bytes",
        TimestampNotNumber = "the timestamp is text",
        TimestampNegative = "the timestamp is negative",
        TimestampFloat = "the timestamp is a float",
        TimestampLong = "the timestamp not in its shortest form",
        TimestampTagged = "the timestamp is tagged",
        PcrsEmpty = "no PCR",
        PcrsNotMap = "the PCRs are an array",
        PcrsIndefinite = "PCRs of indefinite length",
        PcrsTooMany = "33 PCRs",
        Pcr0Missing = "PCR0 is missing",
        Pcr1Missing = "PCR1 is missing",
        Pcr2Missing = "PCR2 is missing",
        Pcr0Zero = "PCR0 is zero",
        Pcr1Zero = "PCR1 is zero",
        Pcr2Zero = "PCR2 is zero",
        DebugMode = "PCR0, PCR1 and PCR2 are zero: debug mode",
        Pcr0Short = "PCR0 has 47 bytes",
        Pcr1Long = "PCR1 has 49 bytes",
        Pcr2OfSha256 = "PCR2 has 32 bytes",
        Pcr0OfSha512 = "PCR0 has 64 bytes",
        Pcr0Empty = "PCR0 is empty",
        Pcr8OddSize = "PCR8 has 47 bytes",
        Pcr0Twice = "PCR0 twice, the second time another",
        Pcr8Twice = "PCR8 twice",
        PcrIndex32 = "a PCR of index 32",
        PcrIndexText = "a PCR whose index is text",
        PcrIndexLong = "a PCR's index not in its shortest form",
        PcrNotBytes = "a PCR that is text",
        PcrInChunks = "PCR0 in chunks",
        CertificateEmpty = "an empty certificate",
        CertificateOversized = "a certificate of 1 025 bytes",
        CertificateNotBytes = "the certificate is text",
        CertificateInChunks = "the certificate in chunks",
        CertificateNull = "the certificate is null",
        CabundleEmpty = "an empty cabundle",
        CabundleNotArray = "cabundle is bytes",
        CabundleIndefinite = "a cabundle of indefinite length",
        CabundleOfText = "a cabundle of texts",
        PublicKeyEmpty = "an empty public_key",
        PublicKeyOversized = "public_key of 1 025 bytes",
        PublicKeyNotBytes = "public_key is text",
        PublicKeyInChunks = "public_key in chunks",
        UserDataOversized = "user_data of 1 025 bytes",
        UserDataNotBytes = "user_data is text",
        NonceOversized = "nonce of 1 025 bytes",
        NonceNotBytes = "nonce is a number",
    }
}

impl PayloadDefect {
    /// The document with this defect.
    pub fn apply(self, document: &Document) -> Vec<u8> {
        let sound = document.payload().encode();
        let entries = document.payload().entries().clone();
        let raw = |payload: Vec<u8>| document.seal(&payload).encode();
        let change = |change: &dyn Fn(&mut Value)| with_payload(document, change);
        let set = |key: &str, value: Value| with_payload(document, |all| *all.at(key) = value);
        let remove = |key: &str| with_payload(document, |all| all.remove(key));
        let twice = |key: &str| {
            with_payload(document, |all| {
                let entry = (Value::text(key), all.at(key).clone());
                all.entries().push(entry);
            })
        };
        let chunks = |bytes: &[u8]| Value::IndefiniteBytes(vec![bytes.into()]);
        let as_text = |length: usize| Value::text("x".repeat(length));
        let pcr0 = &document.pcrs[0].1;

        match self {
            Self::NotAMap => raw(Value::Array(vec![]).encode()),
            Self::ByteBehind => raw([sound, vec![0]].concat()),
            Self::EntryTooMany => raw([&[0xaa], &sound[1..]].concat()),
            Self::EntryTooFew => raw([&[0xa8], &sound[1..]].concat()),
            Self::NoBreak => raw([&[0xbf], &sound[1..]].concat()),
            Self::LongMapHead => raw([&long_head(5, 9, 1), &sound[1..]].concat()),
            Self::LongKey => change(&|all| {
                all.entries()[0].0 = Value::Raw([&long_head(3, 9, 1)[..], b"module_id"].concat());
            }),
            Self::KeyInChunks => change(&|all| {
                all.entries()[0].0 = Value::IndefiniteText(vec!["module_id".into()]);
            }),
            Self::KeyNotText => change(&|all| all.entries()[0].0 = Value::Unsigned(1)),
            Self::KeyNotUtf8 => change(&|all| {
                all.entries()[0].0 = Value::Raw(b"\x69module_i\xff".into());
            }),
            Self::UnknownKey => change(&|all| {
                all.entries().push((Value::text("extra"), Value::Null));
            }),
            Self::Nested => set("nonce", Value::Raw(vec![0x81; 2_000])),
            Self::NoModuleId => remove("module_id"),
            Self::NoDigest => remove("digest"),
            Self::NoTimestamp => remove("timestamp"),
            Self::NoPcrs => remove("pcrs"),
            Self::NoCertificate => remove("certificate"),
            Self::NoCabundle => remove("cabundle"),
            Self::ModuleIdTwice => twice("module_id"),
            Self::DigestTwice => twice("digest"),
            Self::TimestampTwice => twice("timestamp"),
            Self::PcrsTwice => twice("pcrs"),
            Self::CertificateTwice => twice("certificate"),
            Self::CabundleTwice => twice("cabundle"),
            Self::PublicKeyTwice => twice("public_key"),
            Self::UserDataTwice => twice("user_data"),
            Self::NonceTwice => twice("nonce"),
            Self::ModuleIdEmpty => set("module_id", Value::text("")),
            Self::ModuleIdNotText => set("module_id", Value::bytes(&document.module_id)),
            Self::ModuleIdNotUtf8 => set("module_id", Value::Raw(vec![0x62, b'i', 0xff])),
            Self::ModuleIdOversized => set("module_id", as_text(129)),
            Self::DigestSha256 => set("digest", Value::text("SHA256")),
            Self::DigestSha512 => set("digest", Value::text("SHA512")),
            Self::DigestLowerCase => set("digest", Value::text("sha384")),
            Self::DigestNotText => set("digest", Value::bytes("SHA384")),
            Self::TimestampNotNumber => {
                set("timestamp", Value::text(document.timestamp_ms.to_string()))
            }
            Self::TimestampNegative => set("timestamp", Value::Negative(document.timestamp_ms)),
            Self::TimestampFloat => {
                let float = (document.timestamp_ms as f64).to_be_bytes();
                set("timestamp", Value::Raw([&[0xfb][..], &float].concat()))
            }
            Self::TimestampLong => set("timestamp", Value::Raw(long_head(0, 1, 8))),
            Self::TimestampTagged => change(&|all| {
                let timestamp = all.at("timestamp");
                *timestamp = Value::Tagged(1, Box::new(timestamp.clone()));
            }),
            Self::PcrsEmpty => set("pcrs", Value::Map(vec![])),
            Self::PcrsNotMap => set("pcrs", Value::Array(vec![Value::bytes(pcr0)])),
            Self::PcrsIndefinite => change(&|all| {
                let pcrs = all.at("pcrs");
                *pcrs = Value::IndefiniteMap(pcrs.entries().clone());
            }),
            Self::PcrsTooMany => {
                let all = (0..33).fold(document.clone(), |all, index| all.pcr(index, [1; 48]));
                all.build()
            }
            Self::Pcr0Missing => document.clone().without_pcr(0).build(),
            Self::Pcr1Missing => document.clone().without_pcr(1).build(),
            Self::Pcr2Missing => document.clone().without_pcr(2).build(),
            Self::Pcr0Zero => document.clone().pcr(0, [0; 48]).build(),
            Self::Pcr1Zero => document.clone().pcr(1, [0; 48]).build(),
            Self::Pcr2Zero => document.clone().pcr(2, [0; 48]).build(),
            Self::DebugMode => {
                let zero = (0..3).fold(document.clone(), |all, index| all.pcr(index, [0; 48]));
                zero.build()
            }
            Self::Pcr0Short => document.clone().pcr(0, &pcr0[..47]).build(),
            Self::Pcr1Long => document.clone().pcr(1, [1; 49]).build(),
            Self::Pcr2OfSha256 => document.clone().pcr(2, [1; 32]).build(),
            Self::Pcr0OfSha512 => document.clone().pcr(0, [1; 64]).build(),
            Self::Pcr0Empty => document.clone().pcr(0, []).build(),
            Self::Pcr8OddSize => document.clone().pcr(8, [1; 47]).build(),
            Self::Pcr0Twice => change(&|all| {
                let again = (Value::Unsigned(0), Value::bytes([1; 48]));
                all.at("pcrs").entries().push(again);
            }),
            Self::Pcr8Twice => change(&|all| {
                let pcrs = all.at("pcrs").entries();
                pcrs.push(pcrs[8].clone());
            }),
            Self::PcrIndex32 => document.clone().pcr(32, [1; 48]).build(),
            Self::PcrIndexText => change(&|all| {
                all.at("pcrs").entries()[3].0 = Value::text("3");
            }),
            Self::PcrIndexLong => change(&|all| {
                all.at("pcrs").entries()[3].0 = Value::Raw(long_head(0, 3, 1));
            }),
            Self::PcrNotBytes => change(&|all| {
                all.at("pcrs").entries()[3].1 = as_text(48);
            }),
            Self::PcrInChunks => change(&|all| {
                all.at("pcrs").entries()[0].1 = chunks(pcr0);
            }),
            Self::CertificateEmpty => set("certificate", Value::bytes([])),
            Self::CertificateOversized => set("certificate", Value::bytes([0x30; 1_025])),
            Self::CertificateNotBytes => set("certificate", as_text(600)),
            Self::CertificateInChunks => set("certificate", chunks(&document.certificate)),
            Self::CertificateNull => set("certificate", Value::Null),
            Self::CabundleEmpty => set("cabundle", Value::Array(vec![])),
            Self::CabundleNotArray => set("cabundle", Value::bytes(document.cabundle.concat())),
            Self::CabundleIndefinite => change(&|all| {
                let certificates = document.cabundle.iter().map(Value::bytes);
                *all.at("cabundle") = Value::IndefiniteArray(certificates.collect());
            }),
            Self::CabundleOfText => set("cabundle", Value::Array(vec![as_text(600); 4])),
            Self::PublicKeyEmpty => document.clone().public_key([]).build(),
            Self::PublicKeyOversized => document.clone().public_key([1; 1_025]).build(),
            Self::PublicKeyNotBytes => set("public_key", as_text(32)),
            Self::PublicKeyInChunks => {
                let (_, key) = &entries[6];
                set(
                    "public_key",
                    Value::Raw([&[0x5f], &key.encode()[..], &[0xff]].concat()),
                )
            }
            Self::UserDataOversized => document.clone().user_data([1; 1_025]).build(),
            Self::UserDataNotBytes => set("user_data", as_text(32)),
            Self::NonceOversized => document.clone().nonce([1; 1_025]).build(),
            Self::NonceNotBytes => set("nonce", Value::Unsigned(1)),
        }
    }
}
