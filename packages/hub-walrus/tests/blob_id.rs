//! Refusals first, each by its own error; then the accepted form and the formula.
#![allow(clippy::unwrap_used)]

use hub_walrus::{BlobId, BlobIdError};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

const ID: &str = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4";

fn refusal(text: &str) -> BlobIdError {
    text.parse::<BlobId>().unwrap_err()
}

#[test]
fn nothing_is_too_short() {
    assert_eq!(refusal(""), BlobIdError::WrongLength { length: 0 });
}

#[test]
fn one_character_more_or_less_is_refused() {
    assert_eq!(refusal(&ID[1..]), BlobIdError::WrongLength { length: 42 });
    assert_eq!(
        refusal(&format!("{ID}A")),
        BlobIdError::WrongLength { length: 44 }
    );
}

#[test]
fn padding_is_refused() {
    assert_eq!(refusal(&format!("{ID}=")), BlobIdError::Padded);
    assert_eq!(refusal("="), BlobIdError::Padded);
}

#[test]
fn characters_outside_the_alphabet_are_refused_with_their_place() {
    for (character, position) in [
        ('/', 5),
        ('+', 0),
        (' ', 0),
        ('\n', 42),
        ('.', 20),
        ('=', 7),
        ('\0', 41),
    ] {
        let mut text: Vec<char> = ID.chars().collect();
        text[position] = character;
        let text: String = text.into_iter().collect();
        assert_eq!(
            refusal(&text),
            BlobIdError::IllegalCharacter {
                character,
                position
            }
        );
    }
    // 43 bytes, but 42 characters.
    assert_eq!(
        refusal(&format!("{}é", &ID[..41])),
        BlobIdError::IllegalCharacter {
            character: 'é',
            position: 41
        }
    );
}

#[test]
fn a_last_character_with_spare_bits_is_refused() {
    let canonical = "AEIMQUYcgkosw048";
    for last in ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
    {
        let text = format!("{}{last}", &ID[..42]);
        match canonical.contains(last) {
            true => assert_eq!(text.parse::<BlobId>().unwrap().to_string(), text),
            false => assert_eq!(refusal(&text), BlobIdError::NonCanonical { last }),
        }
    }
}

#[test]
fn the_decimal_form_is_refused() {
    let decimal = "13630748181740145464718863192400891872831470408538876359844821531898802938196";
    assert_eq!(refusal(decimal), BlobIdError::Decimal { length: 77 });
    assert_eq!(refusal("0"), BlobIdError::Decimal { length: 1 });
    // 43 decimal digits are base64url, and canonical if the last is 0, 4 or 8.
    assert!("1000000000000000000000000000000000000000000"
        .parse::<BlobId>()
        .is_ok());
    assert_eq!(
        refusal("1000000000000000000000000000000000000000001"),
        BlobIdError::NonCanonical { last: '1' }
    );
}

#[test]
fn hexadecimal_and_foreign_content_ids_are_refused() {
    let hex = hex::encode(ID.parse::<BlobId>().unwrap().to_bytes());
    assert_eq!(refusal(&hex), BlobIdError::Hexadecimal);
    assert_eq!(refusal(&format!("0x{hex}")), BlobIdError::Hexadecimal);
    assert_eq!(
        refusal("QmbUqS93oc4JTLMHwpVxsE39mhNxy6hpf6Py3r9oANr8aZ"),
        BlobIdError::WrongLength { length: 46 }
    );
}

#[test]
fn errors_say_what_was_expected() {
    assert_eq!(
        refusal("a").to_string(),
        "blob id has 1 characters: expected 43 (base64url of 32 bytes, without padding)"
    );
}

#[test]
fn the_id_of_nothing_follows_from_its_root_hash() {
    let mut root = [0; 32];
    hex::decode_to_slice(
        "e3fb10a9d88c9e7157c5e112dd6916e44011f5a9d6460bced51ebacf9308e1da",
        &mut root,
    )
    .unwrap();
    assert_eq!(
        BlobId::derive(0, &root).to_string(),
        "3GPQL3HZNnFhN_F7l5Aa-X1VOtAKwIsg9zuWk8R81v4"
    );
    // Same root, other length: another id.
    assert_eq!(
        BlobId::derive(1, &root).to_string(),
        "ikLkoKbOGH6P7kZyA78_GOJnoOjkbI1lOYH5I77Qi7Y"
    );
}

proptest! {
    #[test]
    fn any_32_bytes_have_one_text(bytes in any::<[u8; 32]>()) {
        let id = BlobId::from_bytes(bytes);
        let text = id.to_string();
        prop_assert_eq!(text.len(), BlobId::TEXT_LENGTH);
        prop_assert_eq!(text.parse::<BlobId>(), Ok(id));
        prop_assert_eq!(id.to_bytes(), bytes);
        prop_assert_eq!(id.as_bytes(), &bytes);
    }

    #[test]
    fn whatever_is_accepted_is_the_text_of_its_id(text in "[A-Za-z0-9_=+/-]{40,46}|\\PC{0,60}") {
        if let Ok(id) = text.parse::<BlobId>() {
            prop_assert!(id.to_string() == text);
        }
    }
}
