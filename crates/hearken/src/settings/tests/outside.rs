//! The settings of the ways outside: text messages, issuers, attachments; and what they need of each other.

use hearken_store::attachments::AttachmentPlace;
use hearken_store::issuers::OutsideIssuer;

use super::*;
use crate::settings::kinds::{SecretUrl, SmsProvider};

#[test]
fn issuers_are_tables_in_the_file_and_json_in_a_variable() {
    let expected = [
        OutsideIssuer::Oidc {
            issuer: "https://id.example".into(),
            audience: "hearken".into(),
            jwks_url: None,
        },
        OutsideIssuer::Firebase {
            project: "clinic-1".into(),
            jwks_url: Some("http://127.0.0.1:9/keys".into()),
        },
    ];
    let written = [
        "[[auth.issuers]]\nkind = 'oidc'\nissuer = 'https://id.example'\naudience = 'hearken'\n\
         [[auth.issuers]]\nkind = 'firebase'\nproject = 'clinic-1'\njwks_url = 'http://127.0.0.1:9/keys'",
        "auth.issuers = [{kind = 'oidc', issuer = 'https://id.example', audience = 'hearken'}, \
         {kind = 'firebase', project = 'clinic-1', jwks_url = 'http://127.0.0.1:9/keys'}]",
    ];
    for file in written {
        assert_eq!(real(&[], file).expect(file).auth.issuers, expected);
    }
    let json = r#"[{"kind":"oidc","issuer":"https://id.example","audience":"hearken"},
                   {"kind":"firebase","project":"clinic-1","jwks_url":"http://127.0.0.1:9/keys"}]"#;
    assert_eq!(real(&[("HEARKEN_AUTH__ISSUERS", json)], "").expect(json).auth.issuers, expected);
}

#[test]
fn a_wrong_issuer_is_named_by_its_place_and_fault() {
    let cases = [
        (
            "[[auth.issuers]]\nkind = 'firebase'\nproject = 'a'\n[[auth.issuers]]\nkind = 'oidc'\nissuer = 'https://a.example'",
            "`auth.issuers` = a list of 2 (hearken.toml:1) is wrong in item 2, where `audience` is missing: write a list \
             such as [{kind = \"oidc\"",
        ),
        ("auth.issuers = ['https://a.example']", "is wrong in item 1, where no table: write"),
        ("auth.issuers = 'https://a.example'", "is not a valid list: write a list such as [{"),
        ("auth.issuers = {kind = 'firebase', project = 'a'}", "unknown key `auth.issuers.kind`"),
        ("auth.issuers = [{kind = 'firebase', project = 'a', key = 1}]", "there is no key \"key\" in it"),
    ];
    for (file, part) in cases {
        let text = refusal(real(&[], file));
        assert!(text.contains(part), "{text}");
    }
    let text = refusal(real(&[("HEARKEN_AUTH__ISSUERS", r#"[{"kind":"oidc"}]"#)], ""));
    assert!(
        text.contains("(variable HEARKEN_AUTH__ISSUERS) is wrong in item 1, where `issuer` is missing"),
        "{text}"
    );
}

#[test]
fn a_provider_needs_its_keys() {
    let twilio = "sms = {provider = 'twilio', account_sid = 'AC1', auth_token = 'hush', from = '+1'}";
    let settings = real(&[], twilio).expect("complete").sms;
    assert_eq!(
        (settings.provider, settings.base_url.as_str()),
        (SmsProvider::Twilio, "https://api.twilio.com")
    );
    assert!(!format!("{settings:?}").contains("hush"));
    for (key, value) in [("account_sid", "'AC1'"), ("auth_token", "'hush'"), ("from", "'+1'")] {
        let without = twilio.replace(&format!(", {key} = {value}"), "");
        let expected = format!(
            "`sms.{key}` is not set, and `sms.provider` = \"twilio\" needs it: set it, or choose something else there"
        );
        assert_eq!(refusal(real(&[], &without)), expected);
    }
    let webhook = [("HEARKEN_SMS__PROVIDER", "webhook")];
    let text = refusal(real(&webhook, ""));
    assert!(text.starts_with("`sms.url` is not set, and `sms.provider` = \"webhook\" needs it"), "{text}");
    let settings = real(&webhook, "sms.url = 'https://me:hush@sms.example/?key=hush'").expect("complete").sms;
    assert_eq!(settings.url.as_ref().map(SecretUrl::expose), Some("https://me:hush@sms.example/?key=hush"));
    assert!(!format!("{settings:?}").contains("hush"));
    // Keys of a provider that is not chosen hurt nobody.
    real(&[], "sms = {url = 'https://sms.example', from = '+1'}").expect("complete");
}

#[test]
fn an_address_that_may_hold_a_secret_is_not_repeated() {
    for value in ["hush", "ftp://hush@sms.example", "https:// hush"] {
        let text = refusal(real(&[("HEARKEN_SMS__URL", value)], ""));
        assert!(text.contains("`sms.url` = [secret]") && !text.contains("hush"), "{text}");
    }
}

#[test]
fn attachments_are_in_a_folder_or_a_bucket() {
    let place = |file: &str| real(&[], file).expect(file).attachments;
    assert_eq!(place(""), None);
    assert_eq!(place("attachments = '/a/b'"), Some(AttachmentPlace::Folder("/a/b".into())));
    let bucket = AttachmentPlace::Bucket { name: "care".into(), prefix: "clinic/a".into() };
    assert_eq!(place("attachments = 's3://care/clinic/a/'"), Some(bucket));
}
