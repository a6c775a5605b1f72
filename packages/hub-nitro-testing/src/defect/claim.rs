use super::{defects, Attempt};
use crate::chain::{Level, NitroChain};
use crate::document::Document;
use sha2::{Digest, Sha256};

defects! {
    /// What can be wrong with an attempt whose document is sound in itself.
    ClaimDefect {
        OtherRoot = "the verifier pins another root",
        ForgedRoot = "a whole chain under a root of one's own, which has the name of the pinned one",
        Stale = "301 seconds old",
        FromTheFuture = "61 seconds ahead of the block",
        TimestampZero = "made in 1970",
        TimestampHuge = "made at the last time there is",
        RegionalExpiredSince = "a remembered regional certificate that has expired since",
        ZonalExpiredSince = "a remembered zonal certificate that has expired since",
        InstanceExpiredSince = "a remembered instance certificate that has expired since",
        NoKey = "names no key",
        OtherPublicKey = "public_key is another key",
        PublicKeyLonger = "public_key is the key and a byte more",
        PublicKeyShorter = "public_key is the key without its last byte",
        PublicKeyIsHash = "public_key is the hash of the key",
        UserDataOfOtherKey = "user_data is the hash of another key",
        UserDataIsKey = "user_data is the key itself",
        UserDataHashLonger = "user_data is the hash of the key and a byte more",
        UserDataHashFirst = "user_data is two hashes, and the first is the key's",
        UserDataOtherPrefix = "user_data is two hashes, the second the key's, of another kind",
        UserDataHashInside = "user_data is long and the hash of the key stands in it",
        NonceIsKey = "nonce is the key",
    }
}

impl ClaimDefect {
    /// The attempt with this defect.
    pub fn apply(self, chain: &NitroChain, key: &[u8]) -> Attempt {
        let document = chain.document();
        let sound = || Attempt::sound(chain, key);
        let made_at = |timestamp_ms: u64| {
            let mut document = chain.document().public_key(key);
            document.timestamp_ms = timestamp_ms;
            Attempt::of(chain, key, document.build())
        };
        let with = |document: Document| Attempt::of(chain, key, document.build());
        let other = [key, b"other"].concat();
        let hash = Sha256::digest(key);
        let hashes =
            |first: &[u8], second: &[u8]| [&[0x12, 0x20], first, &[0x12, 0x20], second].concat();

        match self {
            Self::OtherRoot => Attempt {
                root: NitroChain::new(u64::MAX).root_hash(),
                ..sound()
            },
            Self::ForgedRoot => Attempt {
                root: chain.root_hash(),
                ..Attempt::sound(&NitroChain::new(u64::MAX).at(chain.time()), key)
            },
            Self::Stale => Attempt {
                now: chain.time() + 301,
                ..made_at(chain.time() * 1_000)
            },
            Self::FromTheFuture => made_at((chain.time() + 61) * 1_000),
            Self::TimestampZero => made_at(0),
            Self::TimestampHuge => made_at(u64::MAX),
            Self::RegionalExpiredSince => expired_since(Level::Regional, chain, key),
            Self::ZonalExpiredSince => expired_since(Level::Zonal, chain, key),
            Self::InstanceExpiredSince => expired_since(Level::Instance, chain, key),
            Self::NoKey => with(document),
            Self::OtherPublicKey => with(document.public_key(&other)),
            Self::PublicKeyLonger => with(document.public_key([key, &[0]].concat())),
            Self::PublicKeyShorter => with(document.public_key(&key[..key.len() - 1])),
            Self::PublicKeyIsHash => with(document.public_key(hash)),
            Self::UserDataOfOtherKey => with(document.user_data(Sha256::digest(&other))),
            Self::UserDataIsKey => with(document.user_data(key)),
            Self::UserDataHashLonger => with(document.user_data([&hash[..], &[0]].concat())),
            Self::UserDataHashFirst => with(document.user_data(hashes(&hash, &[0; 32]))),
            Self::UserDataOtherPrefix => {
                let mut data = hashes(&[0; 32], &hash);
                data[34] = 0x13;
                with(document.user_data(data))
            }
            Self::UserDataHashInside => {
                with(document.user_data([&[0; 100], &hash[..], &[0; 100]].concat()))
            }
            Self::NonceIsKey => with(document.nonce(key)),
        }
    }
}

/// A certificate that was valid when the first document came and is not when the second does; all others are.
fn expired_since(level: Level, chain: &NitroChain, key: &[u8]) -> Attempt {
    const HOUR: u64 = 3_600;
    let later = chain.time() + HOUR;
    let mut chain = chain.clone();
    for certificate in &mut chain.certificates {
        certificate.not_after = NitroChain::LATEST;
    }
    let chain = chain.edit(level, |certificate| certificate.not_after = later - 1);
    let first = chain.document().public_key(key);
    let second = first.clone().timestamp(later);
    Attempt {
        before: Some((first.build(), chain.time())),
        now: later,
        ..Attempt::of(&chain, key, second.build())
    }
}
