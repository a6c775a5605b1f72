//! Numbers that name things, one type for each, so that none is taken for another.
//!
//! Each is its integer and nothing else: the same bytes on the wire and in records, and, with the feature `json`, the
//! same number in JSON and in schemas.

use std::fmt;

/// Declares numbers of one width that name things.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "json", serde(transparent))]
        pub struct $name(
            /// The integer.
            pub $inner,
        );

        impl $name {
            /// The greatest of its integers.
            pub const MAX: Self = Self(<$inner>::MAX);

            /// The number after this one; the last has none and stays.
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The numbers from this one to `last`, ascending; none if `last` lies before it.
            pub fn up_to(self, last: Self) -> impl Iterator<Item = Self> + Clone {
                (self.0..=last.0).map(Self)
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }

        impl From<$name> for $inner {
            fn from(number: $name) -> Self {
                number.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        /// A schema says what the integer's says: in JSON there is no difference.
        #[cfg(feature = "json")]
        impl schemars::JsonSchema for $name {
            fn is_referenceable() -> bool {
                <$inner as schemars::JsonSchema>::is_referenceable()
            }

            fn schema_name() -> String {
                <$inner as schemars::JsonSchema>::schema_name()
            }

            fn json_schema(generator: &mut schemars::gen::SchemaGenerator) -> schemars::schema::Schema {
                <$inner as schemars::JsonSchema>::json_schema(generator)
            }
        }
    )+};
}

numbers! {
    /// Id of a session within its escrow, from 1.
    SessionId(u64);

    /// Id of a model within its registry, from 1.
    ModelId(u64);

    /// Id of an attester within its billing contract, from 1.
    AttesterId(u64);

    /// Number of an operator within its billing contract: the id of the first attester that it registered.
    OperatorNumber(u64);

    /// Number of a release within its model, from 1. Not its label, which is `major.minor`.
    ReleaseNumber(u64);

    /// Number of a set of terms within its model, from 1.
    TermsNumber(u64);

    /// Number under which an escrow keeps a denomination, from 1 in the order in which they came.
    DenomNumber(u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_as_its_integer_and_leads_back_to_it() {
        let session = SessionId::from(7);
        assert_eq!(format!("session {session}, {session:>3}"), "session 7,   7");
        assert_eq!(u64::from(session), 7);
        assert_eq!(session.next(), SessionId(8));
        assert_eq!(SessionId(u64::MAX).next(), SessionId(u64::MAX));
    }

    #[test]
    fn ids_are_walked_in_order_as_far_as_they_were_given_out() {
        let ids = |from, last| ModelId(from).up_to(ModelId(last)).map(u64::from);
        assert_eq!(ids(2, 4).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(ids(1, 0).count(), 0);
        assert_eq!(ids(u64::MAX, u64::MAX).count(), 1);
    }
}
