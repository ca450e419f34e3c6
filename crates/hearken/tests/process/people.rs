//! People and groups, put into a data folder while no server has it open.

use std::path::Path;

use hearken::installation::{Found, Open, find, start};
use hearken::settings::{Settings, Sources};
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{Core, NewAccount};
use hearken_messenger::groups;
use hearken_testkit::throwaway::database_of;

use crate::said::phone;

/// Longer than any test.
const TOKEN: std::time::Duration = std::time::Duration::from_hours(24);

/// Somebody with an account and a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: AccountId,
    pub(crate) organisation: OrganisationId,
    pub(crate) phone: String,
    pub(crate) token: String,
}

/// The settings of whoever opens the installation in this folder.
pub(crate) fn settings_of(data: &Path) -> Settings {
    let mut environment = vec![("HEARKEN_DATA".into(), data.into())];
    environment.extend(database_of(data).map(|url| ("HEARKEN_DATABASE_URL".into(), url.into())));
    Sources { environment, ..Sources::default() }.resolve().expect("they are good")
}

/// A core on the data folder, in this process.
pub(crate) struct Offline(Open);

impl Offline {
    /// Opens the folder, making it if it is missing.
    pub(crate) async fn open(data: &Path) -> Self {
        let settings = settings_of(data);
        let Ok(Found::Here(ours)) = find(&settings) else { panic!("the folder is free") };
        let kept = ours.open().await.expect("the store opens");
        Self(start(kept, &settings).await.expect("the core starts"))
    }

    /// The core.
    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    /// People at the first `count` places of a town.
    pub(crate) async fn people(&self, count: usize) -> Vec<Person> {
        let new = (0..count).map(|place| NewAccount {
            name: Some(format!("Person {place}")),
            phone: phone(place).parse().ok(),
            ..NewAccount::default()
        });
        let added = self.core().add_accounts(new.collect()).await.expect("nobody is there yet");
        let mut people = Vec::with_capacity(count);
        for (place, account) in added.into_iter().enumerate() {
            let token = self.core().issue(account.id, TOKEN).await.expect("a token");
            let (id, organisation) = (account.id, account.organisation_id);
            people.push(Person { id, organisation, phone: phone(place), token });
        }
        people
    }

    /// A group of these people; the first is its admin.
    pub(crate) async fn group(&self, key: &str, people: &[Person]) {
        let ids: Vec<_> = people.iter().map(|person| person.id).collect();
        let (name, bio) = ("Group".to_owned(), "Of a town".to_owned());
        let new = groups::New { name, bio, admins: ids[..1].to_vec(), participants: ids[1..].to_vec() };
        groups::import(self.core(), people[0].organisation, key, new).await.expect("the key is free");
    }

    /// Leaves the folder to others.
    pub(crate) async fn close(self) {
        self.0.running.stop().await;
    }
}
