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

pub(crate) use numbers;

numbers! {
    /// Id of a session within its escrow, from 1.
    SessionId(u64);

    /// Id of a model within its registry, from 1.
    ModelId(u64);

    /// Id of an attester within its billing contract, from 1.
    AttesterId(u64);

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
    }
}
