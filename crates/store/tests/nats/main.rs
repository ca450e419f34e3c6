//! The bus over a real NATS server: what is said is heard by others of the same channel, a connection that breaks is noticed
//! and made again, and nobody gets in without what the server asks for.

mod cores;
mod server;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hearken_core::bus::{Bus as _, BusEnd, BusError, Heard};
use hearken_store::NatsBus;
use hearken_testkit::throwaway::Nats;

use self::server::Guarded;

/// Waits, but not for ever.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it comes at all")
}

async fn joined(url: &str, channel: &str) -> BusEnd {
    let bus = NatsBus::new(url).expect("an address");
    let mut end = bus.join(channel).await.expect("it can be joined");
    assert_eq!(within(end.listener.next()).await, Some(Heard::Connected));
    settled(&mut end).await;
    end
}

/// The server has taken the subscription: it answers in order.
async fn settled(end: &mut BusEnd) {
    within(end.speaker.flush()).await;
}

async fn say(end: &mut BusEnd, words: &str) -> Result<(), BusError> {
    within(end.speaker.announce(Bytes::from(words.to_owned()))).await
}

async fn hears(end: &mut BusEnd, words: &str) {
    assert_eq!(within(end.listener.next()).await, Some(Heard::Message(Bytes::from(words.to_owned()))));
}

/// Says something again and again until another hears it: a subscription may be made after the connection.
async fn hears_again(speaker: &mut BusEnd, listener: &mut BusEnd, words: &str) {
    let saying = async {
        loop {
            let _ = say(speaker, words).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = saying => {}
        () = hears(listener, words) => {}
    }
}

#[tokio::test]
async fn everybody_else_on_the_channel_hears_in_order() {
    let nats = Nats::start();
    let mut one = joined(&nats.url(), "a").await;
    let mut two = joined(&nats.url(), "a").await;
    let mut other = joined(&nats.url(), "b").await;
    hears_again(&mut one, &mut two, "first").await;
    let long = "x".repeat(hearken_core::bus::LONGEST_MESSAGE);
    say(&mut one, "second").await.expect("it is connected");
    say(&mut one, &long).await.expect("so much fits");
    loop {
        match within(two.listener.next()).await {
            Some(Heard::Message(words)) if words == "first" => {}
            heard => {
                assert_eq!(heard, Some(Heard::Message("second".into())));
                break;
            }
        }
    }
    hears(&mut two, &long).await;
    hears_again(&mut two, &mut one, "back").await;
    hears_again(&mut one, &mut other_channel(&nats).await, "elsewhere").await;
    let nothing = tokio::time::timeout(Duration::from_millis(1), other.listener.next()).await;
    assert!(nothing.is_err(), "another channel hears nothing: {nothing:?}");
}

/// One more on the first channel.
async fn other_channel(nats: &Nats) -> BusEnd {
    joined(&nats.url(), "a").await
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_is_noticed() {
    let nats = Nats::start();
    let mut one = joined(&nats.url(), "a").await;
    let mut two = joined(&nats.url(), "a").await;
    hears_again(&mut one, &mut two, "before").await;
    nats.kill();
    assert_eq!(until_news(&mut one).await, Heard::Disconnected);
    assert_eq!(until_news(&mut two).await, Heard::Disconnected);
    assert!(matches!(say(&mut one, "lost").await, Err(BusError::Away(_))));
    nats.resume();
    assert_eq!(until_news(&mut one).await, Heard::Connected);
    assert_eq!(until_news(&mut two).await, Heard::Connected);
    hears_again(&mut one, &mut two, "after").await;
}

#[tokio::test]
async fn a_network_that_is_cut_is_noticed() {
    let nats = Nats::start();
    let mut one = joined(&nats.url(), "a").await;
    nats.freeze();
    assert_eq!(until_news(&mut one).await, Heard::Disconnected);
    nats.thaw();
    assert_eq!(until_news(&mut one).await, Heard::Connected);
}

#[tokio::test]
async fn one_that_is_not_there_at_the_start_is_joined_when_it_comes() {
    let nats = Nats::start();
    nats.kill();
    let bus = NatsBus::new(&nats.url()).expect("an address");
    assert!(matches!(within(bus.ping()).await, Err(BusError::Away(_))));
    let mut end = within(bus.join("a")).await.expect("it can be joined");
    assert!(matches!(say(&mut end, "lost").await, Err(BusError::Away(_))));
    nats.resume();
    assert_eq!(until_news(&mut end).await, Heard::Connected);
    within(bus.ping()).await.expect("it answers now");
    let mut two = joined(&nats.url(), "a").await;
    hears_again(&mut two, &mut end, "here").await;
}

/// The next that is no message.
async fn until_news(end: &mut BusEnd) -> Heard {
    loop {
        match within(end.listener.next()).await.expect("it goes on") {
            Heard::Message(_) => {}
            news => return news,
        }
    }
}

#[tokio::test]
async fn a_slow_listener_is_told_that_he_has_missed_something() {
    let nats = Nats::start();
    let mut one = joined(&nats.url(), "a").await;
    let mut two = joined(&nats.url(), "a").await;
    hears_again(&mut one, &mut two, "first").await;
    for n in 0..20_000 {
        say(&mut one, &n.to_string()).await.expect("it is connected");
    }
    assert_eq!(until_news(&mut two).await, Heard::Missed);
}

#[tokio::test]
async fn a_user_a_token_and_tls_let_us_in() {
    let cases = [
        (Guarded::by_user("ann", "p@ss"), "ann:p%40ss@", "ann:wrong@"),
        (Guarded::by_token("s3cret"), "s3cret@", ""),
        (Guarded::by_user_over_tls("ann", "p@ss"), "ann:p%40ss@", "ann:p%40ss@"),
    ];
    for (server, right, wrong) in cases {
        let (scheme, wrong_scheme) = if server.is_tls() { ("tls", "nats") } else { ("nats", "nats") };
        let refused = NatsBus::new(&server.url(wrong_scheme, wrong)).expect("an address");
        if server.is_tls() {
            // Its certificate is nobody's that the machine knows.
            let unknown = NatsBus::new(&server.url(scheme, right)).expect("an address");
            assert!(within(unknown.ping()).await.is_err());
        } else {
            assert!(within(refused.ping()).await.is_err(), "{wrong}");
            let bus = NatsBus::new(&server.url(scheme, right)).expect("an address");
            within(bus.ping()).await.unwrap_or_else(|error| panic!("{right}: {error}"));
            let mut end = Arc::new(bus).join("a").await.expect("it can be joined");
            assert_eq!(within(end.listener.next()).await, Some(Heard::Connected));
        }
    }
}
