use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::*;

/// Characters of categories that are seen, which show nothing.
const FILLERS: [&[u32]; 8] = [
    &[0x34f],
    &[0x115f, 0x1160, 0x3164, 0xffa0],
    &[0x17b4, 0x17b5],
    &[0x180b, 0x180c, 0x180d, 0x180f],
    &[0x2800],
    &[0x13441, 0x13442],
    &[0x16fe4],
    &[0x1d159],
];

fn is_variation_selector(code_point: u32) -> bool {
    (0xfe00..=0xfe0f).contains(&code_point) || (0xe0100..=0xe01ef).contains(&code_point)
}

#[test]
fn of_all_code_points_those_are_refused_that_no_reader_sees() {
    let mut characters = 0;
    for code_point in 0..0x11_0000 {
        // Surrogates are no characters: no text of Rust, and no JSON that the chain takes, can hold one.
        let Some(character) = char::from_u32(code_point) else {
            assert!((0xd800..0xe000).contains(&code_point));
            continue;
        };
        characters += 1;
        let refused = match character.general_category() {
            GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator => true,
            _ => FILLERS.concat().contains(&code_point) || is_variation_selector(code_point),
        };
        assert_eq!(is_unseen(character), refused, "U+{code_point:04X}");
        let text = format!("a{character}b");
        assert_eq!(
            check("title", &text, MAX_TITLE).is_err(),
            refused,
            "U+{code_point:04X}"
        );
    }
    assert_eq!(characters, 0x11_0000 - 0x800);
    assert_eq!(unicode_properties::UNICODE_VERSION, UNICODE_VERSION);
}

/// Attack (misleading text): a title of characters that nobody sees, or that turns the text around it.
/// Defence: characters of Unicode's invisible categories, fillers, blanks and variation selectors are refused by name.
#[test]
fn what_deceives_a_reader_is_refused_and_named() {
    for code_point in [
        0x0, 0x7, 0x1b, 0x7f, 0x85, 0xad, 0x61c, 0x115f, 0x1160, 0x180e, 0x200b, 0x200c, 0x200d,
        0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206f, 0x2800,
        0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xffff, 0x1d173, 0xe0001, 0xe0041, 0xe0100,
        0xf0000, 0x10_ffff,
    ] {
        let character = char::from_u32(code_point).unwrap();
        for text in [
            character.to_string(),
            format!("Llama{character}"),
            format!("{character}Llama"),
        ] {
            let refused = Err(TextError::Unseen {
                field: "title",
                code_point,
            });
            assert_eq!(check_required("title", &text, MAX_TITLE), refused);
            assert_eq!(check_lines("title", &text, MAX_TITLE), refused);
        }
    }
    let error = check("title", "a\u{202e}b", MAX_TITLE).unwrap_err();
    assert_eq!(
        error.to_string(),
        "title holds U+202E, a character that is not shown: leave it out"
    );
}

/// Attack (misleading text): a tag that differs from another by a space at its end, or a title of spaces.
/// Defence: a text of one line begins and ends with something else than a space.
#[test]
fn blank_texts_and_spaces_at_an_end_are_refused() {
    for space in [' ', '\u{a0}', '\u{2003}', '\u{202f}', '\u{3000}'] {
        for text in [space.to_string(), space.to_string().repeat(9)] {
            let blank = Err(TextError::Blank { field: "title" });
            assert_eq!(check("title", &text, MAX_TITLE), blank);
            assert_eq!(check_required("title", &text, MAX_TITLE), blank);
            assert_eq!(check_lines("title", &text, MAX_TITLE), blank);
        }
        for text in [format!("{space}vision"), format!("vision{space}")] {
            let outer = Err(TextError::OuterSpace { field: "tag" });
            assert_eq!(check_required("tag", &text, MAX_TAG), outer);
        }
    }
    let lines = Err(TextError::Blank {
        field: "description",
    });
    assert_eq!(check_lines("description", "\n\t \n", 99), lines);
    assert_eq!(
        check_license(" "),
        Err(TextError::Blank { field: "license" })
    );
    assert_eq!(
        check_license("MIT "),
        Err(TextError::OuterSpace { field: "license" })
    );
    assert_eq!(
        check_tags(&["vision".to_owned(), "vision ".to_owned()]),
        Err(TextError::OuterSpace { field: "tag" })
    );
}

#[test]
fn texts_of_every_script_are_taken() {
    for text in [
        "Llama 3.1 8B, 4 bit",
        "Ein Modell für Übersetzungen",
        "模型 名称",
        "モデル\u{3000}名",
        "نموذج اللغة",
        "מודל שפה",
        "मॉडल",
        "โมเดล",
        "🚀 fast",
        "👍🏽",
        "🇩🇪",
        "∑ 𝛼 ≤ 10⁻³",
    ] {
        assert_eq!(check_required("title", text, MAX_TITLE), Ok(()), "{text}");
        assert_eq!(check_lines("description", text, 2_048), Ok(()), "{text}");
    }
    assert_eq!(check("label", "", MAX_LABEL), Ok(()));
    assert_eq!(check_lines("description", "", 2_048), Ok(()));
    assert_eq!(check_lines("description", "a\n\n\tb\n", 2_048), Ok(()));
}

#[test]
fn emoji_of_several_characters_are_refused_and_one_character_says_what_to_leave_out() {
    for (text, code_point) in [("👨\u{200d}👩\u{200d}👧", 0x200d), ("❤\u{fe0f}", 0xfe0f)] {
        assert_eq!(
            check("title", text, MAX_TITLE),
            Err(TextError::Unseen {
                field: "title",
                code_point
            })
        );
    }
    assert_eq!(check("title", "❤", MAX_TITLE), Ok(()));
}

/// Attack (misleading text): a homepage or endpoint that runs code, reads a file, or shows one host and opens another.
/// Defence: an address is http or https with a host, in the characters of RFC 3986, without a user name or backslash.
#[test]
fn what_is_no_address_of_a_page_is_refused() {
    let long_label = format!("https://{}.example", "a".repeat(64));
    for url in [
        "javascript:alert(1)",
        "JavaScript://example.com/%0aalert(1)",
        "data:text/html,<script>",
        "ftp://example.com",
        "file:///etc/passwd",
        "HTTPS://example.com",
        "//example.com",
        "example.com",
        "https:/example.com",
        "https:example.com",
        "http://",
        "https:///path",
        "https://?q",
        "https://#f",
        "https://:443",
        "https://.",
        "https://a..b",
        "https://example.com.",
        "https://-a.example",
        "https://a-.example",
        "https://a_b.example",
        long_label.as_str(),
        "https://bank.example@thief.example",
        "https://user:word@example.com",
        "https://example.com\\@thief.example",
        "https://example.com/<script>",
        "https://example.com/\"onload=",
        "https://example.com/a b",
        "https://exämple.com",
        "https://пример.example",
        "https://example.com/%zz",
        "https://example.com/%4",
        "https://example.com/%",
        "https://example%2ecom",
        "https://example.com:",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:+80",
        "https://example.com:80:80",
        "https://[::1",
        "https://[::g]",
        "https://[1.2.3.4]",
        "https://[::1]x",
        "https://[::1]:0",
        "https://a[b].example",
        "https://example.com/#a#b",
        "https://example.com/[a]",
    ] {
        assert!(
            matches!(
                check_url("homepage", url, 256),
                Err(TextError::NotAUrl {
                    field: "homepage",
                    ..
                })
            ),
            "{url}"
        );
    }
    for url in [
        "",
        " ",
        "https://example.com\n",
        "https://ex\u{200b}ample.com",
    ] {
        assert!(check_url("homepage", url, 256).is_err(), "{url}");
    }
}

#[test]
fn addresses_of_pages_are_taken() {
    for url in [
        "https://example.com",
        "http://example.com/",
        "https://example.com:8443/a/b.html?x=1&y=%C3%A4;z#top",
        "https://xn--exmple-cua.example",
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "https://[2001:db8::1]:65535/x",
        "https://[::]",
        "https://example.com?q",
        "https://example.com#f",
        "https://example.com/@name/~x/(a)!$'*+,=",
        "https://A.Example",
    ] {
        assert_eq!(check_url("endpoint", url, 256), Ok(()), "{url}");
    }
}

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
        Err(TextError::Unseen {
            field: "task",
            code_point: 10
        })
    );
    assert_eq!(
        check_lines("description", "a\n\tb", MAX_DESCRIPTION),
        Ok(())
    );
    assert_eq!(
        check_lines("description", "a\u{1b}[2J", MAX_DESCRIPTION),
        Err(TextError::Unseen {
            field: "description",
            code_point: 27
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
