//! `hearken import`: people and groups from elsewhere, all or nothing, in one commit (common.md, "The process").
//!
//! Everything is looked at before anything is written, and what is wrong is named by its line and field. Only what
//! somebody else takes in the same moment shows no sooner than in the commit, which then fails as a whole.

mod document;
mod entries;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use hearken_core::account::{Account, Organisation, Phone};
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::sign_in::HashedPassword;
use hearken_core::store::{AccountRef, Changes, DEFAULT_ORGANISATION, DirectoryChange, StoreError};
use hearken_core::{Core, MAX_WAITING_MEMBERS, NewAccount, Prepared};
use hearken_messenger::groups::{self, Imported};
use serde_json::{Value, json};

use self::document::Fault;
use self::entries::{Entries, GroupEntry, PersonEntry, Placed};

/// The longest file, in bytes.
pub(super) const LONGEST: u64 = 256 << 20;
/// How many passwords are on their way to be hashed.
const HASHED_AT_ONCE: usize = 32;

/// Imports a file's text. The error is one line for the operator.
pub(super) async fn import(core: &Core, text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let entries = Entries::read(text).map_err(say)?;
    let mut plan = Plan::new(core.organisations().await.map_err(say)?);
    entries.organisations.iter().try_for_each(|name| plan.organisation(core, name)).map_err(say)?;
    plan.look_at_people(core, &entries.people).await.map_err(say)?;
    plan.people(core, &entries.people).await.map_err(say)?;
    for group in &entries.groups {
        plan.group(core, group).await.map_err(say)?;
    }
    plan.carry_out(core, &entries.groups).await.map_err(say)
}

/// What is to be made.
struct Plan {
    /// Those that are there, and those that will be.
    organisations: Vec<Organisation>,
    made: usize,
    by_email: HashMap<String, Arc<Account>>,
    by_phone: HashMap<Phone, Arc<Account>>,
    accounts: Vec<Arc<Account>>,
    groups: Vec<Imported>,
    changes: Changes,
}

/// Why an import fails.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Fault(Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Other(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Plan {
    fn new(organisations: Vec<Organisation>) -> Self {
        Self {
            organisations,
            made: 0,
            by_email: HashMap::new(),
            by_phone: HashMap::new(),
            accounts: Vec::new(),
            groups: Vec::new(),
            changes: Changes::default(),
        }
    }

    /// An organisation that is there already is the one that is meant.
    fn organisation(&mut self, core: &Core, name: &Placed<'_, String>) -> Result<(), Failure> {
        if self.find(&name.value).is_none() {
            let organisation =
                core.prepare_organisation(&name.value).map_err(|error| name.part.fault(error))?;
            self.changes.directory.push(DirectoryChange::AddOrganisation(organisation.clone()));
            self.organisations.push(organisation);
            self.made += 1;
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<OrganisationId> {
        self.organisations.iter().find(|organisation| organisation.name == name).map(|found| found.id)
    }

    /// Refuses addresses and numbers that somebody has, or that stand there twice.
    async fn look_at_people(&self, core: &Core, people: &[PersonEntry<'_>]) -> Result<(), Failure> {
        let mut seen = HashMap::new();
        for (n, person) in people.iter().enumerate() {
            let email =
                person.email.as_ref().map(|email| (AccountRef::Email(email.value.clone()), &email.part));
            let phone =
                person.phone.as_ref().map(|phone| (AccountRef::Phone(phone.value.clone()), &phone.part));
            for (which, part) in email.into_iter().chain(phone) {
                if core.account(&which).await?.is_some() {
                    return Err(part.fault("this is taken").into());
                }
                if let Some(other) = seen.insert(which, n) {
                    return Err(part.fault(format_args!("people[{other}] has the same")).into());
                }
            }
        }
        Ok(())
    }

    async fn people(&mut self, core: &Core, people: &[PersonEntry<'_>]) -> Result<(), Failure> {
        let passwords: Vec<_> = people.iter().map(|person| person.password.clone()).collect();
        let hashed = futures_util::stream::iter(passwords).map(|password| hash(core.clone(), password));
        let hashed: Vec<_> = hashed.buffered(HASHED_AT_ONCE).try_collect().await.map_err(Failure::Other)?;
        for (person, password) in people.iter().zip(hashed) {
            let organisation = match &person.organisation {
                Some(name) => self
                    .find(&name.value)
                    .ok_or_else(|| name.part.fault("there is no organisation of this name"))?,
                None => self
                    .find(DEFAULT_ORGANISATION)
                    .ok_or_else(|| person.whole.fault("name its organisation"))?,
            };
            let new = NewAccount {
                organisation: Some(organisation),
                name: person.name.clone(),
                last_name: person.last_name.clone(),
                display_name: person.display_name.clone(),
                email: person.email.as_ref().map(|email| email.value.clone()),
                phone: person.phone.as_ref().map(|phone| phone.value.clone()),
                roles: person.roles.clone(),
                disabled: person.disabled,
                password,
                ..NewAccount::default()
            };
            let prepared = core.prepare_accounts_in(vec![new], &self.organisations);
            let Prepared { accounts, changes } = prepared.map_err(|error| person.whole.fault(error))?;
            self.changes.directory.extend(changes.directory);
            self.changes.records.extend(changes.records);
            for account in accounts {
                self.by_email.extend(account.email.clone().map(|email| (email, Arc::clone(&account))));
                self.by_phone.extend(account.phone.clone().map(|phone| (phone, Arc::clone(&account))));
                self.accounts.push(account);
            }
        }
        Ok(())
    }

    async fn group(&mut self, core: &Core, entry: &GroupEntry<'_>) -> Result<(), Failure> {
        let mut organisation = None;
        let mut seats = [Vec::new(), Vec::new()];
        for (seats, people) in seats.iter_mut().zip([&entry.admins, &entry.participants]) {
            for named in people {
                let account = self.resolve(core, named).await?;
                if *organisation.get_or_insert(account.organisation_id) != account.organisation_id {
                    return Err(named.part.fault("the people of a group are of one organisation").into());
                }
                seats.push(account.id);
            }
        }
        let [admins, participants] = seats;
        let everybody: std::collections::HashSet<&AccountId> = admins.iter().chain(&participants).collect();
        if everybody.len() > MAX_WAITING_MEMBERS {
            let most = format_args!("a group has at most {MAX_WAITING_MEMBERS} people").to_string();
            return Err(entry.whole.fault(most).into());
        }
        let organisation = organisation.ok_or_else(|| entry.whole.fault("a group has at least one admin"))?;
        let key = entry.key.as_ref().map(|key| key.value.clone());
        if let Some(key) =
            key.as_ref().filter(|key| self.groups.iter().any(|other| other.is(organisation, key)))
        {
            return Err(entry.whole.fault(format_args!("another group here has the key {key}")).into());
        }
        let group = groups::New { name: entry.name.clone(), bio: entry.bio.clone(), admins, participants };
        self.groups.push(Imported::new(organisation, key, group));
        Ok(())
    }

    /// Somebody named by e-mail or phone: of this file, or there already.
    async fn resolve(&self, core: &Core, named: &Placed<'_, String>) -> Result<Arc<Account>, Failure> {
        let found = if named.value.contains('@') {
            let email = named.value.to_lowercase();
            match self.by_email.get(&email) {
                Some(account) => Some(Arc::clone(account)),
                None => core.account(&AccountRef::Email(email)).await?,
            }
        } else {
            let phone: Phone = named.value.parse().map_err(|error| named.part.fault(error))?;
            match self.by_phone.get(&phone) {
                Some(account) => Some(Arc::clone(account)),
                None => core.account(&AccountRef::Phone(phone)).await?,
            }
        };
        found.ok_or_else(|| named.part.fault("nobody has this e-mail address or number").into())
    }

    async fn carry_out(self, core: &Core, entries: &[GroupEntry<'_>]) -> Result<Value, Failure> {
        let told = json!({
            "organisations": self.made, "people": self.accounts.len(), "groups": self.groups.len(),
        });
        groups::import_all(core, self.groups, self.changes).await.map_err(|error| match error {
            groups::NotImported::KeyTaken(n) => {
                let entry = &entries[n];
                let part = entry.key.as_ref().map_or(&entry.whole, |key| &key.part);
                Failure::Fault(part.fault("a group has this key already"))
            }
            groups::NotImported::Store(error) => Failure::Store(error),
            groups::NotImported::Refused(n, refusal) => Failure::Fault(entries[n].whole.fault(refusal)),
            groups::NotImported::Busy => Failure::Other("the server is busy; try again".into()),
        })?;
        core.noticed(&self.accounts);
        Ok(told)
    }
}

async fn hash(core: Core, password: Option<String>) -> Result<Option<HashedPassword>, String> {
    match password {
        Some(password) => core.hash_password(&password).await.map(Some).map_err(say),
        None => Ok(None),
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
