//! The Dockerfile: what runs, as whom, and how it is asked after.

use hearken::cli::{Command, Key};

use crate::{PORT, command, file, settings_of};

/// The instructions, each on one line; what is continued is put together.
fn instructions() -> Vec<String> {
    let text = file("deploy/Dockerfile");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let whole = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    whole.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What follows the instruction where it stands last, which is in the image itself.
fn last(instruction: &str) -> String {
    let all = instructions();
    let found = all.iter().rev().find_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("there is no {instruction}")).to_owned()
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn it_runs_a_server_as_nobody_in_particular() {
    assert_eq!(last("FROM"), "scratch");
    assert_eq!(last("USER"), "65532:65532");
    let line = [words(&last("ENTRYPOINT")), words(&last("CMD"))].concat();
    let line: Vec<_> = line.iter().map(String::as_str).collect();
    assert!(matches!(command(&line).command, Command::Serve(_)));
    let variables = last("ENV");
    let variables = variables.split(' ').map(|pair| pair.split_once('=').expect("NAME=value"));
    let settings = settings_of(variables);
    assert_eq!((settings.listen.to_string(), last("EXPOSE")), (format!("0.0.0.0:{PORT}"), PORT.to_string()));
    assert_eq!(words(&last("VOLUME")), [settings.data.to_str().expect("text")]);
    assert_eq!(last("WORKDIR"), settings.data.to_str().expect("text"));
}

#[test]
fn it_is_asked_after_by_a_command_that_touches_no_store() {
    let asked = last("HEALTHCHECK");
    let (_, words_of) = asked.split_once("CMD ").expect("a command");
    let line = words(words_of);
    let line: Vec<_> = line.iter().map(String::as_str).collect();
    assert!(matches!(command(&line).command, Command::Key(Key::List)), "{line:?}");
    assert_eq!(line[0], words(&last("ENTRYPOINT"))[0]);
}

#[test]
fn it_is_built_by_the_toolchain_of_the_repository() {
    let toolchain: toml::Table = file("rust-toolchain.toml").parse().expect("TOML");
    let version = toolchain["toolchain"]["channel"].as_str().expect("text");
    assert!(instructions().contains(&format!("ENV RUSTUP_TOOLCHAIN={version}")));
    let (short, _) = version.rsplit_once('.').expect("three numbers");
    let first = instructions().into_iter().find(|line| line.starts_with("FROM")).expect("a stage");
    assert!(first.starts_with(&format!("FROM rust:{short}-")), "{first}");
}

#[test]
fn all_that_it_is_built_from_is_let_in() {
    let let_in = file("deploy/Dockerfile.dockerignore");
    let workspace: toml::Table = file("Cargo.toml").parse().expect("TOML");
    let members = workspace["workspace"]["members"].as_array().expect("a list");
    let members = members.iter().map(|member| member.as_str().expect("text").trim_end_matches("/*"));
    for needed in members.chain([".cargo", "Cargo.toml", "Cargo.lock"]) {
        assert!(let_in.lines().any(|line| line == format!("!{needed}")), "{needed}");
    }
}
