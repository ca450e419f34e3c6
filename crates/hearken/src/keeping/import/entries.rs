//! What stands in an import, read and looked at for itself: nothing is asked of the store yet.

use hearken_core::account::{Phone, Role, is_email};
use hearken_core::sign_in::admissible;
use hearken_messenger::groups;

use super::document::{Fault, Part};

/// The longest name, e-mail address or other line about a person, in characters.
const MAX_LINE: usize = 200;
/// What a person's account has, and the server gives.
const GIVEN: &[&str] = &["id", "organisation_id", "created_at", "updated_at"];

/// A value, and where it stands.
pub(super) struct Placed<'t, T> {
    pub(super) value: T,
    pub(super) part: Part<'t>,
}

/// Everything in an import.
pub(super) struct Entries<'t> {
    /// Names of organisations.
    pub(super) organisations: Vec<Placed<'t, String>>,
    pub(super) people: Vec<PersonEntry<'t>>,
    pub(super) groups: Vec<GroupEntry<'t>>,
}

/// A person to be made.
pub(super) struct PersonEntry<'t> {
    pub(super) whole: Part<'t>,
    pub(super) organisation: Option<Placed<'t, String>>,
    pub(super) name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) display_name: Option<String>,
    /// In lower case.
    pub(super) email: Option<Placed<'t, String>>,
    pub(super) phone: Option<Placed<'t, Phone>>,
    pub(super) roles: Vec<Role>,
    pub(super) disabled: bool,
    pub(super) password: Option<String>,
}

/// A group to be made.
pub(super) struct GroupEntry<'t> {
    pub(super) whole: Part<'t>,
    pub(super) key: Option<Placed<'t, String>>,
    pub(super) name: String,
    pub(super) bio: String,
    pub(super) admins: Vec<Placed<'t, String>>,
    pub(super) participants: Vec<Placed<'t, String>>,
}

impl<'t> Entries<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, Fault> {
        let mut document = Part::document(text)?.object()?;
        let mut list = |name| document.take(name).map_or_else(|| Ok(Vec::new()), |part| part.list());
        let (organisations, people, groups) = (list("organisations")?, list("people")?, list("groups")?);
        if let Some(part) = document.take("therapy_sessions").filter(|part| !part.is_empty()) {
            return Err(part.fault("this version has no therapy sessions"));
        }
        document.finish(&[])?;
        Ok(Self {
            organisations: organisations.into_iter().map(organisation).collect::<Result<_, _>>()?,
            people: people.into_iter().map(PersonEntry::read).collect::<Result<_, _>>()?,
            groups: groups.into_iter().map(GroupEntry::read).collect::<Result<_, _>>()?,
        })
    }
}

fn organisation(part: Part<'_>) -> Result<Placed<'_, String>, Fault> {
    let mut entry = part.object()?;
    let name = entry.need("name")?;
    entry.finish(&["id"])?;
    Ok(Placed { value: line(&name)?, part: name })
}

impl<'t> PersonEntry<'t> {
    fn read(part: Part<'t>) -> Result<Self, Fault> {
        let mut entry = part.object()?;
        if let Some(part) = entry.take("availability").filter(|part| !part.is_empty()) {
            return Err(part.fault("this version has no availability"));
        }
        let mut text = |name| entry.take(name).map(|part| line(&part)).transpose();
        let (name, last_name, display_name) = (text("name")?, text("last_name")?, text("display_name")?);
        let organisation = entry.take("organisation").map(placed).transpose()?;
        let email = entry.take("email").map(email).transpose()?;
        let phone = entry.take("phone").map(phone).transpose()?;
        let roles = entry.take("roles").map_or_else(|| Ok(Vec::new()), |part| part.list())?;
        let roles = roles.iter().map(role).collect::<Result<_, _>>()?;
        let disabled = entry.take("disabled").map_or(Ok(false), |part| part.flag())?;
        let password = entry.take("password").map(|part| password(&part)).transpose()?;
        let whole = entry.whole().clone();
        entry.finish(GIVEN)?;
        Ok(Self {
            whole,
            organisation,
            name,
            last_name,
            display_name,
            email,
            phone,
            roles,
            disabled,
            password,
        })
    }
}

impl<'t> GroupEntry<'t> {
    fn read(part: Part<'t>) -> Result<Self, Fault> {
        let mut entry = part.object()?;
        let key = entry.take("key").map(placed).transpose()?;
        if let Some(key) = key.as_ref().filter(|key| !groups::is_key(&key.value)) {
            return Err(key.part.fault("a key is 10 letters or digits"));
        }
        let name = within(&entry.need("name")?, 1, groups::MAX_NAME)?;
        let bio =
            entry.take("bio").map_or_else(|| Ok(String::new()), |part| within(&part, 0, groups::MAX_BIO))?;
        let mut people = |name| match entry.take(name) {
            Some(part) => part.list()?.into_iter().map(placed).collect(),
            None => Ok(Vec::new()),
        };
        let (admins, participants): (Vec<_>, Vec<_>) = (people("admin")?, people("participants")?);
        let whole = entry.whole().clone();
        entry.finish(&[])?;
        if admins.is_empty() {
            return Err(whole.fault("a group has at least one admin"));
        }
        Ok(Self { whole, key, name, bio, admins, participants })
    }
}

fn placed(part: Part<'_>) -> Result<Placed<'_, String>, Fault> {
    Ok(Placed { value: part.string()?, part })
}

fn line(part: &Part<'_>) -> Result<String, Fault> {
    within(part, 1, MAX_LINE)
}

fn within(part: &Part<'_>, least: usize, most: usize) -> Result<String, Fault> {
    let text = part.string()?;
    if least > 0 && !text.is_empty() && text.trim().is_empty() {
        Err(part.fault("this is nothing but blanks"))
    } else if (least..=most).contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(part.fault(format_args!("{least} to {most} characters are expected")))
    }
}

fn email(part: Part<'_>) -> Result<Placed<'_, String>, Fault> {
    let text = line(&part)?;
    if is_email(&text) {
        Ok(Placed { value: text.to_lowercase(), part })
    } else {
        Err(part.fault("this is not an e-mail address"))
    }
}

fn phone(part: Part<'_>) -> Result<Placed<'_, Phone>, Fault> {
    let value = part.string()?.parse().map_err(|error| part.fault(error))?;
    Ok(Placed { value, part })
}

fn role(part: &Part<'_>) -> Result<Role, Fault> {
    part.string()?.parse().map_err(|error| part.fault(error))
}

fn password(part: &Part<'_>) -> Result<String, Fault> {
    let password = part.string()?;
    admissible(&password).map_err(|error| part.fault(error))?;
    Ok(password)
}
