//! Every refusal names the key, the place and the mend, in one line, and shows no secret.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::*;

/// `parts` must all stand in the refusal.
fn check(what: &str, text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{what:?} gives {text:?}, which lacks {part:?}");
    }
}

#[test]
fn a_bad_value_names_key_place_and_mend() {
    let cases: &[(&str, &[&str])] = &[
        ("word = 5", &["`word` = 5 (hearken.toml:1)", "string"]),
        ("\n\nword = ''", &["`word` = \"\" (hearken.toml:3)", "write some text"]),
        ("word = { a = 1 }", &["`word.a` (hearken.toml:1)", "did you mean `word`?"]),
        ("folder = 1979-05-27", &["`folder` = a date or time", "write a path"]),
        ("folder = \"a\\u0000b\"", &["`folder` = \"a\\0b\"", "write a path"]),
        ("words = 'a'", &["`words` = \"a\" (hearken.toml:1)", "write a list", "JSON"]),
        ("words = ['a', 1]", &["`words` = a list of 2 (hearken.toml:1)", "write a list"]),
        ("numbers = [1.5]", &["`numbers`", "whole number"]),
        ("[door]\ngrace = 15", &["`door.grace` = 15 (hearken.toml:2)", "duration", "10s"]),
        ("[door]\ngrace = '15'", &["`door.grace` = \"15\"", "500ms, 10s, 30m, 12h or 7d"]),
        ("door.grace = '99ms'", &["`door.grace` = \"99ms\"", "out of bounds: write 100ms to 1h"]),
        ("door.grace = '61m'", &["out of bounds: write 100ms to 1h"]),
        ("door.expiry = ''", &["`door.expiry`", "or leave it out"]),
        ("door.body = '15MB'", &["`door.body` = \"15MB\"", "15MiB"]),
        ("door.body = '0B'", &["out of bounds: write 1B to 1GiB"]),
        ("door.open = 'yes'", &["`door.open` = \"yes\"", "write true or false"]),
        ("door = 5", &["`door` = 5 (hearken.toml:1) is a group of keys", "`door.grace`, `door.expiry`"]),
        ("door = ['a']", &["`door`", "group"]),
    ];
    for (file, parts) in cases {
        check(file, &refusal(sample(&[], &[], file)), parts);
    }
}

#[test]
fn a_variable_or_flag_is_named_as_it_was_written() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("HEARKEN_DOOR__GRACE", "soon", &["`door.grace` = \"soon\" (variable HEARKEN_DOOR__GRACE)", "10s"]),
        ("HEARKEN_DOOR__OPEN", "", &["`door.open` = \"\" (variable HEARKEN_DOOR__OPEN)", "true or false"]),
        ("HEARKEN_DOOR__OPEN", "True", &["`door.open`"]),
        ("HEARKEN_WORDS", "a,b", &["`words` = \"a,b\" (variable HEARKEN_WORDS)", "JSON"]),
        ("HEARKEN_WORDS", "{}", &["`words`", "JSON"]),
        ("HEARKEN_NUMBERS", "[+1]", &["`numbers`"]),
        ("HEARKEN_NUMBERS", "[1e400]", &["`numbers`"]),
        ("HEARKEN_DOOR", "x", &["`door` = \"x\" (variable HEARKEN_DOOR) is a group", "HEARKEN_DOOR__GRACE"]),
        ("HEARKEN_WORD", "", &["`word`"]),
        ("HEARKEN_DOOR__GRACE", "a\nb\u{1b}[31m", &["\"a\\nb\\u{1b}[31m\""]),
    ];
    for (name, value, parts) in cases {
        check(name, &refusal(sample(&[], &[(name, value)], "")), parts);
    }
    check(
        "flag",
        &refusal(sample(&[("folder", "")], &[], "")),
        &["`folder` = \"\" (flag --folder)", "a path"],
    );
}

#[test]
fn an_unknown_key_comes_with_what_was_meant() {
    let cases: &[(&str, &[&str])] = &[
        ("wrod = 'a'", &["unknown key `wrod` (hearken.toml:1)", "did you mean `word`?"]),
        ("Word = 'a'", &["did you mean `word`?"]),
        (
            "[door]\n\ngrase = '1s'",
            &["unknown key `door.grase` (hearken.toml:3)", "did you mean `door.grace`?"],
        ),
        ("grace = '1s'", &["unknown key `grace`", "did you mean `door.grace`?"]),
        ("\"door.grace\" = '1s'", &["unknown key `\\\"door.grace\\\"`", "did you mean `door.grace`?"]),
        ("spare-passwords = []", &["did you mean `door.spare_passwords`?"]),
        ("[door]\nzzzzzzzz = 1", &["unknown key `door.zzzzzzzz`", "there is `door.grace`, `door.expiry`"]),
        ("[zzzzzzzz]", &["unknown key `zzzzzzzz`", "there is `word`, `folder`"]),
        ("word.a.b.c = 1", &["unknown key `word.a.b.c`"]),
        ("[[door]]\ngrace = '1s'", &["`door` = a list of 1"]),
    ];
    for (file, parts) in cases {
        check(file, &refusal(sample(&[], &[], file)), parts);
    }
    let variables = [
        ("HEARKEN_WROD", "did you mean HEARKEN_WORD?"),
        ("HEARKEN_DOOR_GRACE", "did you mean HEARKEN_DOOR__GRACE?"),
        ("HEARKEN_GRACE", "did you mean HEARKEN_DOOR__GRACE?"),
        ("HEARKEN_Word", "did you mean HEARKEN_WORD?"),
        ("HEARKEN_DOOR.GRACE", "did you mean HEARKEN_DOOR__GRACE?"),
        ("HEARKEN_", "there is HEARKEN_WORD, HEARKEN_FOLDER"),
        ("HEARKEN_ZZZZZZZZ", "there is HEARKEN_WORD, HEARKEN_FOLDER"),
        ("HEARKEN_DEV_CLOCKS", "there is HEARKEN_WORD"),
        ("HEARKEN_TEST", "there is HEARKEN_WORD"),
    ];
    for (name, mend) in variables {
        check(
            name,
            &refusal(sample(&[], &[(name, "1")], "")),
            &["unknown key", &format!("(variable {name})"), mend],
        );
    }
}

#[test]
fn a_mistake_that_a_stronger_source_hides_is_still_one() {
    let text = refusal(sample(&[("folder", "/a")], &[("HEARKEN_FOLDER", "/b")], "folder = 5"));
    check("file", &text, &["`folder` = 5 (hearken.toml:1)"]);
    let text = refusal(sample(&[("folder", "/a")], &[("HEARKEN_FOLDER", "")], "folder = '/c'"));
    check("variable", &text, &["(variable HEARKEN_FOLDER)"]);
}

#[test]
fn of_several_mistakes_the_same_one_comes_first() {
    let variables = [("HEARKEN_ZZZ", "1"), ("HEARKEN_AAA", "1")];
    check("variables", &refusal(sample(&[], &variables, "")), &["HEARKEN_AAA"]);
    check("file", &refusal(sample(&[], &[], "zzz = 1\naaa = 1")), &["`zzz` (hearken.toml:1)"]);
}

#[test]
fn a_file_that_is_no_toml_names_line_and_key() {
    let cases: &[(&str, &[&str])] = &[
        ("\nword = bare", &["hearken.toml:2", "`word`", "text stands in quotes"]),
        ("folder = /srv/x", &["hearken.toml:1", "`folder`"]),
        ("[door]\ngrace = 15s", &["hearken.toml:2", "`door.grace`"]),
        ("word = 'a'\nword = 'b'", &["hearken.toml:2", "`word`", "duplicate key"]),
        ("[door]\n[door]", &["hearken.toml:2", "duplicate key"]),
        ("word = \"a", &["hearken.toml:1", "`word`"]),
        ("[door", &["hearken.toml:1"]),
        ("word", &["hearken.toml:1", "`word`"]),
        ("= 5", &["hearken.toml:1"]),
    ];
    for (file, parts) in cases {
        check(file, &refusal(sample(&[], &[], file)), parts);
    }
}

#[test]
fn a_secret_is_never_shown() {
    let secret = "correct-horse";
    let long = "correct-horse".repeat(40);
    let files = [
        format!("door.password = ['{secret}']"),
        format!("door.password = '{secret}'\ndoor.password = '{secret}'"),
        format!("door.password = {secret}"),
        format!("door.password = '{secret}"),
        format!("door.password = '''\n{secret} = 5\n"),
        format!("door.passwort = '{secret}'"),
        format!("door.spare_passwords = '{secret}'"),
        format!("door.spare_passwords = ['{secret}', 5]"),
        format!("door.password.{} = '{secret}'", "a"),
        format!("sms.auth_token = '{secret}'"),
        format!("ably.keys = '{secret}'"),
    ];
    for file in files {
        let text = refusal(sample(&[], &[], &file));
        assert!(!text.contains("horse"), "{text}");
    }
    for name in ["HEARKEN_DOOR__SPARE_PASSWORDS", "HEARKEN_SMS__AUTH_TOKEN", "HEARKEN_DOOR__PASWORD"] {
        for value in [secret, &long] {
            let text = refusal(sample(&[], &[(name, value)], ""));
            assert!(!text.contains("horse"), "{text}");
        }
    }
    let good = sample(&[], &[("HEARKEN_DOOR__PASSWORD", secret)], "").expect("valid");
    assert!(!format!("{good:?}").contains("horse"));
    assert!(format!("{good:?}").contains("[secret]"));
}

#[test]
fn a_long_value_is_cut() {
    let text = refusal(sample(&[], &[("HEARKEN_DOOR__GRACE", &"é".repeat(10_000))], ""));
    assert!(text.len() < 400 && text.contains('…'), "{text}");
}

#[test]
fn a_variable_that_is_no_text_is_named() {
    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    let cases = [(bytes(b"HEARKEN_WORD"), bytes(b"\xff")), (bytes(b"HEARKEN_W\xff"), bytes(b"a"))];
    for (name, value) in cases {
        let sources = Sources { environment: vec![(name, value)], ..Sources::default() };
        check("bytes", &refusal(sources.resolve_table::<Sample>()), &["variable HEARKEN_W", "not UTF-8"]);
    }
    let foreign = Sources { environment: vec![(bytes(b"OTHER\xff"), bytes(b"\xff"))], ..Sources::default() };
    foreign.resolve_table::<Sample>().expect("not ours");
}
