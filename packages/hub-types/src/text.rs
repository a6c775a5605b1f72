//! Texts that messages carry, with their limits in bytes.

use thiserror::Error;

/// Longest model name.
pub const MAX_NAME: usize = 64;
/// Longest title.
pub const MAX_TITLE: usize = 128;
/// Longest description.
pub const MAX_DESCRIPTION: usize = 4_096;
/// Longest task.
pub const MAX_TASK: usize = 64;
/// Longest licence identifier.
pub const MAX_LICENSE: usize = 64;
/// Most tags of a model.
pub const MAX_TAGS: usize = 8;
/// Longest tag.
pub const MAX_TAG: usize = 32;
/// Longest homepage address.
pub const MAX_HOMEPAGE: usize = 256;
/// Longest label of a session.
pub const MAX_LABEL: usize = 64;
/// Longest endpoint of an attester.
pub const MAX_ENDPOINT: usize = 256;

/// Why a text was refused.
#[derive(Error, Debug, PartialEq, Eq, Clone)]
pub enum TextError {
    /// Nothing was given where something is needed.
    #[error("{field} is empty: give 1 to {max} bytes")]
    Empty {
        /// Name of the message field.
        field: &'static str,
        /// Longest allowed, in bytes.
        max: usize,
    },
    /// More was given than is kept.
    #[error("{field} has {length} bytes: give at most {max}")]
    TooLong {
        /// Name of the message field.
        field: &'static str,
        /// Length given, in bytes.
        length: usize,
        /// Longest allowed, in bytes.
        max: usize,
    },
    /// A character that would garble what readers see.
    #[error("{field} holds a control character: leave it out")]
    ControlCharacter {
        /// Name of the message field.
        field: &'static str,
    },
    /// A name that is no slug.
    #[error("{name:?} is no model name: 1 to 64 of a-z, 0-9, dot, underscore and hyphen, the first a letter or digit")]
    NotASlug {
        /// Name given.
        name: String,
    },
    /// A licence that is no SPDX expression.
    #[error("{license:?} is no SPDX expression: letters, digits, dot, hyphen, plus, colon, brackets and spaces")]
    NotSpdx {
        /// Licence given.
        license: String,
    },
    /// More tags than a model may have.
    #[error("{count} tags were given: at most {MAX_TAGS}")]
    TooManyTags {
        /// Number given.
        count: usize,
    },
    /// One tag given more than once.
    #[error("tag {tag:?} stands twice: give each tag once")]
    DuplicateTag {
        /// The tag.
        tag: String,
    },
}

/// A text of at most `max` bytes without control characters; it may be empty.
pub fn check(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    check_length(field, text, max)?;
    if text.chars().any(char::is_control) {
        return Err(TextError::ControlCharacter { field });
    }
    Ok(())
}

/// As [`check`], and not empty.
pub fn check_required(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty { field, max });
    }
    check(field, text, max)
}

/// A text of several lines: as [`check`], with line feeds and tabs allowed.
pub fn check_lines(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    check_length(field, text, max)?;
    let garbled = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.chars().any(garbled) {
        return Err(TextError::ControlCharacter { field });
    }
    Ok(())
}

fn check_length(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    if text.len() > max {
        return Err(TextError::TooLong {
            field,
            length: text.len(),
            max,
        });
    }
    Ok(())
}

/// A model name: `[a-z0-9][a-z0-9._-]{0,63}`.
pub fn check_name(name: &str) -> Result<(), TextError> {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let slug = name.as_bytes().first().is_some_and(alphanumeric)
        && name
            .as_bytes()
            .iter()
            .all(|byte| alphanumeric(byte) || b"._-".contains(byte))
        && name.len() <= MAX_NAME;
    if slug {
        Ok(())
    } else {
        Err(TextError::NotASlug {
            name: name.chars().take(MAX_NAME.saturating_add(1)).collect(),
        })
    }
}

/// A licence in the characters of an SPDX licence expression
/// (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>); the list of licences is not checked.
pub fn check_license(license: &str) -> Result<(), TextError> {
    check_required("license", license, MAX_LICENSE)?;
    let spdx = license
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-+:() ".contains(&byte));
    if spdx {
        Ok(())
    } else {
        Err(TextError::NotSpdx {
            license: license.to_owned(),
        })
    }
}

/// Up to eight different tags, none empty.
pub fn check_tags(tags: &[String]) -> Result<(), TextError> {
    if tags.len() > MAX_TAGS {
        return Err(TextError::TooManyTags { count: tags.len() });
    }
    for (index, tag) in tags.iter().enumerate() {
        check_required("tag", tag, MAX_TAG)?;
        if tags.iter().take(index).any(|before| before == tag) {
            return Err(TextError::DuplicateTag { tag: tag.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs() {
        let longest = "a".repeat(64);
        for name in ["a", "0", "gpt-4.1", "og_1hr.v2-x", longest.as_str()] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let too_long = "a".repeat(65);
        for name in [
            "",
            "-a",
            ".a",
            "_a",
            "A",
            "a b",
            "ä",
            "a/b",
            too_long.as_str(),
        ] {
            assert_eq!(
                check_name(name),
                Err(TextError::NotASlug { name: name.into() }),
                "{name}"
            );
        }
    }

    #[test]
    fn limits_are_in_bytes_and_inclusive() {
        assert_eq!(check_required("title", &"ä".repeat(64), MAX_TITLE), Ok(()));
        assert_eq!(
            check_required("title", &"ä".repeat(65), MAX_TITLE),
            Err(TextError::TooLong {
                field: "title",
                length: 130,
                max: 128
            })
        );
        assert_eq!(
            check_required("title", "", MAX_TITLE),
            Err(TextError::Empty {
                field: "title",
                max: 128
            })
        );
        assert_eq!(
            check("task", "a\nb", MAX_TASK),
            Err(TextError::ControlCharacter { field: "task" })
        );
        assert_eq!(
            check_lines("description", "a\n\tb", MAX_DESCRIPTION),
            Ok(())
        );
        assert_eq!(
            check_lines("description", "a\u{1b}[2J", MAX_DESCRIPTION),
            Err(TextError::ControlCharacter {
                field: "description"
            })
        );
    }

    #[test]
    fn tags_are_few_and_different() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| tag.to_string()).collect::<Vec<_>>();
        assert_eq!(check_tags(&tags(&["a", "b"])), Ok(()));
        assert_eq!(
            check_tags(&tags(&["a", "a"])),
            Err(TextError::DuplicateTag { tag: "a".into() })
        );
        assert_eq!(
            check_tags(&tags(&["a"; 9])),
            Err(TextError::TooManyTags { count: 9 })
        );
    }
}
