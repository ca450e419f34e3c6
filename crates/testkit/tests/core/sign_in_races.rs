//! Signing in while the account changes, and clients that hang up in the middle: whoever is shut out stays out, and a
//! change that was begun has all its consequences.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::FutureExt as _;
use hearken_core::account::Account;
use hearken_core::actor::{Actor, Person};
use hearken_core::memory::MemoryStore;
use hearken_core::network::Network;
use hearken_core::sign_in::{HashedPassword, SignInError, Tokens};
use hearken_core::token::TokenError;
use hearken_core::{AccountPatch, Delivery, Ended, Follow, NewAccount};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{KINDS, within};

const EMAIL: &str = "ana@example.org";
const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

/// Ana's house, on a store that waits when it is told to.
struct Scene {
    house: House,
    store: Arc<FaultyStore>,
    ana: Arc<Account>,
    new: HashedPassword,
}

impl Scene {
    async fn open() -> Self {
        let store = FaultyStore::over(MemoryStore::new());
        let house = House::over(store.clone()).await;
        let old = house.core.hash_password(OLD).await.expect("a good password");
        let new = house.core.hash_password(NEW).await.expect("a good password");
        let ana = NewAccount { email: Some(EMAIL.into()), password: Some(old), ..NewAccount::default() };
        let ana = house.core.add_account(ana).await.expect("a new person");
        Self { house, store, ana, new }
    }

    async fn sign_in(&self, password: &str) -> Result<Tokens, SignInError> {
        let here = Network::from(IpAddr::from([192, 0, 2, 1]));
        self.house.core.sign_in_by_password(here, EMAIL, password).await
    }

    async fn person(&self, tokens: &Tokens) -> Result<Person, TokenError> {
        match self.house.core.authenticate(&tokens.access).await? {
            Actor::Person(person) => Ok(person),
            Actor::System(_) => panic!("a token is somebody's"),
        }
    }

    fn new_password(&self) -> AccountPatch {
        AccountPatch { password: Some(self.new.clone()), ..AccountPatch::default() }
    }

    /// Whoever was let in by the old password, or before he was disabled, is out by now.
    async fn is_out(&self, answer: Result<Tokens, SignInError>) {
        match answer {
            Err(error) => assert_eq!(error, SignInError::Wrong),
            Ok(tokens) => {
                assert_eq!(self.person(&tokens).await.err(), Some(TokenError::Account));
                let again = self.house.core.refresh(&tokens.refresh).await;
                assert_eq!(again.err(), Some(SignInError::Wrong));
            }
        }
    }

    /// Polls `work` until `reached`.
    async fn until<F: Future + Unpin>(&self, work: &mut F, reached: impl Fn(&Self) -> bool) {
        while !reached(self) {
            assert!((&mut *work).now_or_never().is_none(), "it is not done yet");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_read_the_old_password_is_too_late_after_the_new_one() {
    let shuts_out: [fn(&Scene) -> AccountPatch; 2] =
        [Scene::new_password, |_| AccountPatch { disabled: Some(true), ..AccountPatch::default() }];
    for patch in shuts_out {
        let scene = Scene::open().await;
        // Others are before him in the queue, so that he waits there while the account changes.
        let others: Vec<_> = (0..4)
            .map(|_| {
                let core = scene.house.core.clone();
                tokio::spawn(async move { core.hash_password("somebody else's").await })
            })
            .collect();
        tokio::task::yield_now().await;
        let before = scene.store.reads();
        let mut signing_in = Box::pin(scene.sign_in(OLD));
        scene.until(&mut signing_in, |scene| scene.store.reads() >= before + 2).await;
        scene.house.core.update_account(scene.ana.id, patch(&scene)).await.expect("the store writes");
        scene.is_out(signing_in.await).await;
        for other in others {
            other.await.expect("it runs").expect("a good password");
        }
        scene.house.stop().await;
    }
}

#[tokio::test]
async fn a_sign_in_committed_beside_the_new_password_ends_with_it() {
    let scene = Scene::open().await;
    scene.store.hold_syncs();
    let core = scene.house.core.clone();
    let first = tokio::spawn(async move { core.add_organisation("elsewhere").await });
    scene.store.until_syncing().await;
    // Both are queued behind that one: the sign-in before the password, and not to be seen when it lists sign-ins.
    let mut signing_in = Box::pin(scene.sign_in(OLD));
    scene.until(&mut signing_in, |scene| scene.house.core.queue_depth() == 1).await;
    let mut changing = Box::pin(scene.house.core.update_account(scene.ana.id, scene.new_password()));
    scene.until(&mut changing, |scene| scene.house.core.queue_depth() == 2).await;
    scene.store.release_syncs();
    let (signed_in, changed) = tokio::join!(signing_in, changing);
    changed.expect("the store writes");
    scene.is_out(signed_in).await;
    first.await.expect("it runs").expect("the store writes");
    let tokens = scene.sign_in(NEW).await.expect("the new one is good");
    assert!(scene.person(&tokens).await.is_ok());
    scene.house.stop().await;
}

#[tokio::test]
async fn a_name_changed_meanwhile_keeps_nobody_out() {
    let scene = Scene::open().await;
    scene.store.hold_syncs();
    let name = AccountPatch { name: Some(Some("Ana".into())), ..AccountPatch::default() };
    let mut changing = Box::pin(scene.house.core.update_account(scene.ana.id, name));
    assert!((&mut changing).now_or_never().is_none());
    scene.store.until_syncing().await;
    let mut signing_in = Box::pin(scene.sign_in(OLD));
    scene.until(&mut signing_in, |scene| scene.house.core.queue_depth() == 1).await;
    scene.store.release_syncs();
    let (signed_in, changed) = tokio::join!(signing_in, changing);
    changed.expect("the store writes");
    let tokens = signed_in.expect("the password is right still");
    assert_eq!(tokens.account.name.as_deref(), Some("Ana"));
    scene.house.stop().await;
}

#[tokio::test]
async fn a_new_password_by_who_knows_the_old_one_does_not_undo_an_operators() {
    let scene = Scene::open().await;
    let thief = scene.sign_in(OLD).await.expect("he has it");
    let thief = scene.person(&thief).await.expect("he is in");
    let here = Network::from(IpAddr::from([192, 0, 2, 66]));
    let before = scene.store.reads();
    let mut changing = Box::pin(scene.house.core.change_password(here, &thief, OLD, "the thief's own"));
    scene.until(&mut changing, |scene| scene.store.reads() > before).await;
    let core = &scene.house.core;
    core.update_account(scene.ana.id, scene.new_password()).await.expect("the store writes");
    assert_eq!(changing.await, Err(SignInError::Wrong));
    assert!(scene.sign_in(NEW).await.is_ok());
    scene.house.stop().await;
}

#[tokio::test]
async fn hanging_up_leaves_no_change_half_done() {
    #[derive(Clone, Copy, Debug)]
    enum By {
        SigningOut,
        Disabling,
        Password,
    }
    for by in [By::SigningOut, By::Disabling, By::Password] {
        let scene = Scene::open().await;
        let core = scene.house.core.clone();
        let tokens = scene.sign_in(OLD).await.expect("it is she");
        let person = scene.person(&tokens).await.expect("she is in");
        let mut open = core.subscribe(&person.clone().into(), &[Follow::Mine(KINDS)]).await.expect("she may");
        let mut asked: std::pin::Pin<Box<dyn Future<Output = ()>>> = match by {
            By::SigningOut => Box::pin(async { drop(core.sign_out(&person).await) }),
            By::Disabling => Box::pin(async { drop(core.set_disabled(scene.ana.id, true).await) }),
            By::Password => {
                Box::pin(async { drop(core.update_account(scene.ana.id, scene.new_password()).await) })
            }
        };
        assert!((&mut asked).now_or_never().is_none(), "{by:?}");
        drop(asked);
        let Delivery::Ended(why) = within(open.next()).await else { panic!("{by:?} ends it") };
        assert_eq!(why, Ended::SignedOut);
        assert_eq!(scene.person(&tokens).await.err(), Some(TokenError::Account), "{by:?}");
        drop(open);
        scene.house.stop().await;
    }
}
