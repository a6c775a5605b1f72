use super::defects;
use crate::certificate::Certificate;
use crate::chain::{Level, NitroChain};
use crate::document::Document;
use crate::key::Key;

defects! {
    /// What can be wrong with the list of certificates, each of them sound.
    BundleDefect {
        NoRoot = "the root is missing",
        RootAlone = "the bundle is the root alone, and the leaf is not its",
        NoRegional = "the regional certificate is missing",
        NoZonal = "the zonal certificate is missing",
        NoInstance = "the instance certificate is missing",
        RegionalAndZonalSwapped = "regional and zonal certificate are swapped",
        ZonalAndInstanceSwapped = "zonal and instance certificate are swapped",
        InstanceAndLeafSwapped = "instance certificate and leaf are swapped",
        Reversed = "the bundle is in reverse order",
        LeafInBundle = "the leaf stands in the bundle too",
        LeafFromOtherInstance = "the leaf of another machine",
        InstanceFromOtherZone = "the instance certificate of another zone",
        TooMany = "9 certificates in the bundle",
        RegionalFromOtherRoot = "the certificates from the regional one on are under another root of the same name",
        CertificateBelowLeaf = "a certificate signed by the leaf of an enclave",
    }
}

impl BundleDefect {
    /// The document with this defect.
    pub fn apply(self, chain: &NitroChain, mut document: Document) -> Vec<u8> {
        let bundle = &mut document.cabundle;
        match self {
            Self::NoRoot => drop(bundle.remove(0)),
            Self::RootAlone => bundle.truncate(1),
            Self::NoRegional => drop(bundle.remove(1)),
            Self::NoZonal => drop(bundle.remove(2)),
            Self::NoInstance => drop(bundle.remove(3)),
            Self::RegionalAndZonalSwapped => bundle.swap(1, 2),
            Self::ZonalAndInstanceSwapped => bundle.swap(2, 3),
            Self::InstanceAndLeafSwapped => {
                std::mem::swap(&mut bundle[3], &mut document.certificate);
                // The signature is sound for the certificate that stands last.
                document.key = chain.certificate(Level::Instance).key.clone();
            }
            Self::Reversed => bundle.reverse(),
            Self::LeafInBundle => bundle.push(document.certificate.clone()),
            Self::LeafFromOtherInstance => {
                let other = chain.clone().instance("0f0f0f0f0f0f0f0f0");
                document.certificate = other.document().certificate;
                document.key = other.leaf_key().clone();
            }
            Self::InstanceFromOtherZone => {
                let other = chain.clone().zone("b");
                bundle[3] = other.document().cabundle.remove(3);
                document.certificate = other.document().certificate;
                document.key = other.leaf_key().clone();
            }
            Self::TooMany => bundle.resize(9, bundle[3].clone()),
            Self::RegionalFromOtherRoot => {
                let other = NitroChain::new(u64::MAX).at(chain.time());
                let root = bundle[0].clone();
                let own = other.document();
                *bundle = own.cabundle;
                bundle[0] = root;
                document.certificate = own.certificate;
                document.key = own.key;
            }
            Self::CertificateBelowLeaf => {
                let leaf = chain.certificate(Level::Leaf);
                let mut below = Certificate::new(
                    Key::of("below the leaf"),
                    leaf.subject.clone(),
                    leaf.subject.clone(),
                    (leaf.not_before, leaf.not_after),
                );
                below.extensions = leaf.extensions.clone();
                bundle.push(document.certificate);
                document.certificate = below.encode(&leaf.key);
                document.key = below.key;
            }
        }
        document.build()
    }
}
