//! The outside issuers of the settings (common.md, "Signing in": external issuer): OpenID Connect providers and
//! Firebase projects. A token's own word is taken for nothing but the choice of the issuer that is to answer for it.

mod claims;
mod fetch;
mod key_set;
mod keys;
mod token;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use hearken_core::clock::{Monotonic, Wall};
use hearken_core::issuer::{IssuerError, IssuerReport, Issuers, Outside};
use jsonwebtoken::Algorithm;

use self::claims::Expected;
use self::fetch::Source;
use self::keys::Keys;
use self::token::Token;
use crate::outbound::{self, OutboundError};

/// How long an issuer may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Where Firebase's issuers begin; the project follows.
const FIREBASE: &str = "https://securetoken.google.com/";
/// The keys that sign the ID tokens of all Firebase projects.
const FIREBASE_KEYS: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";

/// One of the setting `auth.issuers`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutsideIssuer {
    /// An OpenID Connect provider.
    Oidc {
        /// Its URL, exactly as its tokens and its discovery document say it.
        issuer: String,
        /// The name it knows us by; every token must be meant for it.
        audience: String,
        /// Where its keys are; without it, where its discovery document says.
        jwks_url: Option<String>,
    },
    /// A Firebase project.
    Firebase {
        /// The project's id, from which issuer and audience follow.
        project: String,
        /// Where the keys are; without it, where Google publishes them.
        jwks_url: Option<String>,
    },
}

/// What outside issuers stand on.
pub struct IssuerGround {
    /// The lifetimes of tokens go by it.
    pub wall: Arc<dyn Wall>,
    /// The age of keys goes by it.
    pub monotonic: Arc<dyn Monotonic>,
    /// Whether the unsigned tokens of the Firebase Auth emulator are believed, for the projects of the settings:
    /// for development only, since anybody can make one.
    pub firebase_emulator: bool,
}

/// The outside issuers of the settings.
pub struct OutsideIssuers {
    issuers: Vec<Known>,
    wall: Arc<dyn Wall>,
}

struct Known {
    expected: Expected,
    algorithms: &'static [Algorithm],
    unsigned: bool,
    keys: Arc<Keys>,
}

impl OutsideIssuers {
    /// Believes these issuers. Their keys are fetched when the first token asks for them.
    pub fn new(issuers: &[OutsideIssuer], ground: IssuerGround) -> Result<Self, OutboundError> {
        let client = outbound::client(ANSWER)?;
        let known = issuers.iter().map(|issuer| {
            let (expected, source) = issuer.parts()?;
            let keys = Keys::new(&expected.issuer, source, client.clone(), Arc::clone(&ground.monotonic));
            let algorithms: &[_] =
                if expected.firebase { &[Algorithm::RS256] } else { &[Algorithm::RS256, Algorithm::ES256] };
            let unsigned = ground.firebase_emulator && expected.firebase;
            Ok(Known { expected, algorithms, unsigned, keys: Arc::new(keys) })
        });
        Ok(Self { issuers: known.collect::<Result<_, _>>()?, wall: ground.wall })
    }

    async fn check_token(&self, text: &str) -> Result<Outside, IssuerError> {
        let token = Token::read(text)?;
        let known = self.answerable(&token)?;
        known.check_signature(&token).await?;
        known.expected.check(&token.claims, self.wall.now())
    }

    /// Who is to answer for a token. One issuer may be set several times, for several audiences.
    fn answerable(&self, token: &Token<'_>) -> Result<&Known, IssuerError> {
        let claims = &token.claims;
        let mut refusal = IssuerError::Unknown;
        for known in self.issuers.iter().filter(|known| known.expected.issuer == claims.iss) {
            if claims.aud.has(&known.expected.audience) {
                return Ok(known);
            }
            refusal = IssuerError::Forged("it is meant for somebody else");
        }
        Err(refusal)
    }
}

impl Known {
    async fn check_signature(&self, token: &Token<'_>) -> Result<(), IssuerError> {
        if token.is_unsigned() {
            return if self.unsigned { Ok(()) } else { Err(IssuerError::Forged("it is not signed")) };
        }
        let (kid, algorithm) = token.signed_with()?;
        if !self.algorithms.contains(&algorithm) {
            return Err(IssuerError::Forged("its algorithm is not the issuer's"));
        }
        let key = self.keys.find(kid).await?;
        // The key says which algorithm it is for; a token that says otherwise is no token of this key.
        if key.algorithm() != algorithm {
            return Err(IssuerError::Forged("its algorithm is not its key's"));
        }
        if key.signed(token.message, token.signature) {
            Ok(())
        } else {
            Err(IssuerError::Forged("its signature"))
        }
    }

    async fn report(&self) -> IssuerReport {
        // A developer's emulator needs no keys, and may run where no network is.
        let keys = if self.unsigned { Ok(0) } else { self.keys.check().await };
        IssuerReport { issuer: self.expected.issuer.clone(), keys: keys.map_err(|fault| fault.to_string()) }
    }
}

impl Issuers for OutsideIssuers {
    fn knows(&self, token: &str) -> bool {
        // Most servers have none, and need not look into every token.
        !self.issuers.is_empty()
            && token::issuer_named(token)
                .is_some_and(|named| self.issuers.iter().any(|known| known.expected.issuer == named))
    }

    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Outside, IssuerError>> {
        Box::pin(self.check_token(token))
    }

    fn check(&self) -> BoxFuture<'_, Vec<IssuerReport>> {
        Box::pin(join_all(self.issuers.iter().map(Known::report)))
    }
}

impl OutsideIssuer {
    fn parts(&self) -> Result<(Expected, Source), OutboundError> {
        let keys_at = |url: &str| outbound::url(url).map(Source::Keys);
        match self {
            Self::Oidc { issuer, audience, jwks_url } => {
                let source = match jwks_url {
                    Some(url) => keys_at(url)?,
                    None => Source::Discovery(outbound::url(issuer)?),
                };
                let (issuer, audience) = (issuer.clone(), audience.clone());
                Ok((Expected { issuer, audience, firebase: false }, source))
            }
            Self::Firebase { project, jwks_url } => {
                let source = keys_at(jwks_url.as_deref().unwrap_or(FIREBASE_KEYS))?;
                let (issuer, audience) = (format!("{FIREBASE}{project}"), project.clone());
                Ok((Expected { issuer, audience, firebase: true }, source))
            }
        }
    }
}
