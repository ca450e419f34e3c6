//! Accounts, organisations and signing keys.

use hearken_core::account::{Account, Organisation, Phone, Role};
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::store::{AccountPage, AccountRef, Batch, DirectoryChange, SigningKey, StoreError};
use uuid::Uuid;

use super::bench::Bench;
use super::scene::{AWAY, HOME, at, person};
use DirectoryChange::{AddAccount, AddOrganisation, AddSigningKey, UpdateAccount};

fn phone(digits: &str) -> Phone {
    digits.parse().expect("ten digits and more are a phone number")
}

fn plain(n: u128) -> Account {
    Account {
        id: person(n),
        organisation_id: HOME,
        name: None,
        last_name: None,
        display_name: None,
        email: None,
        phone: None,
        roles: vec![],
        guest: false,
        disabled: false,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn full(n: u128) -> Account {
    Account {
        name: Some("Zoë \u{1f600}".into()),
        last_name: Some("O'Neil; drop table".into()),
        display_name: Some("Zoë, \"the\" nurse".into()),
        email: Some(format!("zoe.{n}@example.org")),
        phone: Some(phone(&format!("{}", 62_000_000_000 + n))),
        roles: Role::ALL.to_vec(),
        guest: false,
        disabled: n.is_multiple_of(2),
        created_at: at(-5),
        updated_at: at(7),
        ..plain(n)
    }
}

pub(super) fn organisation(id: OrganisationId, name: &str) -> DirectoryChange {
    AddOrganisation(Organisation { id, name: name.into() })
}

fn people(directory: Vec<DirectoryChange>) -> Batch {
    Batch { directory, ..Batch::default() }
}

/// A store with two organisations and these changes.
async fn with(mut bench: Bench, changes: Vec<DirectoryChange>) -> Bench {
    bench.commit(people(vec![organisation(HOME, "default"), organisation(AWAY, "Straße 5")])).await;
    bench.commit(people(changes)).await;
    bench
}

async fn by_id(bench: &Bench, n: u128) -> Option<Account> {
    bench.store.account(&AccountRef::Id(person(n))).await.expect("the store reads")
}

async fn by_phone(bench: &Bench, digits: &str) -> Option<Account> {
    bench.store.account(&AccountRef::Phone(phone(digits))).await.expect("the store reads")
}

async fn listed(bench: &Bench, after: Option<AccountId>, limit: usize) -> Vec<AccountId> {
    let page = bench.store.accounts(after, limit).await.expect("the store reads");
    page.iter().map(|account| account.id).collect()
}

/// These changes are refused for what is taken, and leave only account 1.
async fn refuse(bench: &mut Bench, changes: Vec<DirectoryChange>, taken: &'static str) {
    assert_eq!(bench.refused(people(changes)).await, StoreError::Taken(taken));
    assert_eq!(listed(bench, None, 10).await, [person(1)]);
    assert_eq!(by_id(bench, 1).await, Some(full(1)));
}

pub(super) async fn an_account_is_found_by_identifier_and_by_phone(bench: Bench) {
    let bench = with(bench, vec![AddAccount(full(1)), AddAccount(full(2))]).await;
    assert_eq!(by_id(&bench, 1).await, Some(full(1)));
    assert_eq!(by_phone(&bench, "62000000002").await, Some(full(2)));
    assert_eq!(by_id(&bench, 3).await, None);
    assert_eq!(by_phone(&bench, "62000000003").await, None);
}

pub(super) async fn an_account_without_anything_reads_back(bench: Bench) {
    let bench = with(bench, vec![AddAccount(plain(1))]).await;
    assert_eq!(by_id(&bench, 1).await, Some(plain(1)));
}

pub(super) async fn an_update_replaces_the_account(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1)), AddAccount(full(2))]).await;
    let changed =
        Account { phone: Some(phone("0123456789")), disabled: true, updated_at: at(99), ..plain(1) };
    bench.commit(people(vec![UpdateAccount(changed.clone())])).await;
    assert_eq!(by_id(&bench, 1).await, Some(changed.clone()));
    assert_eq!(by_phone(&bench, "0123456789").await, Some(changed));
    assert_eq!(by_phone(&bench, "62000000001").await, None);
    assert_eq!(by_id(&bench, 2).await, Some(full(2)));
}

pub(super) async fn a_phone_given_up_can_be_taken(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    let heir = Account { phone: full(1).phone, ..full(2) };
    bench.commit(people(vec![UpdateAccount(plain(1)), AddAccount(heir.clone())])).await;
    assert_eq!(by_phone(&bench, "62000000001").await, Some(heir));
}

pub(super) async fn a_phone_is_unique(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    let same = Account { phone: full(1).phone, ..plain(2) };
    refuse(&mut bench, vec![AddAccount(plain(3)), AddAccount(same.clone())], "phone").await;
    refuse(&mut bench, vec![AddAccount(plain(2)), UpdateAccount(same.clone())], "phone").await;
    let abroad = Account { organisation_id: AWAY, ..same.clone() };
    refuse(&mut bench, vec![AddAccount(abroad)], "phone").await;
    let twins = vec![AddAccount(full(4)), AddAccount(Account { phone: full(4).phone, ..plain(5) })];
    refuse(&mut bench, twins, "phone").await;
}

pub(super) async fn an_email_is_unique(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    let same = Account { email: full(1).email, ..plain(2) };
    refuse(&mut bench, vec![AddAccount(plain(3)), AddAccount(same.clone())], "e-mail").await;
    refuse(&mut bench, vec![AddAccount(plain(2)), UpdateAccount(same)], "e-mail").await;
}

pub(super) async fn a_name_of_an_organisation_is_unique(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    let third = OrganisationId(Uuid::from_u128(3));
    refuse(&mut bench, vec![AddAccount(plain(2)), organisation(third, "default")], "name").await;
    let organisations = bench.store.organisations().await.expect("the store reads");
    assert_eq!(organisations.len(), 2);
    bench.commit(people(vec![organisation(third, "Default")])).await;
}

pub(super) async fn nothing_is_unique_about_what_is_missing(bench: Bench) {
    let bench = with(bench, (1..4).map(|n| AddAccount(plain(n))).collect()).await;
    assert_eq!(listed(&bench, None, 10).await.len(), 3);
}

pub(super) async fn accounts_come_in_pages(bench: Bench) {
    let order = [3, 1, 5, 2, 4];
    let bench = with(bench, order.into_iter().map(|n| AddAccount(full(n))).collect()).await;
    assert_eq!(listed(&bench, None, 2).await, [person(1), person(2)]);
    assert_eq!(listed(&bench, Some(person(2)), 2).await, [person(3), person(4)]);
    assert_eq!(listed(&bench, Some(person(4)), 2).await, [person(5)]);
    assert_eq!(listed(&bench, Some(person(5)), 2).await, []);
    assert_eq!(listed(&bench, Some(person(0)), 1).await, [person(1)]);
    assert_eq!(bench.store.accounts(Some(person(2)), 1).await.expect("the store reads"), [full(3)]);
}

pub(super) async fn organisations_come_in_order(mut bench: Bench) {
    bench.commit(people(vec![organisation(AWAY, "Straße 5"), organisation(HOME, "default")])).await;
    let expect = [(HOME, "default"), (AWAY, "Straße 5")];
    let expect = expect.map(|(id, name)| Organisation { id, name: name.into() });
    assert_eq!(bench.store.organisations().await.expect("the store reads"), expect);
}

pub(super) async fn the_newest_signing_key_comes_last(bench: Bench) {
    let key = |id: &str, made| SigningKey { id: id.into(), pkcs8: vec![0, 255, 7], created_at: at(made) };
    let keys = vec![AddSigningKey(key("b", 9)), AddSigningKey(key("c", 1)), AddSigningKey(key("a", 5))];
    let bench = with(bench, keys).await.reopen().await;
    let keys = bench.store.signing_keys().await.expect("the store reads");
    let shown: Vec<_> =
        keys.iter().map(|key| (key.id.as_str(), key.pkcs8.as_slice(), key.created_at)).collect();
    let pkcs8 = [0, 255, 7].as_slice();
    assert_eq!(shown, [("c", pkcs8, at(1)), ("a", pkcs8, at(5)), ("b", pkcs8, at(9))]);
}

pub(super) async fn they_outlive_the_store_being_closed(bench: Bench) {
    let bench = with(bench, vec![AddAccount(full(1))]).await;
    let bench = bench.reopen().await;
    assert_eq!(by_id(&bench, 1).await, Some(full(1)));
    assert_eq!(bench.store.organisations().await.expect("the store reads").len(), 2);
}

pub(super) async fn a_guests_address_collides_with_nobodys(bench: Bench) {
    let guest = |n| Account { email: full(1).email, guest: true, ..plain(n) };
    let bench = with(bench, vec![AddAccount(guest(2)), AddAccount(full(1)), AddAccount(guest(3))]).await;
    let email = full(1).email.expect("he has one");
    let found = bench.store.account(&AccountRef::Email(email)).await.expect("the store reads");
    assert_eq!(found, Some(full(1)));
    assert_eq!(by_id(&bench, 3).await, Some(guest(3)));
}

pub(super) async fn a_change_insists_on_the_account_it_has_seen(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    let stale = vec![DirectoryChange::AccountStillAt(person(1), at(6)), UpdateAccount(plain(1))];
    assert_eq!(bench.refused(people(stale)).await, StoreError::Conflict);
    assert_eq!(by_id(&bench, 1).await, Some(full(1)));
    let fresh = vec![DirectoryChange::AccountStillAt(person(1), at(7)), UpdateAccount(plain(1))];
    bench.commit(people(fresh)).await;
    assert_eq!(by_id(&bench, 1).await, Some(plain(1)));
    let nobody = vec![DirectoryChange::AccountStillAt(person(9), at(7))];
    assert_eq!(bench.refused(people(nobody)).await, StoreError::Conflict);
}

pub(super) async fn a_removed_account_leaves_its_number_to_others(bench: Bench) {
    let mut bench = with(bench, vec![AddAccount(full(1))]).await;
    bench.commit(people(vec![DirectoryChange::RemoveAccount(person(1))])).await;
    assert_eq!(by_id(&bench, 1).await, None);
    bench.commit(people(vec![AddAccount(Account { phone: full(1).phone, ..plain(2) })])).await;
    assert_eq!(by_phone(&bench, "62000000001").await.map(|account| account.id), Some(person(2)));
}

pub(super) async fn a_page_counts_what_it_does_not_show(bench: Bench) {
    let abroad = Account { organisation_id: AWAY, ..plain(4) };
    let visitor = Account { roles: vec![Role::Visitor], ..plain(3) };
    let all = vec![AddAccount(full(1)), AddAccount(plain(2)), AddAccount(visitor), AddAccount(abroad)];
    let bench = with(bench, all).await;
    let page = async |role, offset, limit| {
        let page = AccountPage { organisation: HOME, role, offset, limit };
        let (accounts, total) = bench.store.account_page(&page).await.expect("the store reads");
        (accounts.iter().map(|account| account.id).collect::<Vec<_>>(), total)
    };
    assert_eq!(page(None, 0, 9).await, (vec![person(1), person(2), person(3)], 3));
    assert_eq!(page(None, 1, 1).await, (vec![person(2)], 3));
    assert_eq!(page(None, 3, 1).await, (vec![], 3));
    assert_eq!(page(Some(Role::Visitor), 0, 9).await, (vec![person(1), person(3)], 2));
}

pub(super) async fn a_removed_key_is_gone(bench: Bench) {
    let key = |id: &str| SigningKey { id: id.into(), pkcs8: vec![7], created_at: at(1) };
    let mut bench = with(bench, vec![AddSigningKey(key("a")), AddSigningKey(key("b"))]).await;
    bench.commit(people(vec![DirectoryChange::RemoveSigningKey("a".into())])).await;
    let keys = bench.store.signing_keys().await.expect("the store reads");
    assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["b"]);
}
