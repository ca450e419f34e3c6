//! Flag, then environment, then file, then default; and how each of them writes a value.

use std::path::Path;

use super::*;
use crate::settings::read_file;

#[test]
fn the_strongest_source_wins() {
    let flag = [("word", "flag")];
    let variable = [("HEARKEN_WORD", "variable")];
    let file = "word = \"file\"";
    let cases = [
        (&flag[..], &variable[..], file, "flag"),
        (&flag[..], &[], file, "flag"),
        (&flag[..], &[], "", "flag"),
        (&[], &variable[..], file, "variable"),
        (&[], &variable[..], "", "variable"),
        (&[], &[], file, "file"),
        (&[], &[], "", "default"),
    ];
    for (flags, variables, file, expected) in cases {
        assert_eq!(sample(flags, variables, file).expect("valid").word, expected);
    }
}

#[test]
fn every_kind_reads_the_same_from_a_variable_and_from_the_file() {
    type Check = fn(&Sample) -> bool;
    let cases: [(&str, &str, &str, Check); 10] = [
        ("HEARKEN_WORD", "two words", "word = 'two words'", |s| s.word == "two words"),
        ("HEARKEN_FOLDER", "/srv/x", "folder = '/srv/x'", |s| s.folder == Path::new("/srv/x")),
        ("HEARKEN_WORDS", r#"["a","b"]"#, "words = ['a', 'b']", |s| s.words == ["a", "b"]),
        ("HEARKEN_NUMBERS", "[3]", "numbers = [3]", |s| s.numbers == [3]),
        ("HEARKEN_DOOR__GRACE", "500ms", "[door]\ngrace = '500ms'", |s| s.door.grace.as_millis() == 500),
        ("HEARKEN_DOOR__GRACE", "1h", "door.grace = '60m'", |s| s.door.grace.as_secs() == 3_600),
        ("HEARKEN_DOOR__EXPIRY", "30d", "door = { expiry = '30d' }", |s| {
            s.door.expiry == Some(Duration::from_hours(720))
        }),
        ("HEARKEN_DOOR__BODY", "15MiB", "door.body = '15MiB'", |s| s.door.body == Size(15 << 20)),
        ("HEARKEN_DOOR__OPEN", "false", "door.open = false", |s| !s.door.open),
        ("HEARKEN_DOOR__PASSWORD", "hush", "door.password = 'hush'", |s| {
            s.door.password.as_ref().is_some_and(|secret| secret.expose() == "hush")
        }),
    ];
    for (name, value, file, check) in cases {
        assert!(check(&sample(&[], &[(name, value)], "").expect(name)), "{name}={value}");
        assert!(check(&sample(&[], &[], file).expect(file)), "{file}");
        assert!(
            !check(&sample(&[], &[], "").expect("defaults")),
            "{name}: the case must differ from the default"
        );
    }
}

#[test]
fn everything_has_a_default() {
    let sample = sample(&[], &[], "").expect("valid");
    assert_eq!(sample.numbers, [1, 2]);
    assert_eq!((sample.door.expiry, sample.door.password), (None, None));
    assert_eq!((sample.door.grace, sample.door.body), (Duration::from_secs(15), Size(65_536)));
    real(&[], "").expect("valid");
}

#[test]
fn other_peoples_variables_and_the_listed_ones_are_left_alone() {
    let names = [
        "PATH",
        "hearken_word",
        "HEARKEN",
        "XHEARKEN_WORD",
        "HEARKEN_DEV_CLOCK",
        "HEARKEN_DEV_SANDBOX",
        "HEARKEN_SOAK",
        "HEARKEN_BIN",
        "HEARKEN_TEST_ANYTHING",
    ];
    for name in names {
        let sample = sample(&[], &[(name, "x")], "").expect(name);
        assert_eq!(sample.word, "default", "{name}");
    }
}

#[test]
fn an_empty_group_and_comments_say_nothing() {
    for file in ["# nothing", "[door]", "door = {}", "[door]\n# word = 1\n"] {
        sample(&[], &[], file).expect(file);
    }
}

#[test]
fn only_the_default_file_may_be_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (missing, present) = (folder.path().join("missing.toml"), folder.path().join("present.toml"));
    std::fs::write(&present, "word = 'x'").expect("written");

    assert_eq!(read_file(None, &missing), Ok(None));
    for found in [read_file(None, &present), read_file(Some(&present), &missing)] {
        assert_eq!(found, Ok(Some((present.clone(), "word = 'x'".to_owned()))));
    }
    // A folder and bytes that are no text cannot be read, whether the file was named or not.
    let garbled = folder.path().join("garbled.toml");
    std::fs::write(&garbled, [0xff, 0xfe]).expect("written");
    for (named, default) in [(Some(&missing), &present), (Some(&garbled), &present), (None, &garbled)] {
        let text = refusal(read_file(named.map(PathBuf::as_path), default));
        let culprit = named.unwrap_or(default).to_string_lossy().into_owned();
        assert!(text.contains(&culprit) && text.contains("--config"), "{text}");
    }
    refusal(read_file(None, folder.path()));
}
