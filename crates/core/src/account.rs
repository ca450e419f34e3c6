//! People and their organisations (common.md, "People"): one account per person across all doors.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, OrganisationId};

/// An organisation. One named `default` exists from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its identifier.
    pub id: OrganisationId,
    /// Its name, unique among organisations.
    pub name: String,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its identifier, a `UUIDv7`.
    pub id: AccountId,
    /// The organisation it belongs to; every read and write of its holder stays inside.
    pub organisation_id: OrganisationId,
    /// First or full name.
    pub name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name shown to others, where a door shows one.
    pub display_name: Option<String>,
    /// E-mail address, unique; a guest's is contact data only, and never unique (desk.md).
    pub email: Option<String>,
    /// Phone number, unique.
    pub phone: Option<Phone>,
    /// What the person may do, across doors.
    pub roles: Vec<Role>,
    /// Whether it was made for somebody who walked in as a guest (desk.md): he has no way to sign in anew.
    #[serde(default, rename = "is_anonymous", skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
    /// A disabled account can't sign in and holds no socket.
    pub disabled: bool,
    /// When it was made.
    #[serde(with = "millis")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "millis")]
    pub updated_at: Timestamp,
}

/// Whether a text can be an e-mail address. Only what can't be one is refused; whether mail arrives there nobody can
/// tell from its form.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plain && parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// Times as the API writes them: RFC 3339, UTC, always with milliseconds (common.md, "HTTP conventions").
mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{at:.3}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }
}

/// A phone number: 10 to 15 digits, nothing else.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(Box<str>);

/// Not a phone number: fewer than 10 or more than 15 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has 10 to 15 digits")]
pub struct BadPhone;

impl Phone {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = BadPhone;

    /// What is not a digit is dropped (common.md).
    fn from_str(text: &str) -> Result<Self, BadPhone> {
        let digits: String = text.chars().filter(char::is_ascii_digit).take(16).collect();
        if (10..=15).contains(&digits.len()) { Ok(Self(digits.into())) } else { Err(BadPhone) }
    }
}

impl TryFrom<String> for Phone {
    type Error = BadPhone;

    fn try_from(text: String) -> Result<Self, BadPhone> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0.into()
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Numbers are personal: a log shows only enough to tell two apart.
        write!(f, "…{}", &self.0[self.0.len() - 3..])
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a person may do; one person may hold several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Role { $($(#[$doc])* $name),+ }

        impl Role {
            /// Every role there is.
            pub const ALL: &'static [Role] = &[$(Role::$name),+];

            /// Its name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Role::$name => $text),+ }
            }
        }
    };
}

roles! {
    /// Runs the organisation: people, settings, everything the desk shows.
    Admin = "admin",
    /// Watches the desk.
    Supervisor = "supervisor",
    /// Serves chats at the desk.
    Agent = "agent",
    /// Gives counselling.
    Psychologist = "psychologist",
    /// Books counselling.
    Client = "client",
    /// Books counselling as a student.
    Student = "student",
    /// Books counselling as an employee.
    Employee = "employee",
    /// Leads group therapy.
    Therapist = "therapist",
    /// Takes part in group therapy.
    Participant = "participant",
    /// Walks in at the desk.
    Visitor = "visitor",
}

/// Not the name of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no role {0:?}; there are admin, supervisor, agent, psychologist, client, student, employee, therapist, participant and visitor"
)]
pub struct BadRole(String);

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or_else(|| BadRole(text.into()))
    }
}

/// Reads roles by their names. One that only a newer version knows gives nothing here.
pub(crate) fn known_roles<'de, D: serde::Deserializer<'de>>(names: D) -> Result<Vec<Role>, D::Error> {
    let names = Vec::<String>::deserialize(names)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// How an account's roles are kept: their names with commas between. Those that stand in `kept` and that only a newer
/// version knows stay: whoever does not know what they are may not take them.
pub fn kept_roles(roles: &[Role], kept: Option<&str>) -> String {
    let unknown = kept.unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let unknown = unknown.filter(|name| name.parse::<Role>().is_err());
    let known = roles.iter().map(|role| role.as_str());
    let names: Vec<&str> = known.chain(unknown).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_ten_to_fifteen_digits_after_dropping_the_rest() {
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(text.parse::<Phone>().ok().as_ref().map(Phone::as_str), expect, "{text:?}");
        }
        check("9999999999", Some("9999999999"));
        check("+62 812-3456-7890", Some("6281234567890"));
        check("123456789012345", Some("123456789012345"));
        check("1234567890123456", None);
        check("123456789", None);
        check("", None);
        check("phone", None);
        check("٩٩٩٩٩٩٩٩٩٩", None);
        check(&"1".repeat(1_000_000), None);
    }

    #[test]
    fn roles_of_a_newer_version_stay() {
        let check = |roles: &[Role], kept, expect| assert_eq!(kept_roles(roles, kept), expect);
        check(&[], None, "");
        check(&[Role::Admin, Role::Agent], None, "admin,agent");
        check(&[Role::Admin], Some("agent,visitor"), "admin");
        check(&[Role::Admin], Some("agent,pilot,captain"), "admin,pilot,captain");
        check(&[], Some("pilot"), "pilot");
    }

    #[test]
    fn every_role_reads_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(*role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("Admin".parse::<Role>().is_err());
    }
}
