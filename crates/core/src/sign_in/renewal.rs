//! After a theft of the store or of a backup: whoever has it has the keys that sign access tokens, and the secret that
//! marks refresh tokens. Both are replaced in one commit, so that nothing that was given out before is good any more,
//! and everybody signs in anew.

use super::life::{SIGN_INS, since};
use super::pepper::Pepper;
use crate::aftermath::{Aftermath, to_its_end};
use crate::bus::seal::Seal;
use crate::clock::from_millis;
use crate::handle::Core;
use crate::hub::Ended;
use crate::people::PeopleError;
use crate::store::{Changes, DirectoryChange, RecordChange, StoreError, Was};
use crate::token::Keys;

/// How many sign-ins are taken away in one commit.
const AT_ONCE: usize = 256;

impl Core {
    /// Replaces every signing key and the secret of the marks, ends every sign-in with its sockets, and answers the name
    /// of the new key. Refresh tokens, one-time codes on their way and operators' tokens are good no more; limits of
    /// codes begin anew, as what they count by is veiled by the secret. After an error the same can be asked again.
    pub async fn renew_secrets(&self) -> Result<String, PeopleError> {
        let core = self.clone();
        to_its_end(async move { core.renew_all().await }).await
    }

    async fn renew_all(&self) -> Result<String, PeopleError> {
        let old = self.0.store.signing_keys().await?;
        let now = self.wall().as_millisecond();
        let latest = old.last().map_or(i64::MIN, |latest| latest.created_at.as_millisecond() + 1);
        let key = Keys::generate(from_millis(now.max(latest)))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let name = key.id.clone();
        let mut directory = vec![DirectoryChange::AddSigningKey(key)];
        directory.extend(old.into_iter().map(|old| DirectoryChange::RemoveSigningKey(old.id)));
        self.commit(Changes { directory, records: vec![Pepper::renew()] }).await?;
        self.load_keys().await?;
        self.follow_up(&Aftermath { everybody: true, ..Aftermath::default() });
        self.remove_sign_ins_until(now).await?;
        Ok(name)
    }

    /// Takes away what is kept of sign-ins that began up to this moment, milliseconds since the epoch, wall time.
    async fn remove_sign_ins_until(&self, moment: i64) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.0.store.records_in(SIGN_INS, after.as_deref(), AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.record.name.key.clone());
            let gone = page.into_iter().filter(|kept| since(kept).is_none_or(|since| since <= moment));
            let records = gone.map(|kept| RecordChange::Remove(kept.record.name, Was::Anything)).collect();
            self.commit(Changes { records, ..Changes::default() }).await?;
        }
    }

    /// The installation's secret as it is now.
    pub(crate) fn pepper(&self) -> Pepper {
        self.0.pepper.read().clone()
    }

    /// What seals this node's messages to others now.
    pub(crate) fn seal(&self) -> Seal {
        Seal::new(self.pepper())
    }

    /// Reads the signing keys and the secret anew, as another node may have left them; where that has renewed the secret,
    /// everybody is signed out here too.
    pub(crate) async fn take_in_keys(&self) -> Result<(), StoreError> {
        let before = self.pepper();
        self.load_keys().await.map_err(|error| match error {
            PeopleError::Store(error) => error,
            other => StoreError::Unavailable(other.to_string()),
        })?;
        if !before.is_same(&self.pepper()) {
            self.0.hub.end_everybody(Ended::SignedOut);
        }
        Ok(())
    }

    /// Reads the secret anew: it may have been renewed, here or on another node.
    pub(crate) async fn load_pepper(&self) -> Result<(), StoreError> {
        if let Some(pepper) = Pepper::read(self.0.store.as_ref()).await? {
            *self.0.pepper.write() = pepper;
        }
        Ok(())
    }
}
