//! Refresh tokens: which sign-in, which exchange of it, and a mark that only this installation makes. Nothing of them is
//! kept but how often a sign-in has been exchanged, so there is nothing to steal, and a spent one is known for ever.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::pepper::Pepper;
use crate::ids::SignInId;

const PURPOSE: &str = "refresh";
/// Sixteen bytes of name, eight of count, thirty-two of mark.
const LENGTH: usize = 16 + 8 + 32;

/// What a refresh token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RefreshToken {
    /// Of which sign-in.
    pub(super) sign_in: SignInId,
    /// How many came before it.
    pub(super) turn: u64,
}

impl RefreshToken {
    /// The token, as it is given out.
    pub(super) fn written(self, pepper: &Pepper) -> String {
        let (name, turn) = (self.sign_in.0.into_bytes(), self.turn.to_be_bytes());
        let mark = pepper.mark(PURPOSE, &[&name, &turn]);
        URL_SAFE_NO_PAD.encode([name.as_slice(), &turn, &mark].concat())
    }

    /// Reads a token that this installation has made; `None` for anything else.
    pub(super) fn read(text: &str, pepper: &Pepper) -> Option<Self> {
        if text.len() > 2 * LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (name, rest) = bytes.split_first_chunk::<16>()?;
        let (turn, mark) = rest.split_first_chunk::<8>()?;
        if !pepper.marked(PURPOSE, &[name, turn], mark) {
            return None;
        }
        Some(Self { sign_in: SignInId(Uuid::from_bytes(*name)), turn: u64::from_be_bytes(*turn) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;
    use crate::store::{Batch, Store as _};
    use crate::{Registry, store::Changes};

    async fn pepper() -> Pepper {
        let store = MemoryStore::new();
        let Changes { directory, records } = Pepper::make();
        let batch = Batch { directory, records, ..Batch::default() };
        store.ledger(&Registry::default()).unwrap().commit(&batch).await.unwrap();
        Pepper::read(&store).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_token_reads_back_and_nothing_else_does() {
        let pepper = pepper().await;
        let token = RefreshToken { sign_in: SignInId(Uuid::from_u128(7)), turn: 3 };
        let text = token.written(&pepper);
        assert_eq!(RefreshToken::read(&text, &pepper), Some(token));
        assert_eq!(RefreshToken::read(&text, &self::pepper().await), None, "of another installation");
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for at in [0, 15, 23, 24, 55] {
            bytes[at] ^= 1;
            assert_eq!(RefreshToken::read(&URL_SAFE_NO_PAD.encode(&bytes), &pepper), None, "byte {at}");
            bytes[at] ^= 1;
        }
        for wrong in ["", "a", &text[1..], &text[..70], &format!("{text}A"), &"A".repeat(100_000)] {
            assert_eq!(RefreshToken::read(wrong, &pepper), None, "{wrong:.80}");
        }
    }
}
