//! Texts that messages carry, with their limits in bytes. A text is what a reader sees of it: nothing invisible stands
//! in it, nothing that reorders or breaks the line around it, and no blank in place of words.
//!
//! Refused are all characters of the Unicode categories Cc, Cf, Co, Cn, Zl and Zp, and fillers, blanks and variation
//! selectors of other categories; [`UNICODE_VERSION`] says of which Unicode. So an emoji of one character is taken, also
//! with a colour of skin. One that is joined of several by U+200D is not, and U+FE0F after one has to be left out.
//! Scripts that use U+200C between letters are written without it.

mod unseen;
mod url;

use std::cmp::Ordering;

use thiserror::Error;

pub use self::unseen::UNICODE_VERSION;
use self::unseen::UNSEEN;

/// Most bytes of a model's name.
pub const MAX_NAME: usize = 64;
/// Most bytes of a title.
pub const MAX_TITLE: usize = 128;
/// Most bytes of a description.
pub const MAX_DESCRIPTION: usize = 2_048;
/// Most bytes of a task.
pub const MAX_TASK: usize = 64;
/// Most bytes of a licence identifier.
pub const MAX_LICENSE: usize = 64;
/// Most tags of a model.
pub const MAX_TAGS: usize = 8;
/// Most bytes of a tag.
pub const MAX_TAG: usize = 32;
/// Most bytes of a homepage's address.
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
    /// A character that no reader sees, or that garbles what stands around it.
    #[error("{field} holds U+{code_point:04X}, a character that is not shown: leave it out")]
    Unseen {
        /// Name of the message field.
        field: &'static str,
        /// Code point of the first such character.
        code_point: u32,
    },
    /// Spaces where words are expected.
    #[error(
        "{field} is blank: write something that can be read, or leave it empty where it may be"
    )]
    Blank {
        /// Name of the message field.
        field: &'static str,
    },
    /// A space that makes two texts look like one.
    #[error("{field} begins or ends with a space: leave it out")]
    OuterSpace {
        /// Name of the message field.
        field: &'static str,
    },
    /// Something else where the address of a page or service is expected.
    #[error("{field} is no https:// or http:// address: {reason}")]
    NotAUrl {
        /// Name of the message field.
        field: &'static str,
        /// What is wrong with it, and what to do.
        reason: &'static str,
    },
    /// A name that is no slug.
    #[error("{name:?} is no model name: 1 to 64 of a-z, 0-9, dot, underscore and hyphen, the first a letter or digit")]
    NotASlug {
        /// The name that was given.
        name: String,
    },
    /// A licence that is no SPDX expression.
    #[error("{license:?} is no SPDX expression: letters, digits, dot, hyphen, plus, colon, brackets and spaces")]
    NotSpdx {
        /// The text that was given as a licence.
        license: String,
    },
    /// More tags than a model may have.
    #[error("{count} tags were given: at most {MAX_TAGS}")]
    TooManyTags {
        /// How many were given.
        count: usize,
    },
    /// One tag given more than once.
    #[error("tag {tag:?} stands twice: give each tag once")]
    DuplicateTag {
        /// The tag, exactly as models carry it.
        tag: String,
    },
}

/// Whether no reader sees a character, or it garbles what stands around it: a control, format, private or unassigned
/// character, a line or paragraph separator, a filler, a blank or a variation selector.
pub fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let code_point = u32::from(character);
    let place = |(first, last): &(u32, u32)| {
        if *last < code_point {
            Ordering::Less
        } else if code_point < *first {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    };
    UNSEEN.binary_search_by(place).is_ok()
}

/// A text of one line: at most `max` bytes, all of it seen, no space at either end. It may be empty.
pub fn check(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    check_length(field, text, max)?;
    check_seen(field, text, |_| false)?;
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(TextError::OuterSpace { field });
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

/// A text of several lines: at most `max` bytes, all of it seen, with line feeds and tabs. It may be empty.
pub fn check_lines(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    check_length(field, text, max)?;
    check_seen(field, text, |character| matches!(character, '\n' | '\t'))
}

/// The address of a page or service: `https://` or `http://` and a host, in the characters of RFC 3986.
pub fn check_url(field: &'static str, text: &str, max: usize) -> Result<(), TextError> {
    check_required(field, text, max)?;
    match url::fault(text) {
        None => Ok(()),
        Some(reason) => Err(TextError::NotAUrl { field, reason }),
    }
}

/// Refuses what is not shown, beside what is `allowed`, and a text of spaces alone.
fn check_seen(
    field: &'static str,
    text: &str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), TextError> {
    let unseen = |character: &char| is_unseen(*character) && !allowed(*character);
    if let Some(character) = text.chars().find(unseen) {
        return Err(TextError::Unseen {
            field,
            code_point: character.into(),
        });
    }
    if !text.is_empty() && text.chars().all(char::is_whitespace) {
        return Err(TextError::Blank { field });
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
mod tests;
