use crate::bls::DST;
use crate::{Bls, Committee, Confirmation, PublicKey, Signature, Signers, SignersError};
use thiserror::Error;

/// Signatures of members of a committee under one confirmation, added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Who signed, see [`Signers`].
    pub signers: Vec<u8>,
    /// Sum of their signatures.
    pub signature: Signature,
}

/// Why a certificate does not show what it is said to.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// Bytes that are no bitmap of the committee.
    #[error("{0}")]
    Signers(#[from] SignersError),

    /// No quorum.
    #[error("the signers have {weight} of {n_shards} shards: at least {quorum} have to sign")]
    NotEnoughWeight {
        /// Weight of the signers.
        weight: u32,
        /// Least weight that would do.
        quorum: u32,
        /// Weight of all members.
        n_shards: u16,
    },

    /// The keys of the signers cancel each other, and the identity verifies what nobody signed.
    #[error("the keys of the signers add up to the identity, which proves nothing")]
    IdentityKey,

    /// A signature of others, over something else, or none at all.
    #[error(
        "the signature is not that of the named signers over this blob, epoch and persistence"
    )]
    WrongSignature,
}

impl Certificate {
    /// Checks that members with a quorum of the shards signed `confirmation`; returns their weight.
    ///
    /// `key` gives the key of the member in a place. It is asked for as few as possible, in ascending order: for
    /// those who signed, or for those who did not, which are taken out of the sum of all.
    pub fn verify<E: From<CertificateError>>(
        &self,
        bls: &impl Bls,
        committee: &Committee,
        confirmation: &Confirmation,
        key: impl FnMut(usize) -> Result<PublicKey, E>,
    ) -> Result<u32, E> {
        let members = committee.weights().len();
        let signers = Signers::new(&self.signers, members).map_err(CertificateError::from)?;
        let weight = committee.weight_of(&signers);
        let quorum = committee.quorum();
        if weight < quorum {
            return Err(E::from(CertificateError::NotEnoughWeight {
                weight,
                quorum,
                n_shards: committee.n_shards(),
            }));
        }
        let points = points(committee, &signers, key)?;
        let sum = bls.sum(&points).ok_or(CertificateError::WrongSignature)?;
        let sum = PublicKey::new(&sum).map_err(|_| CertificateError::IdentityKey)?;
        let message = confirmation.to_bytes();
        if bls.verify(&sum, &message, DST, &self.signature) {
            Ok(weight)
        } else {
            Err(E::from(CertificateError::WrongSignature))
        }
    }
}

/// Points that add up to the key of the signers.
fn points<E>(
    committee: &Committee,
    signers: &Signers,
    mut key: impl FnMut(usize) -> Result<PublicKey, E>,
) -> Result<Vec<u8>, E> {
    let places = 0..committee.weights().len();
    let (signed, missing): (Vec<usize>, Vec<usize>) = places.partition(|place| signers.has(*place));
    let mut points = vec![];
    if signed.len() <= missing.len() {
        for place in signed {
            points.extend_from_slice(key(place)?.as_bytes());
        }
    } else {
        points.extend_from_slice(committee.total());
        for place in missing {
            points.extend_from_slice(&key(place)?.negated());
        }
    }
    Ok(points)
}
