//! Accounts: whatever one node does to somebody, the others know at once; and after a time without the bus, when they
//! look.

use std::net::IpAddr;
use std::sync::Arc;

use hearken_core::account::{Account, Phone, Role};
use hearken_core::actor::{Actor, Person};
use hearken_core::ids::AccountId;
use hearken_core::network::Network;
use hearken_core::sign_in::{SignInError, Tokens};
use hearken_core::store::AccountRef;
use hearken_core::token::TokenError;
use hearken_core::{AccountPatch, Delivery, Ended, NewAccount, Subscription};

use super::Town;
use crate::house::House;
use crate::scene::{Board, Talk, is_idle, within};

const EMAIL: &str = "ana@example.org";
const PASSWORD: &str = "correct horse";

fn here() -> Network {
    Network::from(IpAddr::from([192, 0, 2, 1]))
}

async fn ana(house: &House) -> Arc<Account> {
    let password = house.core.hash_password(PASSWORD).await.expect("a good password");
    let new = NewAccount {
        email: Some(EMAIL.into()),
        phone: Some("6281234567890".parse::<Phone>().expect("a number")),
        password: Some(password),
        ..NewAccount::default()
    };
    house.core.add_account(new).await.expect("a new person")
}

async fn signed_in(house: &House) -> Tokens {
    house.core.sign_in_by_password(here(), EMAIL, PASSWORD).await.expect("it is she")
}

async fn person(house: &House, tokens: &Tokens) -> Person {
    match within(house.core.authenticate(&tokens.access)).await {
        Ok(Actor::Person(person)) => person,
        other => panic!("{other:?}"),
    }
}

/// Two nodes, Ana signed in at the first and following on the second.
struct Scene {
    town: Town,
    ana: Arc<Account>,
    tokens: Tokens,
    follower: Subscription,
}

impl Scene {
    async fn open() -> Self {
        let town = Town::in_time(2).await;
        let ana = ana(town.node(0)).await;
        let tokens = signed_in(town.node(0)).await;
        let person = person(town.node(1), &tokens).await;
        let follower = town.node(1).follow_mine(&person.into()).await;
        Self { town, ana, tokens, follower }
    }

    fn first(&self) -> &House {
        self.town.node(0)
    }

    fn other(&self) -> &House {
        self.town.node(1)
    }

    /// Does something on the first node, and expects the follower on the other to end: when the bus tells it; and when
    /// the bus has told nobody and the other node looks.
    async fn ends(self, tells: bool, act: impl AsyncFnOnce(&Self)) -> Self {
        self.ends_with(tells, Ended::SignedOut, act).await
    }

    async fn ends_with(mut self, tells: bool, why: Ended, act: impl AsyncFnOnce(&Self)) -> Self {
        if !tells {
            self.town.bus.hold();
        }
        act(&self).await;
        self.town.quiet().await;
        if !tells {
            assert!(self.town.bus.lose() > 0 && self.follower.ended().is_none());
            self.town.bus.release();
            self.town.beat().await;
            self.town.beat().await;
        }
        match within(self.follower.next()).await {
            Delivery::Ended(ended) => assert_eq!(ended, why),
            other => panic!("it should end, not {other:?}"),
        }
        self
    }

    async fn is_refused(&self) {
        let refused = within(self.other().core.authenticate(&self.tokens.access)).await;
        assert_eq!(refused.err(), Some(TokenError::Account));
    }

    async fn at_hand(&self, id: AccountId) -> Option<Arc<Account>> {
        within(self.other().core.account(&AccountRef::Id(id))).await.expect("the store reads")
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_on_every_node() {
    for tells in [true, false] {
        let disable = async |scene: &Scene| {
            scene.first().core.set_disabled(scene.ana.id, true).await.expect("she is there");
        };
        let scene = Scene::open().await.ends(tells, disable).await;
        scene.is_refused().await;
        assert!(scene.at_hand(scene.ana.id).await.is_some_and(|account| account.disabled));
        scene.first().core.set_disabled(scene.ana.id, false).await.expect("she is there");
        scene.town.quiet().await;
        assert!(scene.at_hand(scene.ana.id).await.is_some_and(|account| !account.disabled));
    }
}

#[tokio::test]
async fn other_roles_or_another_number_are_known_on_every_node() {
    for tells in [true, false] {
        let promote = async |scene: &Scene| {
            let patch = AccountPatch { roles: Some(vec![Role::Admin]), ..AccountPatch::default() };
            scene.first().core.update_account(scene.ana.id, patch).await.expect("she is there");
        };
        let scene = Scene::open().await.ends_with(tells, Ended::Changed, promote).await;
        assert_eq!(scene.at_hand(scene.ana.id).await.map(|ana| ana.roles.clone()), Some(vec![Role::Admin]));
        let call = async |scene: &Scene| {
            let phone = Some("6281111111111".parse::<Phone>().expect("a number"));
            let patch = AccountPatch { phone: Some(phone), ..AccountPatch::default() };
            scene.first().core.update_account(scene.ana.id, patch).await.expect("she is there");
        };
        let scene = Scene::open().await.ends_with(tells, Ended::Changed, call).await;
        let old = "6281234567890".parse().expect("a number");
        assert_eq!(scene.other().core.account(&AccountRef::Phone(old)).await, Ok(None));
    }
}

#[tokio::test]
async fn a_new_name_ends_nothing_and_is_known() {
    let mut scene = Scene::open().await;
    let patch = AccountPatch { name: Some(Some("Ana".into())), ..AccountPatch::default() };
    scene.first().core.update_account(scene.ana.id, patch).await.expect("she is there");
    scene.town.quiet().await;
    assert_eq!(scene.at_hand(scene.ana.id).await.and_then(|ana| ana.name.clone()).as_deref(), Some("Ana"));
    assert!(is_idle(&mut scene.follower));
}

#[tokio::test]
async fn a_sign_in_that_ends_ends_on_every_node() {
    for tells in [true, false] {
        let sign_out = async |scene: &Scene| {
            let person = person(scene.first(), &scene.tokens).await;
            scene.first().core.sign_out(&person).await.expect("the store writes");
        };
        Scene::open().await.ends(tells, sign_out).await.is_refused().await;
        let set_password = async |scene: &Scene| {
            let hashed = scene.first().core.hash_password("battery staple").await.expect("a good password");
            let patch = AccountPatch { password: Some(hashed), ..AccountPatch::default() };
            scene.first().core.update_account(scene.ana.id, patch).await.expect("she is there");
        };
        Scene::open().await.ends(tells, set_password).await.is_refused().await;
        let steal = async |scene: &Scene| {
            scene.first().core.refresh(&scene.tokens.refresh).await.expect("it is good once");
            let again = scene.first().core.refresh(&scene.tokens.refresh).await;
            assert_eq!(again.err(), Some(SignInError::Wrong));
        };
        Scene::open().await.ends(tells, steal).await.is_refused().await;
    }
}

#[tokio::test]
async fn one_sign_in_that_ends_leaves_the_others() {
    let scene = Scene::open().await;
    let tokens = signed_in(scene.first()).await;
    let person = person(scene.other(), &tokens).await;
    let mut other = scene.other().follow_mine(&person.into()).await;
    let sign_out = async |scene: &Scene| {
        let person = self::person(scene.first(), &scene.tokens).await;
        scene.first().core.sign_out(&person).await.expect("the store writes");
    };
    scene.ends(true, sign_out).await;
    assert!(is_idle(&mut other));
}

#[tokio::test]
async fn who_is_erased_is_gone_on_every_node() {
    for tells in [true, false] {
        let scene = Scene::open().await;
        let [bob] = scene.first().people().await;
        let ana = person(scene.other(), &scene.tokens).await.into();
        let board = scene.first().room::<Board>("board", &[&ana, &bob]).await;
        let mut as_bob = scene.other().follow_mine(&bob).await;
        within(scene.other().write(&ana, board, "of Ana")).await.expect("it is saved");
        let begin = async |scene: &Scene| {
            scene.first().core.begin_erasing(scene.ana.id).await.map(drop).expect("she is there");
        };
        let scene = scene.ends(tells, begin).await;
        assert!(is_idle(&mut as_bob), "nothing of her is shown any more");
        // Whoever has her at hand can't act as her, nor seat her, on any node.
        let acted = within(scene.other().write(&ana, board, "more")).await;
        assert!(acted.is_err(), "{acted:?}");
        let talk = scene.other().room::<Talk>("talk", &[&bob]).await;
        let seated = within(scene.other().join::<Talk>(&ana, talk)).await;
        assert!(seated.is_err(), "{seated:?}");
        let erasing = scene.first().core.begin_erasing(scene.ana.id).await.expect("it goes on");
        assert_eq!(within(erasing.finish()).await.expect("it is done").conversations, 1);
        scene.town.quiet().await;
        assert_eq!(scene.at_hand(scene.ana.id).await, None);
        scene.is_refused().await;
        assert_eq!(scene.other().core.check().await, Ok(vec![]));
    }
}

#[tokio::test]
async fn other_signing_keys_are_known_on_every_node() {
    for tells in [true, false] {
        let scene = Scene::open().await;
        let before = scene.other().core.public_keys();
        if !tells {
            scene.town.bus.hold();
        }
        scene.first().core.rotate_keys().await.expect("the store writes");
        scene.first().core.retire_key(&before[0].0).await.expect("it is no longer the last");
        scene.town.quiet().await;
        if !tells {
            assert_eq!(scene.other().core.public_keys(), before);
            scene.town.bus.lose();
            scene.town.bus.release();
            scene.town.beat().await;
            scene.town.beat().await;
        }
        assert_eq!(scene.other().core.public_keys(), scene.first().core.public_keys());
        assert_ne!(scene.other().core.public_keys(), before);
    }
}

#[tokio::test]
async fn renewed_secrets_sign_everybody_out_on_every_node_and_they_still_hear_one_another() {
    for tells in [true, false] {
        let renew = async |scene: &Scene| {
            scene.first().core.renew_secrets().await.expect("the store writes");
        };
        let scene = Scene::open().await.ends(tells, renew).await;
        let refused = within(scene.other().core.authenticate(&scene.tokens.access)).await;
        assert_eq!(refused.err(), Some(TokenError::Forged));
        for _ in 0..3 {
            scene.town.beat().await;
        }
        assert!(scene.other().is_sound() && scene.first().is_sound());
        let [bob] = scene.first().people().await;
        let board = scene.first().room::<Board>("board", &[&bob]).await;
        let mut as_bob = scene.other().follow_mine(&bob).await;
        within(scene.first().write(&bob, board, "heard")).await.expect("it is saved");
        super::shows(&mut as_bob, 1, &["heard".to_owned()]).await;
    }
}
