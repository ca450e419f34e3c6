//! What is understood, what is misuse, and how each misuse is told apart.

use super::*;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn read(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())?.checked()
}

#[test]
fn declarations_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn what_is_asked_is_understood() {
    let lines = [
        "hearken serve",
        "hearken serve --demo",
        "hearken serve --listen 127.0.0.1:0 --data /d --config f.toml",
        "hearken --data /d serve",
        "hearken account add --role client",
        "hearken account add --role admin --role agent --email a@b.example --phone +4930123456 --name A --last-name B",
        "hearken account list --data /d",
        "hearken organisation add Name --config f.toml",
        "hearken organisation list",
        "hearken check --data /d",
        "hearken openapi",
    ];
    for line in lines {
        read(line).expect(line);
    }
    for line in [
        "account show",
        "account disable",
        "account enable",
        "token",
        "account add --role client --organisation",
    ] {
        let line = format!("hearken {line} {ID}");
        read(&line).expect(&line);
    }
}

#[test]
fn misuse_is_told_apart() {
    use ErrorKind::{
        ArgumentConflict, DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion,
        InvalidSubcommand, InvalidValue, MissingRequiredArgument, UnknownArgument, ValueValidation,
    };
    let cases = [
        ("hearken", DisplayHelpOnMissingArgumentOrSubcommand),
        ("hearken account", DisplayHelpOnMissingArgumentOrSubcommand),
        ("hearken --help", DisplayHelp),
        ("hearken --version", DisplayVersion),
        ("hearken run", InvalidSubcommand),
        ("hearken openapi 3", UnknownArgument),
        ("hearken serve --port 1", UnknownArgument),
        ("hearken serve --database-url postgres://x", UnknownArgument),
        ("hearken check --listen 127.0.0.1:0", UnknownArgument),
        ("hearken serve --demo --data /d", ArgumentConflict),
        ("hearken --data /d serve --demo", ArgumentConflict),
        ("hearken account add", MissingRequiredArgument),
        ("hearken account add --role king", InvalidValue),
        ("hearken account add --role client --organisation default", ValueValidation),
        ("hearken account show 5", ValueValidation),
        ("hearken token", MissingRequiredArgument),
    ];
    for (line, kind) in cases {
        assert_eq!(read(line).expect_err(line).kind(), kind, "{line}");
    }
}

#[test]
fn a_token_lives_as_long_as_asked() {
    let ttl = |flags: &str| match read(&format!("hearken token {ID} {flags}")).map(|cli| cli.command) {
        Ok(Command::Token { ttl, .. }) => Some(ttl.as_secs()),
        _ => None,
    };
    let cases = [
        ("", Some(3_600)),
        ("--ttl 90s", Some(90)),
        ("--ttl 0s", None),
        ("--ttl 90", None),
        ("--ttl soon", None),
    ];
    for (flags, expected) in cases {
        assert_eq!(ttl(flags), expected, "{flags}");
    }
}

#[test]
fn what_is_wrong_with_a_value_is_said() {
    let example = "an id looks like 01890a5d-ac96-774b-bcce-b302099a8057";
    let cases = [
        ("account show nobody", example),
        ("account disable 5", example),
        ("account set-roles 5 --role client", example),
        ("account add --role client --organisation default", example),
        ("token nobody", example),
        ("export --account nobody", example),
        ("erase --account nobody", example),
        (&*format!("token {ID} --ttl 0s"), "longer than 0s"),
        (&*format!("token {ID} --ttl 0d"), "longer than 0s"),
        (&*format!("token {ID} --ttl soon"), "write a number with a unit"),
    ];
    for (line, words) in cases {
        let said = read(&format!("hearken {line}")).expect_err(line).to_string();
        assert!(said.contains(words), "{line}: {said}");
    }
}

#[test]
fn roles_keep_their_order() {
    let cli = read("hearken account add --role agent --role admin").expect("valid");
    let Command::Account(Account::Add(add)) = cli.command else { panic!("another command") };
    assert_eq!(add.roles, ["agent", "admin"]);
}
