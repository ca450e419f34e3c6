//! The command line: what can be asked of the binary, and the help one reads for it (contract: common.md, The
//! process). Only the form is checked here; whether an account may have a phone is for the core to say.
//!
//! Results go to standard output, logs and errors to standard error. Exit codes: 0 done, 1 failed, 2 misused.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use uuid::Uuid;

use crate::settings::kinds::duration;
use crate::settings::{SettingsError, Sources};

/// The roles of common.md, People, in its order.
pub const ROLES: [&str; 10] = [
    "admin",
    "supervisor",
    "agent",
    "psychologist",
    "client",
    "student",
    "employee",
    "therapist",
    "participant",
    "visitor",
];

/// Hearken: a conversation server for care teams, in one binary.
///
/// Every setting has a default, so `hearken serve` alone works. Settings come from flags, HEARKEN_ variables and
/// hearken.toml, in this order; see docs/settings.md.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Which installation it is about.
    #[command(flatten)]
    pub place: Place,
}

/// Where the data and the settings are.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Folder of the embedded store and the control socket
    #[arg(long, global = true, value_name = "DIR", display_order = 100)]
    pub data: Option<String>,
    /// PostgreSQL that several nodes share; a password is safer in a variable or the settings file
    #[arg(long, global = true, value_name = "URL", display_order = 102)]
    pub database_url: Option<String>,
    /// NATS by which the nodes of one PostgreSQL hear of each other
    #[arg(long, global = true, value_name = "URL", display_order = 103)]
    pub bus_url: Option<String>,
    /// Settings file, instead of hearken.toml in the working directory
    #[arg(long, global = true, value_name = "FILE", display_order = 101)]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: all front doors and timers, until SIGTERM or SIGINT
    ///
    /// The first line on standard output is `listening on http://ADDR:PORT`.
    Serve(Serve),
    /// Keep accounts: one per person, across all doors
    ///
    /// Works while a server runs on the same data folder, and takes effect at once.
    #[command(subcommand)]
    Account(Account),
    /// Keep organisations; everything an account sees is inside its own
    #[command(subcommand)]
    Organisation(Organisation),
    /// Print a fresh access token for an account
    Token {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        account: Uuid,
        /// How long it is valid, such as 30m or 7d
        #[arg(long, default_value = "1h", value_parser = lifetime)]
        ttl: Duration,
    },
    /// Copy the store, the keys and the attachments into one new file, while the server runs or not
    ///
    /// The file is for its owner alone, and has its name only once it is whole. Whoever has it can read everything and
    /// sign tokens.
    Backup {
        /// The file to make; one that is there already is refused
        file: PathBuf,
    },
    /// Put a backup into an empty or new data folder
    ///
    /// Everything is verified first; what fails leaves nothing in place.
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Take in organisations, people and groups from a JSON file, all or nothing
    ///
    /// What is wrong is named by its line and field. See docs/operations.md for the form.
    Import {
        /// The file
        file: PathBuf,
    },
    /// Print everything held about one person as one JSON document
    Export {
        /// The account
        #[arg(long, value_name = "ACCOUNT_ID", value_parser = id)]
        account: Uuid,
    },
    /// Erase one person and everything held about him, for good
    ///
    /// Works while a server runs. When it returns, nothing of him is left in the store's files or among the
    /// attachments. Backups are yours to keep or destroy. If it fails in the middle, give it again.
    Erase {
        /// The account
        #[arg(long, value_name = "ACCOUNT_ID", value_parser = id)]
        account: Uuid,
    },
    /// Bring the store's schema up to this version's, which the next start would do as well
    Migrate,
    /// Keep the keys that access tokens are signed with
    #[command(subcommand)]
    Key(Key),
    /// Verify the store's integrity, the settings, and that what is configured can be reached
    ///
    /// Changes nothing, also on a store of an older version.
    Check,
    /// Print the OpenAPI 3.1 document of the HTTP side
    Openapi,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Serve a throw-away data folder filled with people, and print who can sign in where
    #[arg(long)]
    pub demo: bool,
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
}

/// `account …`.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Create an account and print it as one JSON object
    Add(AccountAdd),
    /// Print all accounts, one JSON object a line
    List,
    /// Print one account as one JSON object
    Show {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        id: Uuid,
    },
    /// Refuse an account from now on; its open sockets are closed within 5 s
    Disable {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        id: Uuid,
    },
    /// Let a disabled account in again
    Enable {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        id: Uuid,
    },
    /// Give an account a password; whoever has signed in with the old one is signed out
    SetPassword {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        id: Uuid,
        /// Read the password from the first line of standard input, the only place it is taken from
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Give an account these roles, in place of those it has
    SetRoles {
        /// The account
        #[arg(value_name = "ACCOUNT_ID", value_parser = id)]
        id: Uuid,
        /// Role; may be given several times
        #[arg(long = "role", required = true, value_name = "ROLE", value_parser = PossibleValuesParser::new(ROLES))]
        roles: Vec<String>,
    },
}

/// `account add`.
#[derive(Debug, Args)]
pub struct AccountAdd {
    /// Role; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = PossibleValuesParser::new(ROLES))]
    pub roles: Vec<String>,
    /// E-mail address, unique
    #[arg(long)]
    pub email: Option<String>,
    /// Phone number of 10 to 15 digits, unique; what is no digit is dropped
    #[arg(long)]
    pub phone: Option<String>,
    /// First name
    #[arg(long)]
    pub name: Option<String>,
    /// Last name
    #[arg(long)]
    pub last_name: Option<String>,
    /// Organisation; without it the one named default
    #[arg(long, value_name = "ORGANISATION_ID", value_parser = id)]
    pub organisation: Option<Uuid>,
    /// Read a password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// `key …`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a new key, which signs tokens from now on, and print its name; what was signed before stays good
    Add,
    /// Print the names of all keys, oldest first; the last one signs
    List,
    /// After a theft of the data folder or a backup: replace all keys, sign everybody out, and print the new key's name
    ///
    /// No token that was given out before is good any more, neither access nor refresh tokens nor those of `hearken
    /// token`, and codes on their way are spent. What outside issuers give out is not touched.
    Renew,
    /// Take a key away: access tokens signed with it are refused from now on; sign-ins live on
    Remove {
        /// Its name, which may begin with a hyphen
        #[arg(value_name = "KEY", allow_hyphen_values = true)]
        key: String,
    },
}

/// `organisation …`.
#[derive(Debug, Subcommand)]
pub enum Organisation {
    /// Create an organisation and print it as one JSON object
    Add {
        /// Its name
        name: String,
    },
    /// Print all organisations, one JSON object a line
    List,
}

impl Place {
    /// Whether flags name a store.
    fn is_named(&self) -> bool {
        self.data.is_some() || self.database_url.is_some() || self.bus_url.is_some()
    }
}

impl Cli {
    /// Reads the command line of this process. A misuse (or `--help`) is answered by clap, which ends the process.
    pub fn of_process() -> Self {
        Self::parse().checked().unwrap_or_else(|error| error.exit())
    }

    /// Refuses what clap's declarations cannot: a demo on somebody's data.
    fn checked(self) -> Result<Self, clap::Error> {
        match &self.command {
            Command::Serve(serve) if serve.demo && self.place.is_named() => Err(Self::command().error(
                ErrorKind::ArgumentConflict,
                "--demo makes a store of its own and throws it away: leave out --demo, or the flags that name another",
            )),
            _ => Ok(self),
        }
    }

    /// What settings are made from: the flags given here, the environment, and the settings file.
    pub fn sources(&self) -> Result<Sources, SettingsError> {
        let listen = match &self.command {
            Command::Serve(serve) => serve.listen.clone(),
            _ => None,
        };
        let Place { data, database_url, bus_url, config: _ } = self.place.clone();
        let flags =
            [("listen", listen), ("data", data), ("database_url", database_url), ("bus_url", bus_url)];
        let given = flags.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))).collect();
        Sources::of_process(given, self.place.config.as_deref())
    }
}

/// An account's or organisation's identifier.
fn id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| {
        "an id looks like 01890a5d-ac96-774b-bcce-b302099a8057; `hearken account list` and `hearken organisation list` \
         show those there are"
            .to_owned()
    })
}

/// A token's lifetime; one that is over at once would only puzzle.
fn lifetime(text: &str) -> Result<Duration, String> {
    let ttl = duration::parse(text).ok_or_else(|| format!("write {}", duration::EXAMPLES))?;
    if ttl.is_zero() { Err("a token has to live for longer than 0s".to_owned()) } else { Ok(ttl) }
}
