//! A chain of certificates in the shape of AWS's: root, regional, zonal, instance, leaf.

use crate::certificate::{
    authority_key_id, crl_points, id, name, subject_key_id, usage, Attribute, Certificate,
    Extension,
};
use crate::document::Document;
use crate::key::Key;
use sha2::{Digest, Sha256};
use std::fmt;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A certificate's place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The root, pinned by whoever verifies.
    Root,
    /// Of an AWS region; 20 days.
    Regional,
    /// Of a zone of the region; 6 days.
    Zonal,
    /// Of the machine; 1 day.
    Instance,
    /// Of the enclave; 3 hours. Its key signs documents.
    Leaf,
}

impl Level {
    /// All, from the root down.
    pub const ALL: [Self; 5] = [
        Self::Root,
        Self::Regional,
        Self::Zonal,
        Self::Instance,
        Self::Leaf,
    ];
    /// The ones below the root.
    pub const BELOW_ROOT: [Self; 4] = [Self::Regional, Self::Zonal, Self::Instance, Self::Leaf];
    /// The ones between root and leaf.
    pub const INTERMEDIATE: [Self; 3] = [Self::Regional, Self::Zonal, Self::Instance];

    /// Its place, counted from the root, which is 0.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::Regional => "regional",
            Self::Zonal => "zonal",
            Self::Instance => "instance",
            Self::Leaf => "leaf",
        })
    }
}

/// A root of one's own and the certificates under it, the same for the same arguments.
///
/// `at`, `zone`, `instance` and `enclave` make the certificates anew: what was edited before is gone.
#[derive(Clone, Debug)]
pub struct NitroChain {
    seed: u64,
    time: u64,
    zone: String,
    instance: String,
    enclave: String,
    /// The certificates from the root to the leaf.
    pub certificates: Vec<Certificate>,
}

impl NitroChain {
    /// The time at which a chain is made unless another is named: 2026-02-12T17:56:02Z.
    pub const TIME: u64 = 1_770_918_962;

    /// From when on the root is valid: 2019-01-01. AWS's is from 2019-10-28 on; embedded chains begin earlier.
    pub const EARLIEST: u64 = 1_546_300_800;
    /// Until when the root is valid, as AWS's: 2049-10-28T14:28:05Z.
    pub const LATEST: u64 = 2_519_044_085;

    /// The chain under the root of this seed.
    pub fn new(seed: u64) -> Self {
        let chain = Self {
            seed,
            time: Self::TIME,
            zone: "a".into(),
            instance: "0340e0cb833504eb6".into(),
            enclave: "019c12d31f78864d".into(),
            certificates: vec![],
        };
        chain.made()
    }

    /// The certificates that are in use at this time, unix seconds; documents are made at it.
    pub fn at(mut self, time: u64) -> Self {
        self.time = time;
        self.made()
    }

    /// Another zone: root and regional certificate are the same.
    pub fn zone(mut self, zone: &str) -> Self {
        self.zone = zone.into();
        self.made()
    }

    /// Another machine of the zone: the certificates down to the zonal one are the same.
    pub fn instance(mut self, instance: &str) -> Self {
        self.instance = instance.into();
        self.made()
    }

    /// Another enclave on the machine: all but the leaf are the same.
    pub fn enclave(mut self, enclave: &str) -> Self {
        self.enclave = enclave.into();
        self.made()
    }

    /// The time it was made for, unix seconds.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The certificate of a level.
    pub fn certificate(&self, level: Level) -> &Certificate {
        &self.certificates[level.index()]
    }

    /// Changes the certificate of a level. Certificates are signed later, so every other part stays sound.
    pub fn edit(mut self, level: Level, edit: impl FnOnce(&mut Certificate)) -> Self {
        edit(&mut self.certificates[level.index()]);
        self
    }

    /// The certificates in DER from the root to the leaf, each signed by the one before and the root by itself.
    pub fn encode(&self) -> Vec<Vec<u8>> {
        let signers = self
            .certificates
            .first()
            .into_iter()
            .chain(&self.certificates);
        let signed = self.certificates.iter().zip(signers);
        signed
            .map(|(certificate, signer)| certificate.encode(&signer.key))
            .collect()
    }

    /// sha256 of the root's DER: what a verifier pins.
    pub fn root_hash(&self) -> [u8; 32] {
        let root = &self.certificates[0];
        Sha256::digest(root.encode(&root.key)).into()
    }

    /// The secret key of the leaf, which signs documents.
    pub fn leaf_key(&self) -> &Key {
        &self.certificates[self.certificates.len() - 1].key
    }

    /// A document that the enclave asks for at the time of the chain.
    pub fn document(&self) -> Document {
        let module = format!("i-{}-enc{}", self.instance, self.enclave);
        Document::new(self.encode(), self.leaf_key().clone(), module, self.time)
    }

    fn key(&self, path: &[&str]) -> Key {
        Key::of(&format!("{}/{}", self.seed, path.join("/")))
    }

    fn made(mut self) -> Self {
        let (zone, instance, enclave) = (&*self.zone, &*self.instance, &*self.enclave);
        let time = self.time;
        let from_to = |ago: u64, length: u64| (time - ago, time - ago + length);

        let root_key = self.key(&[]);
        let regional_key = self.key(&["region"]);
        let zonal_key = self.key(&["region", zone]);
        let instance_key = self.key(&["region", zone, instance]);
        let leaf_key = self.key(&["region", zone, instance, enclave]);

        let root_name = in_amazon("aws.nitro-enclaves");
        let regional_name = in_amazon("fa81a085809d0853.us-east-2.aws.nitro-enclaves");
        let zonal_name = name(&[
            (
                id::COMMON_NAME,
                &format!("5d893a5001c52c6{zone}.zonal.us-east-2.aws.nitro-enclaves"),
            ),
            (id::UNIT, "AWS"),
            (id::ORGANISATION, "Amazon"),
            (id::COUNTRY, "US"),
            (id::STATE, "WA"),
            (id::LOCALITY, "Seattle"),
        ]);
        let instance_name = in_seattle(&format!("i-{instance}.us-east-2.aws.nitro-enclaves"));
        let leaf_name = in_seattle(&format!("i-{instance}-enc{enclave}.us-east-2.aws"));

        let always = (Self::EARLIEST, Self::LATEST);
        let mut root = Certificate::new(root_key, root_name.clone(), root_name.clone(), always);
        root.extensions = vec![
            Extension::basic_constraints(true, None),
            subject_key_id(&root.key),
            Extension::key_usage(true, AUTHORITY),
        ];

        let validity = from_to(4 * DAY, 20 * DAY + HOUR);
        let mut regional =
            Certificate::new(regional_key, root_name, regional_name.clone(), validity);
        regional.extensions = vec![
            Extension::basic_constraints(true, Some(2)),
            authority_key_id(&root.key),
            subject_key_id(&regional.key),
            Extension::key_usage(true, AUTHORITY),
            crl_points("http://aws-nitro-enclaves-crl.s3.amazonaws.com/crl/ab4960cc-7d63-42bd-9e9f-59338cb67f84.crl"),
        ];

        let validity = from_to(10 * HOUR, 6 * DAY);
        let mut zonal = Certificate::new(zonal_key, regional_name, zonal_name.clone(), validity);
        zonal.extensions = vec![
            Extension::basic_constraints(true, Some(1)),
            authority_key_id(&regional.key),
            subject_key_id(&zonal.key),
            Extension::key_usage(true, AUTHORITY),
            crl_points("http://crl-us-east-2-aws-nitro-enclaves.s3.us-east-2.amazonaws.com/crl/33f34a1e-9403-41f2-ad43-296cc6b9d5dd.crl"),
        ];

        let validity = from_to(HOUR, DAY);
        let mut machine =
            Certificate::new(instance_key, zonal_name, instance_name.clone(), validity);
        machine.extensions = vec![
            Extension::basic_constraints(true, Some(0)),
            Extension::key_usage(true, usage::CERTIFICATE_SIGN),
            subject_key_id(&machine.key),
            authority_key_id(&zonal.key),
        ];

        let mut leaf =
            Certificate::new(leaf_key, instance_name, leaf_name, from_to(3, 3 * HOUR + 3));
        leaf.extensions = vec![
            Extension::basic_constraints(false, None),
            Extension::key_usage(false, usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION),
        ];

        self.certificates = vec![root, regional, zonal, machine, leaf];
        self
    }
}

const AUTHORITY: u8 = usage::DIGITAL_SIGNATURE | usage::CERTIFICATE_SIGN | usage::CRL_SIGN;

fn in_amazon(common_name: &str) -> Vec<u8> {
    let rest: [Attribute; 3] = [
        (id::COUNTRY, "US"),
        (id::ORGANISATION, "Amazon"),
        (id::UNIT, "AWS"),
    ];
    name(&[&rest[..], &[(id::COMMON_NAME, common_name)]].concat())
}

fn in_seattle(common_name: &str) -> Vec<u8> {
    name(&[
        (id::COUNTRY, "US"),
        (id::STATE, "Washington"),
        (id::LOCALITY, "Seattle"),
        (id::ORGANISATION, "Amazon"),
        (id::UNIT, "AWS"),
        (id::COMMON_NAME, common_name),
    ])
}
