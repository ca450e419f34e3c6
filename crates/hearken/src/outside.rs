//! What the server knows of the world outside, built from its settings: who delivers text messages, whose ID tokens
//! are believed, where attachments are kept.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use hearken_core::attachments::{AttachmentError, Attachments};
use hearken_core::clock::{SystemMonotonic, SystemWall};
use hearken_core::issuer::{IssuerReport, Issuers, NoIssuers};
use hearken_core::sms::SmsSender;
use hearken_store::attachments::{AttachmentPlace, ObjectAttachments};
use hearken_store::issuers::{IssuerGround, OutsideIssuer, OutsideIssuers};
use hearken_store::sms::{LogSms, Patience, TwilioAccount, TwilioSms, WebhookSms};
use rustix::fs::Access;

use crate::settings::kinds::SmsProvider;
use crate::settings::{Auth, Settings, Sms};

/// Says that a developer's Firebase Auth emulator vouches for people, as all tools of Firebase read it.
const EMULATOR: &str = "FIREBASE_AUTH_EMULATOR_HOST";

/// The ways outside.
#[derive(Clone)]
pub struct Outside {
    /// Text messages.
    pub sms: Arc<dyn SmsSender>,
    /// Those who vouch for people.
    pub issuers: Arc<dyn Issuers>,
    /// What people attach.
    pub attachments: Arc<dyn Attachments>,
}

impl Outside {
    /// Builds what the settings say, with attachments in `place`. Nobody outside is asked anything yet.
    pub fn open(settings: &Settings, place: &AttachmentPlace) -> anyhow::Result<Self> {
        let attachments = attachments(place).with_context(|| unusable(place))?;
        Self::with(settings, Arc::new(attachments))
    }

    /// The same for a look, which makes nothing: of a folder that is not there, whether it could be made.
    fn looked_at(settings: &Settings, place: &AttachmentPlace) -> anyhow::Result<Self> {
        match place {
            AttachmentPlace::Folder(path) if path.symlink_metadata().is_err() => {
                may_make(path).with_context(|| unusable(place))?;
                Self::with(settings, Arc::new(ObjectAttachments::in_memory()))
            }
            _ => Self::open(settings, place),
        }
    }

    fn with(settings: &Settings, attachments: Arc<dyn Attachments>) -> anyhow::Result<Self> {
        Ok(Self {
            sms: sms(&settings.sms).context("sms.provider")?,
            issuers: issuers(&settings.auth).context("auth.issuers")?,
            attachments,
        })
    }

    /// What can't be reached, a line each.
    pub async fn unreachable(&self) -> Vec<String> {
        let (sms, issuers, attachments) =
            tokio::join!(self.sms.check(), self.issuers.check(), self.attachments.check());
        let sms = sms.err().map(|error| format!("sms.provider: {error}"));
        let issuers = issuers.into_iter().filter_map(|IssuerReport { issuer, keys }| {
            keys.err().map(|why| format!("auth.issuers: the keys of {issuer} can't be fetched: {why}"))
        });
        let attachments = attachments.err().map(|error| format!("attachments: {error}"));
        sms.into_iter().chain(issuers).chain(attachments).collect()
    }
}

/// Where the settings say that attachments are; by default beside the store.
pub fn place(settings: &Settings) -> AttachmentPlace {
    settings.attachments.clone().unwrap_or_else(|| beside(&settings.data))
}

/// Where attachments are beside the store in `data`.
pub fn beside(data: &Path) -> AttachmentPlace {
    AttachmentPlace::Folder(data.join("attachments"))
}

/// Says in the log what an operator should know before anybody signs in.
pub fn warn(settings: &Settings) {
    if settings.sms.provider == SmsProvider::Log {
        tracing::warn!(
            "sms.provider is `log`: one-time codes are written to this log, readable to whoever reads it"
        );
    }
    let firebase = |issuer: &OutsideIssuer| matches!(issuer, OutsideIssuer::Firebase { .. });
    if emulated() && settings.auth.issuers.iter().any(firebase) {
        tracing::warn!(
            "{EMULATOR} is set: unsigned tokens of the Firebase Auth emulator are accepted, so anybody can \
             sign in as anybody; never set it where real people are"
        );
    }
    for issuer in &settings.auth.issuers {
        if let OutsideIssuer::Oidc { issuer, .. } = issuer
            && issuer.starts_with("http:")
        {
            tracing::warn!(
                issuer,
                "this issuer is asked for its keys without TLS: whoever is between can forge them"
            );
        }
    }
}

/// `hearken check`: asks everybody outside. The error says how many can't be reached, after each is printed.
pub fn check(settings: &Settings, mut print: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let outside = Outside::looked_at(settings, &place(settings))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(outside.unreachable());
    found.iter().try_for_each(|line| print(line))?;
    anyhow::ensure!(found.is_empty(), "{} of the things outside can't be reached", found.len());
    Ok(())
}

fn attachments(place: &AttachmentPlace) -> Result<ObjectAttachments, AttachmentError> {
    let variables = std::env::vars_os();
    let text =
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ObjectAttachments::open(place, text)
}

fn unusable(place: &AttachmentPlace) -> String {
    format!("attachments: {place} can't be used; choose another place with the setting `attachments`")
}

/// Whether a folder could be made here: the nearest that is there is one, and may be written to.
fn may_make(path: &Path) -> std::io::Result<()> {
    let path = std::path::absolute(path)?;
    let there = path.ancestors().skip(1).find(|folder| folder.symlink_metadata().is_ok());
    let there = there.unwrap_or(&path);
    if !there.metadata()?.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    Ok(rustix::fs::access(there, Access::WRITE_OK | Access::EXEC_OK)?)
}

fn emulated() -> bool {
    std::env::var_os(EMULATOR).is_some_and(|value| !value.is_empty())
}

fn issuers(auth: &Auth) -> anyhow::Result<Arc<dyn Issuers>> {
    if auth.issuers.is_empty() {
        return Ok(Arc::new(NoIssuers));
    }
    let ground = IssuerGround {
        wall: Arc::new(SystemWall),
        monotonic: Arc::new(SystemMonotonic::default()),
        firebase_emulator: emulated(),
    };
    Ok(Arc::new(OutsideIssuers::new(&auth.issuers, ground)?))
}

fn sms(sms: &Sms) -> anyhow::Result<Arc<dyn SmsSender>> {
    let missing = "a key that the settings have been checked for is missing";
    Ok(match sms.provider {
        SmsProvider::Log => Arc::new(LogSms),
        SmsProvider::Webhook => {
            let url = sms.url.as_ref().context(missing)?;
            Arc::new(WebhookSms::new(url.expose(), Patience::default())?)
        }
        SmsProvider::Twilio => {
            let account = TwilioAccount {
                base_url: sms.base_url.as_str().to_owned(),
                account_sid: sms.account_sid.clone().context(missing)?,
                auth_token: sms.auth_token.as_ref().context(missing)?.expose().to_owned(),
                from: sms.from.clone().context(missing)?,
            };
            Arc::new(TwilioSms::new(account, Patience::default())?)
        }
    })
}
