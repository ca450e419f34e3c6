//! One-time codes by text message (common.md and circle.md, "Sign-in"): six digits, good for ten minutes and one use,
//! ended by five wrong tries. All limits are records, so that a restart gives nobody a fresh start; they go by product
//! time, and are the same whether or not anybody has the number.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::life::later;
use super::{SignInError, Tokens, last_name};
use crate::account::{Account, Phone};
use crate::handle::Core;
use crate::ids::AccountId;
use crate::network::Network;
use crate::store::{AccountRef, Changes, KeptRecord, Record, RecordChange, RecordName, StoreError, Was};
use crate::token::fill_random;

const CHALLENGES: &str = "otp";
const BY_PHONE: &str = "otp.phone";
const BY_NETWORK: &str = "otp.network";
/// How long one has to wait for the next code.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// The span that the other limits count over.
const SPAN: SignedDuration = SignedDuration::from_hours(1);
/// Codes to one number within the span.
const MOST_TO_PHONE: usize = 3;
/// Codes asked for from one place within the span.
const MOST_FROM_NETWORK: usize = 30;
/// Wrong tries that end a code.
const MOST_TRIES: u32 = 5;
/// No answer to whoever asks for a code comes sooner: a store takes a little longer to find somebody than to find nobody,
/// and this is longer than either.
const EVEN: Duration = Duration::from_millis(20);
/// How often a change is tried again when somebody else was first.
const ROUNDS: usize = 8;

/// How codes are given out.
#[derive(Clone, Copy, Debug)]
pub struct CodeRules {
    /// How long a code is good.
    pub ttl: Duration,
}

impl Default for CodeRules {
    fn default() -> Self {
        Self { ttl: Duration::from_mins(10) }
    }
}

/// A code was asked for; whether one was sent, nobody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// What the code belongs to: to be shown with it.
    pub challenge: String,
    /// When the next may be asked for.
    pub resend_after: Duration,
}

/// Why no code is given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Too many were asked for; the next may be after this time.
    #[error("too many codes were asked for")]
    Slowed(Duration),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A challenge as it is kept.
#[derive(Serialize, Deserialize)]
struct Challenge {
    /// The mark of the code.
    mark: String,
    /// Wrong tries so far.
    tries: u32,
    /// Who has signed in when the code is shown; nobody, where there is nobody of that number and name.
    account: Option<AccountId>,
    /// What a newer node has noted besides: it stays.
    #[serde(flatten)]
    besides: serde_json::Map<String, serde_json::Value>,
}

/// When codes were asked for, milliseconds since the epoch, product time, oldest first.
#[derive(Default, Serialize, Deserialize)]
struct Asked {
    at: Vec<i64>,
}

impl Asked {
    fn read(kept: Option<&KeptRecord>, now: Timestamp) -> Self {
        let mut asked: Self =
            kept.and_then(|kept| serde_json::from_slice(&kept.record.value).ok()).unwrap_or_default();
        let (now, from) = (now.as_millisecond(), now.as_millisecond() - SPAN.as_millis() as i64);
        // A clock that was set back must not shut anybody out for longer than the span.
        asked.at.retain(|at| *at > from && *at <= now);
        asked
    }

    /// How long to wait until there are fewer than `most`, and until the pause after the last is over.
    fn wait(&self, most: usize, pause: SignedDuration, now: Timestamp) -> Option<Duration> {
        let over = |at: i64, span: SignedDuration| at + span.as_millis() as i64 - now.as_millisecond();
        let paused = self.at.last().map_or(0, |last| over(*last, pause));
        let full =
            self.at.len().checked_sub(most).and_then(|at| self.at.get(at)).map_or(0, |at| over(*at, SPAN));
        let wait = paused.max(full);
        (wait > 0).then(|| Duration::from_millis(wait as u64))
    }
}

impl Core {
    /// Sends a code to `phone`, if the account with that number is of somebody with this last name. It answers, and
    /// takes, the same if not.
    pub async fn request_code(
        &self,
        network: Network,
        phone: &Phone,
        last_name: &str,
        rules: CodeRules,
    ) -> Result<Requested, CodeError> {
        let asked = self.make_code(network, phone, last_name, rules);
        tokio::join!(asked, tokio::time::sleep(EVEN)).0
    }

    async fn make_code(
        &self,
        network: Network,
        phone: &Phone,
        last_name: &str,
        rules: CodeRules,
    ) -> Result<Requested, CodeError> {
        let (challenge, code) = (random_name(), random_code());
        for _ in 0..ROUNDS {
            // The limits first: who asked too often learns nothing from how long the answer takes.
            let limits = self.code_limits(network, phone).await?;
            // Not the one at hand: there, only those who are somebody are.
            let found = self.0.store.account(&AccountRef::Phone(phone.clone())).await?;
            let account = found.as_ref().filter(|account| {
                let same = account.last_name.as_ref().is_some_and(|known| last_name::same(known, last_name));
                same && !account.disabled
            });
            let records = self.code_records(limits, account, &challenge, &code, rules);
            match self.commit(Changes { records, ..Changes::default() }).await {
                Ok(()) => {
                    self.send_code(account.is_some().then_some(phone), code, rules);
                    let resend_after = Duration::from_secs(PAUSE.as_secs() as u64);
                    return Ok(Requested { challenge, resend_after });
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CodeError::Slowed(Duration::from_secs(1)))
    }

    /// What one more code makes of the limits, that of the number first; or how long to wait.
    async fn code_limits(&self, network: Network, phone: &Phone) -> Result<[RecordChange; 2], CodeError> {
        let (now, pepper) = (self.now(), &self.pepper());
        let by_phone = self.code_limit_of(phone);
        let by_network = RecordName::new(BY_NETWORK, pepper.veil(BY_NETWORK, &network.to_string()));
        let (by_phone, phone_waits) = self.one_more(by_phone, MOST_TO_PHONE, PAUSE, now).await?;
        let (by_network, network_waits) =
            self.one_more(by_network, MOST_FROM_NETWORK, SignedDuration::ZERO, now).await?;
        match phone_waits.max(network_waits) {
            Some(wait) => Err(CodeError::Slowed(wait)),
            None => Ok([by_phone, by_network]),
        }
    }

    async fn one_more(
        &self,
        name: RecordName,
        most: usize,
        pause: SignedDuration,
        now: Timestamp,
    ) -> Result<(RecordChange, Option<Duration>), StoreError> {
        let kept = self.record(&name).await?;
        let mut asked = Asked::read(kept.as_ref(), now);
        let wait = asked.wait(most, pause, now);
        asked.at.push(now.as_millisecond());
        let expires = Some(now.saturating_add(SPAN).unwrap_or(now));
        let value = serde_json::to_vec(&asked).unwrap_or_default();
        let record = Record { name, account: None, expires, value };
        Ok((RecordChange::Put(record, Was::seen(kept.as_ref())), wait))
    }

    /// What a code changes: the limits and the challenge. No record is written down as anybody's own: that would take
    /// longer where there is somebody. Erasing him finds them by his number and his name in them.
    fn code_records(
        &self,
        [by_phone, by_network]: [RecordChange; 2],
        account: Option<&Account>,
        challenge: &str,
        code: &str,
        rules: CodeRules,
    ) -> Vec<RecordChange> {
        let parts = [challenge.as_bytes(), code.as_bytes()];
        let mark = URL_SAFE_NO_PAD.encode(self.pepper().mark(CHALLENGES, &parts));
        let (account, besides) = (account.map(|account| account.id), serde_json::Map::new());
        let kept = Challenge { mark, tries: 0, account, besides };
        let record = Record {
            name: RecordName::new(CHALLENGES, challenge),
            account: None,
            expires: Some(later(self.now(), rules.ttl)),
            value: serde_json::to_vec(&kept).unwrap_or_default(),
        };
        vec![by_phone, by_network, RecordChange::Put(record, Was::Absent)]
    }

    /// Sends it on its way, if to anybody; whoever asked is not kept waiting, as that would tell him that there is
    /// somebody. Where there is nobody, the same is begun and comes to nothing.
    fn send_code(&self, phone: Option<&Phone>, code: String, rules: CodeRules) {
        let minutes = rules.ttl.as_secs().div_ceil(60);
        let (sms, phone) = (Arc::clone(&self.0.sms), phone.cloned());
        tokio::spawn(async move {
            let text = format!("Your code / Kode Anda: {code} ({minutes} min)");
            if let Some(phone) = phone
                && let Err(error) = sms.send(&phone, &text).await
            {
                tracing::warn!(%error, "a one-time code could not be sent");
            }
        });
    }

    /// Where it is counted how often codes were asked for this number; nobody's own record either.
    pub(crate) fn code_limit_of(&self, phone: &Phone) -> RecordName {
        RecordName::new(BY_PHONE, self.pepper().veil(BY_PHONE, phone.as_str()))
    }

    /// Signs in by the code that was sent for a challenge. Wrong, spent and expired are one and the same.
    pub async fn sign_in_by_code(&self, challenge: &str, code: &str) -> Result<Tokens, SignInError> {
        let name = RecordName::new(CHALLENGES, challenge);
        for _ in 0..ROUNDS {
            let kept = self.record(&name).await?;
            let good = kept.filter(|kept| kept.record.expires.is_some_and(|expires| expires > self.now()));
            let Some(kept) = good else { return Err(SignInError::Wrong) };
            let asked = serde_json::from_slice::<Challenge>(&kept.record.value).ok();
            let mut asked = asked.filter(|asked| asked.tries < MOST_TRIES).ok_or(SignInError::Wrong)?;
            let mark = URL_SAFE_NO_PAD.decode(&asked.mark).unwrap_or_default();
            let right = self.pepper().marked(CHALLENGES, &[challenge.as_bytes(), code.as_bytes()], &mark);
            // Not the one at hand: his sign-in insists on the newest. Where there is nobody, a look all the same.
            let id = asked.account.unwrap_or(AccountId(uuid::Uuid::nil()));
            let account = self.0.store.account(&AccountRef::Id(id)).await?;
            let account = account.filter(|account| right && !account.disabled).map(Arc::new);
            let was = Was::Version(kept.version);
            let change = if right {
                RecordChange::Remove(name.clone(), was)
            } else {
                asked.tries += 1;
                let value = serde_json::to_vec(&asked).unwrap_or_default();
                RecordChange::Put(Record { value, ..kept.record }, was)
            };
            let changes = Changes { records: vec![change], ..Changes::default() };
            let done = match &account {
                Some(account) => self.begin_sign_in(account, changes).await,
                None => self.commit(changes).await.map_err(SignInError::from).and(Err(SignInError::Wrong)),
            };
            match done {
                // Another try was counted meanwhile: this one has to look again, and be counted too.
                Err(SignInError::Store(StoreError::Conflict)) => {}
                done => return done,
            }
        }
        Err(SignInError::Busy)
    }
}

/// Six digits, every one as likely as the next.
fn random_code() -> String {
    loop {
        let mut bytes = [0; 4];
        fill_random(&mut bytes);
        let number = u32::from_be_bytes(bytes);
        // Past the last whole multiple of a million, low codes would be likelier.
        if number < u32::MAX - u32::MAX % 1_000_000 {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

fn random_name() -> String {
    let mut bytes = [0; 18];
    fill_random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    #[test]
    fn limits_count_over_an_hour_and_pause_a_minute() {
        const MINUTE: i64 = 60_000;
        #[track_caller]
        fn check(asked: &[i64], most: usize, pause: SignedDuration, expect: Option<i64>) {
            let now = from_millis(100 * MINUTE);
            let value =
                serde_json::to_vec(&Asked { at: asked.iter().map(|at| at * MINUTE).collect() }).unwrap();
            let record = Record { name: RecordName::new(BY_PHONE, ""), account: None, expires: None, value };
            let asked = Asked::read(Some(&KeptRecord { record, version: 1 }), now);
            let expect = expect.map(|minutes| Duration::from_secs(minutes as u64 * 60));
            assert_eq!(asked.wait(most, pause, now), expect);
        }
        check(&[], 3, PAUSE, None);
        check(&[99], 3, PAUSE, None);
        check(&[100], 3, PAUSE, Some(1));
        check(&[100], 3, SignedDuration::ZERO, None);
        check(&[50, 60, 70], 3, PAUSE, Some(10));
        check(&[50, 60, 70, 80], 3, PAUSE, Some(20));
        check(&[40, 60, 70], 3, PAUSE, None);
        check(&[50, 60, 100], 3, PAUSE, Some(10));
        check(&[101, 500], 1, PAUSE, None);
    }

    #[test]
    fn codes_have_six_digits() {
        for _ in 0..1000 {
            let code = random_code();
            assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
        }
    }
}
