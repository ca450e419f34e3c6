//! Outside issuers, as `auth.issuers` lists them: each a table of its own.

use std::collections::BTreeMap;

use hearken_store::can_be_asked;
use hearken_store::issuers::OutsideIssuer;

use super::Kind;
use crate::settings::raw::Raw;

impl Kind for OutsideIssuer {
    const NAME: &'static str = "issuer";
    const LIST: &'static str = r#"[{kind = "oidc", issuer = "https://id.example", audience = "hearken"}]"#;

    fn parse(raw: &Raw) -> Option<Self> {
        read(raw).ok()
    }

    fn show(&self) -> String {
        let (kind, named, jwks_url) = match self {
            Self::Oidc { issuer, audience, jwks_url } => {
                ("oidc", format!("issuer = {issuer:?}, audience = {audience:?}"), jwks_url)
            }
            Self::Firebase { project, jwks_url } => ("firebase", format!("project = {project:?}"), jwks_url),
        };
        let keys = jwks_url.as_ref().map(|url| format!(", jwks_url = {url:?}")).unwrap_or_default();
        format!("{{kind = {kind:?}, {named}{keys}}}")
    }

    fn mend() -> String {
        r#"{kind = "oidc", issuer, audience} or {kind = "firebase", project}, and jwks_url if need be"#
            .to_owned()
    }

    fn fault(raw: &Raw) -> Option<String> {
        read(raw).err()
    }
}

type Fields = BTreeMap<String, Raw>;

fn read(raw: &Raw) -> Result<OutsideIssuer, String> {
    let Raw::Table(fields) = raw else { return Err("no table".to_owned()) };
    let kind = text(fields, "kind")?;
    let issuer = match kind {
        "oidc" => {
            only(fields, &["kind", "issuer", "audience", "jwks_url"])?;
            let (issuer, audience) =
                (text(fields, "issuer")?.to_owned(), text(fields, "audience")?.to_owned());
            if !can_be_asked(&issuer) || issuer.contains(['?', '#']) {
                return Err("`issuer` is not a URL".to_owned());
            }
            OutsideIssuer::Oidc { issuer, audience, jwks_url: jwks_url(fields)? }
        }
        "firebase" => {
            only(fields, &["kind", "project", "jwks_url"])?;
            let project = text(fields, "project")?.to_owned();
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
            if !project.bytes().all(sound) {
                return Err("`project` is not the id of a project".to_owned());
            }
            OutsideIssuer::Firebase { project, jwks_url: jwks_url(fields)? }
        }
        _ => return Err("`kind` is neither oidc nor firebase".to_owned()),
    };
    Ok(issuer)
}

fn text<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, String> {
    let value = fields.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
    let text = value.text().filter(|text| (1..=500).contains(&text.len()));
    text.ok_or_else(|| format!("`{key}` is not a text of 1 to 500 characters"))
}

fn jwks_url(fields: &Fields) -> Result<Option<String>, String> {
    if !fields.contains_key("jwks_url") {
        return Ok(None);
    }
    let url = text(fields, "jwks_url")?;
    if can_be_asked(url) { Ok(Some(url.to_owned())) } else { Err("`jwks_url` is not a URL".to_owned()) }
}

fn only(fields: &Fields, known: &[&str]) -> Result<(), String> {
    let unknown = fields.keys().find(|key| !known.contains(&key.as_str()));
    unknown.map_or(Ok(()), |key| {
        let shown: String = key.chars().take(30).collect();
        Err(format!("there is no key {shown:?} in it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: Result<&str, &str>) {
        let raw = Raw::from_json(json).expect(json);
        let fault = OutsideIssuer::fault(&raw);
        let read = OutsideIssuer::parse(&raw).map(|issuer| issuer.show());
        let found = read.as_deref().ok_or_else(|| fault.as_deref().expect("a fault"));
        assert_eq!(found, expect, "{json}");
    }

    #[test]
    fn an_issuer_is_a_table_of_its_kind() {
        let oidc = r#"{kind = "oidc", issuer = "https://id.example/a", audience = "us"}"#;
        check(r#"{"kind":"oidc","issuer":"https://id.example/a","audience":"us"}"#, Ok(oidc));
        let keys = r#"{kind = "firebase", project = "clinic-1", jwks_url = "http://[::1]:9/k?a=1"}"#;
        check(r#"{"kind":"firebase","project":"clinic-1","jwks_url":"http://[::1]:9/k?a=1"}"#, Ok(keys));
        check(
            r#"{"kind":"firebase","project":"example.org:clinic"}"#,
            Ok(r#"{kind = "firebase", project = "example.org:clinic"}"#),
        );
    }

    #[test]
    fn what_is_wrong_with_it_is_named() {
        let cases = [
            ("5", "no table"),
            (r#""oidc""#, "no table"),
            ("{}", "`kind` is missing"),
            (r#"{"kind":5}"#, "`kind` is not a text of 1 to 500 characters"),
            (r#"{"kind":"saml"}"#, "`kind` is neither oidc nor firebase"),
            (r#"{"kind":"oidc"}"#, "`issuer` is missing"),
            (r#"{"kind":"oidc","issuer":"https://a.example"}"#, "`audience` is missing"),
            (
                r#"{"kind":"oidc","issuer":"https://a.example","audience":""}"#,
                "`audience` is not a text of 1 to 500 characters",
            ),
            (r#"{"kind":"oidc","issuer":"a.example","audience":"us"}"#, "`issuer` is not a URL"),
            (r#"{"kind":"oidc","issuer":"https://a.example?x","audience":"us"}"#, "`issuer` is not a URL"),
            (
                r#"{"kind":"oidc","issuer":"https://a.example","audience":"us","jwks_url":"/keys"}"#,
                "`jwks_url` is not a URL",
            ),
            (
                r#"{"kind":"oidc","issuer":"https://a.example","audience":"us","jwk_url":"x"}"#,
                "there is no key \"jwk_url\" in it",
            ),
            (r#"{"kind":"firebase","project":"a/b"}"#, "`project` is not the id of a project"),
            (r#"{"kind":"firebase","project":"a","audience":"a"}"#, "there is no key \"audience\" in it"),
        ];
        for (json, fault) in cases {
            check(json, Err(fault));
        }
    }
}
