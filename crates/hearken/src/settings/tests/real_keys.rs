//! The keys of this version, their defaults and bounds, and the documented keys that are refused for now.

use super::*;
use crate::settings::field::Table as _;
use crate::settings::kinds::{Kind as _, LogFormat};

#[test]
fn defaults_are_those_of_the_contract() {
    let expected = [
        ("listen", "127.0.0.1:7070"),
        ("public_url", "derived from `listen`"),
        ("data", "./data"),
        ("database_url", "none, the embedded store in `data`"),
        ("bus_url", "none, one node alone"),
        ("attachments", "`attachments` in `data`"),
        ("cors_origins", "[]"),
        ("trusted_proxies", "[]"),
        ("log", "info"),
        ("log_format", "`pretty` on a terminal, `json` otherwise"),
        ("shutdown_grace", "10s"),
        ("tls.cert", "none, plain HTTP"),
        ("tls.key", "none, plain HTTP"),
        ("limits.handshake", "10s"),
        ("limits.ping_interval", "25s"),
        ("limits.ping_timeout", "20s"),
        ("limits.write_timeout", "10s"),
        ("limits.sockets_per_address", "20000"),
        ("auth.access_ttl", "30m"),
        ("auth.refresh_ttl", "30d"),
        ("auth.issuers", "[]"),
        ("sms.provider", "log"),
        ("sms.account_sid", "none; `twilio` needs it"),
        ("sms.auth_token", "none; `twilio` needs it"),
        ("sms.from", "none; `twilio` needs it"),
        ("sms.base_url", "https://api.twilio.com"),
        ("sms.url", "none; `webhook` needs it"),
        ("messenger.max_message", "4096"),
        ("messenger.rate", "20"),
        ("messenger.undelivered_ttl", "until they have received it"),
        ("messenger.room_ttl", "24h"),
        ("desk.auth_payload", "false"),
        ("desk.reconnect_grace", "15s"),
        ("desk.ping_interval", "25s"),
        ("desk.ping_timeout", "20s"),
        ("desk.max_chats_per_agent", "none, as many as they claim"),
        ("desk.rate", "50"),
    ];
    let definitions = Settings::definitions();
    let found: Vec<_> = definitions.iter().map(|definition| (definition.key, definition.default)).collect();
    assert_eq!(found, expected);
    assert!(
        definitions.iter().all(|definition| definition.doc.ends_with('.') && !definition.doc.contains('|'))
    );
}

/// A key, values that are taken, and values that are refused.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Every key, in the order of the reference.
const CASES: &[Case] = &[
    ("listen", &["0.0.0.0:0", "[::1]:7070"], &["7070", "localhost:7070", "127.0.0.1:70700"]),
    ("public_url", &["https://hearken.example"], &["hearken.example", "https://hearken.example/chat"]),
    ("data", &["/var/lib/hearken", "."], &[""]),
    (
        "database_url",
        &["postgres://hearken:hush@db.example/hearken", "postgresql://me@[::1]:5433/x?sslmode=require"],
        &["", "db.example", "mysql://db/x", "postgres://", "postgres:///x"],
    ),
    // It needs the other.
    ("bus_url", &[], &["", "bus:4222", "nats://", "redis://bus"]),
    ("attachments", &["files", "/srv/files", "s3://care/a"], &["", "s3://", "gs://care", "s3://care/../b"]),
    (
        "cors_origins",
        &["[]", r#"["https://a.example", "http://localhost:5173"]"#],
        &["https://a.example", r#"["*"]"#, r#"["https://a.example/"]"#, r#"["null"]"#, "[1]"],
    ),
    ("trusted_proxies", &["[]", r#"["10.0.0.0/8", "::1"]"#], &["10.0.0.0/8", r#"["host"]"#]),
    ("log", &["debug", "warn,hearken_core=trace"], &["loud", "", "hearken_core"]),
    ("log_format", &["pretty", "json"], &["text", "JSON", ""]),
    ("shutdown_grace", &["0s", "10m"], &["601s", "10"]),
    ("tls.cert", &["/etc/hearken/cert.pem"], &[""]),
    ("tls.key", &["key.pem"], &[""]),
    ("limits.handshake", &["100ms", "5m"], &["99ms", "301s", "-1s"]),
    ("limits.ping_interval", &["100ms", "1h"], &["99ms", "61m", "0s"]),
    ("limits.ping_timeout", &["100ms", "1h"], &["99ms", "61m"]),
    ("limits.write_timeout", &["100ms", "5m"], &["99ms", "6m"]),
    ("limits.sockets_per_address", &["1", "1000000"], &["0", "1000001", "-1", "1e3", "20_000"]),
    ("auth.access_ttl", &["1s", "24h"], &["0s", "25h"]),
    ("auth.refresh_ttl", &["1s", "365d"], &["0s", "366d"]),
    (
        "auth.issuers",
        &["[]", r#"[{"kind":"firebase","project":"clinic-1"}]"#],
        &["", "{}", r#"["a"]"#, "[{}]", r#"[{"kind":"saml"}]"#],
    ),
    // The other providers need more keys.
    ("sms.provider", &["log"], &["", "Log", "smtp"]),
    ("sms.account_sid", &["AC1"], &[""]),
    ("sms.auth_token", &["hush"], &[""]),
    ("sms.from", &["+15005550006", "Clinic"], &[""]),
    ("sms.base_url", &["http://127.0.0.1:9", "https://api.example/x/"], &["", "api.example", "ftp://a"]),
    ("sms.url", &["https://a:b@sms.example/hook?key=1"], &["", "sms.example", "/hook"]),
    ("messenger.max_message", &["1", "60000"], &["0", "60001", "4KiB"]),
    ("messenger.rate", &["1", "1000000"], &["0", "1000001", "+5"]),
    ("messenger.undelivered_ttl", &["1s", "30d", "3650d"], &["0s", "999ms", "3651d", "30"]),
    ("messenger.room_ttl", &["1s", "365d"], &["999ms", "366d", "24"]),
    ("desk.auth_payload", &["true", "false"], &["1", "yes", ""]),
    ("desk.reconnect_grace", &["0s", "1h"], &["61m", "-1s", "15"]),
    ("desk.ping_interval", &["100ms", "1h"], &["99ms", "61m"]),
    ("desk.ping_timeout", &["100ms", "1h"], &["99ms", "61m"]),
    ("desk.max_chats_per_agent", &["1", "10000"], &["0", "10001", "many"]),
    ("desk.rate", &["1", "1000000"], &["0", "1000001"]),
];

#[test]
fn values_inside_the_bounds_are_taken_and_others_are_not() {
    let keys: Vec<_> = CASES.iter().map(|(key, ..)| *key).collect();
    assert_eq!(keys, Settings::definitions().iter().map(|definition| definition.key).collect::<Vec<_>>());
    for (key, taken, refused) in CASES {
        let name = crate::settings::environment::name_of(key);
        for value in *taken {
            real(&[(&name, value)], "").expect(value);
        }
        for value in *refused {
            let text = refusal(real(&[(&name, value)], ""));
            assert!(text.contains(&format!("`{key}`")) && text.contains(&name), "{text}");
        }
    }
}

#[test]
fn each_value_lands_in_its_own_place() {
    let file = "
        listen = '0.0.0.0:1'
        public_url = 'https://a.example'
        data = '/d'
        log = 'warn'
        cors_origins = ['https://b.example', 'http://localhost:5173']
        tls = { cert = '/c.pem', key = '/k.pem' }
        log_format = 'json'
        shutdown_grace = '1s'
        limits = { handshake = '2s', ping_interval = '3s', ping_timeout = '4s', write_timeout = '5s', sockets_per_address = 6 }
        [messenger]
        max_message = 8
        rate = 9
        room_ttl = '10s'
        [desk]
        auth_payload = true
        reconnect_grace = '11s'
        ping_interval = '12s'
        ping_timeout = '13s'
        max_chats_per_agent = 14
        rate = 15
    ";
    let s = real(&[], file).expect("valid");
    let seconds = [
        s.shutdown_grace,
        s.limits.handshake,
        s.limits.ping_interval,
        s.limits.ping_timeout,
        s.limits.write_timeout,
        s.messenger.room_ttl,
        s.desk.reconnect_grace,
        s.desk.ping_interval,
        s.desk.ping_timeout,
    ];
    assert_eq!(seconds.map(|duration| duration.as_secs()), [1, 2, 3, 4, 5, 10, 11, 12, 13]);
    assert_eq!((s.desk.auth_payload, s.desk.max_chats_per_agent, s.desk.rate), (true, Some(14), 15));
    assert_eq!((s.limits.sockets_per_address, s.messenger.max_message, s.messenger.rate), (6, 8, 9));
    assert_eq!((s.listen.to_string().as_str(), s.data.as_path()), ("0.0.0.0:1", std::path::Path::new("/d")));
    assert_eq!((s.log.show().as_str(), s.log_format), ("warn", Some(LogFormat::Json)));
    assert_eq!(s.cors_origins.show(), "[https://b.example, http://localhost:5173]");
    let paths = [s.tls.cert, s.tls.key].map(|path| path.map(|path| path.show()));
    assert_eq!(paths, [Some("/c.pem".into()), Some("/k.pem".into())]);
    assert_eq!(s.public_url.map(|url| url.show()).as_deref(), Some("https://a.example"));
}

#[test]
fn documented_keys_of_later_work_are_not_called_unknown() {
    let keys = [
        "desk.widget_origins",
        "counsel.language",
        "counsel.messages.id.initial",
        "ably.retention",
        "circle.poll_interval",
        "focus.day_start",
    ];
    for key in keys {
        let name = crate::settings::environment::name_of(key);
        let from_variable = refusal(real(&[(&name, "1")], ""));
        let from_file = refusal(real(&[], &format!("\n{key} = 1")));
        assert_eq!(
            from_variable,
            format!("`{key}` (variable {name}) is not supported by this version yet: remove it")
        );
        assert_eq!(
            from_file,
            format!("`{key}` (hearken.toml:2) is not supported by this version yet: remove it")
        );
        assert!(
            !Settings::definitions().iter().any(|definition| definition.key == key),
            "{key} is in the table"
        );
    }
    for group in ["[counsel]", "[ably]\n", "[[focus]]\nday_start = '4h'"] {
        assert!(refusal(real(&[], group)).contains("not supported by this version yet"), "{group}");
    }
    for unknown in ["desks.rate", "auth.refresh", "tlscert", "messenger.room_ttls"] {
        assert!(refusal(real(&[], &format!("{unknown} = 1"))).starts_with("unknown key"), "{unknown}");
    }
}

#[test]
fn the_public_address_is_the_one_set_or_the_one_bound() {
    let cases = [
        ("", "127.0.0.1:80", "http://127.0.0.1:80"),
        ("", "0.0.0.0:7070", "http://127.0.0.1:7070"),
        ("", "[::]:7070", "http://[::1]:7070"),
        ("", "192.0.2.7:7070", "http://192.0.2.7:7070"),
        ("tls = { cert = '/c', key = '/k' }", "0.0.0.0:7070", "https://127.0.0.1:7070"),
        ("public_url = 'https://a.example/'", "0.0.0.0:7070", "https://a.example"),
    ];
    for (file, bound, expected) in cases {
        let settings = real(&[], file).expect("valid");
        assert_eq!(settings.base_url(bound.parse().expect("an address")), expected);
    }
}

#[test]
fn every_default_is_a_value_of_its_own_kind() {
    for definition in Settings::definitions().iter().filter(|definition| !definition.optional) {
        let name = crate::settings::environment::name_of(definition.key);

        assert_eq!(real(&[(&name, definition.default)], ""), real(&[], ""), "{}", definition.key);
    }
}
