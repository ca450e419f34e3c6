//! The path of the desk's sockets, and who may open one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse as _, Response};
use hearken_core::Core;
use hearken_core::actor::{Actor, Person};
use hearken_socketio::{Application, Close, Refused};
use hearken_transport::credentials::{Credentials, Unshown};
use hearken_transport::rest::Failure;
use hearken_transport::sockets::{Counted, Sockets};
use http::HeaderValue;
use http::request::Parts;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::settings::Settings;
use crate::socket::{Opening, Socket, close_for, open};
use crate::stored::Side;

/// How long a handshake that showed no token may take to bring it with its CONNECT (contract, `desk.auth_payload`).
const BRINGS_TOKEN: Duration = Duration::from_secs(5);

/// The most bytes of one POST: the 16 packets that python-socketio puts into one, each with 16 KiB of content and what is
/// around it. Two of them, one that waits and one that is handed over, leave a socket under 1 MiB (common.md).
const LARGEST_POST: usize = 16 * ((16 << 10) + 1024);

/// What the door's sockets stand on.
#[derive(Clone)]
pub struct Desk {
    /// The core.
    pub core: Core,
    /// The door's settings.
    pub settings: Settings,
    /// How tokens are found, the same for every door.
    pub credentials: Credentials,
    /// The count of open sockets, shared with the other doors.
    pub sockets: Sockets,
    /// How long a handshake may take, the CONNECT included.
    pub handshake: Duration,
    /// How long a socket may take nothing while something waits for it.
    pub write_timeout: Duration,
}

/// The paths of the door's sockets: `/socket.io`, with a slash behind and without.
pub fn router(desk: Desk) -> Router {
    let settings = hearken_socketio::Settings {
        ping_interval: desk.settings.ping_interval.unsigned_abs(),
        ping_timeout: desk.settings.ping_timeout.unsigned_abs(),
        write_timeout: desk.write_timeout,
        upgrade_timeout: desk.handshake,
        largest_post: LARGEST_POST,
        ..hearken_socketio::Settings::default()
    };
    hearken_socketio::router(Arc::new(desk), settings)
}

/// A connection that was let in.
pub struct Guest {
    /// Who it is; to be told by the CONNECT, where the handshake may go without.
    known: Option<(Person, Side)>,
    /// Who the last CONNECT said it is, where the handshake went without: the connection stays his when he has left.
    told: Mutex<Option<(Person, Side)>>,
    _counted: Counted,
}

/// What a CONNECT may bring.
#[derive(Default, Deserialize)]
struct Brought {
    access_token: Option<Value>,
    token: Option<Value>,
}

impl Desk {
    async fn let_in(&self, request: &Parts) -> Result<Guest, Failure> {
        let known = match self.credentials.of_bare_handshake(request) {
            Ok(token) => Some(self.person(&token).await?),
            // A cookie of a page that may not act by it is as good as none.
            Err(Unshown::Nothing | Unshown::ForeignOrigin) if self.settings.auth_payload => None,
            Err(unshown) => return Err(unshown.into()),
        };
        let ConnectInfo(peer) =
            request.extensions.get::<ConnectInfo<SocketAddr>>().ok_or(Failure::Unavailable)?;
        let counted = self.sockets.admit(peer.ip())?;
        Ok(Guest { known, told: Mutex::default(), _counted: counted })
    }

    /// Whose token this is, and on which side of the desk he is.
    async fn person(&self, token: &str) -> Result<(Person, Side), Failure> {
        let Actor::Person(person) = self.core.authenticate(token).await? else { return Err(Failure::SignIn) };
        let side = Side::of(&person.account.roles);
        let side = side.ok_or(Failure::Forbidden("This account has no role at the desk."))?;
        Ok((person, side))
    }

    /// Who shows this with his CONNECT.
    async fn brought(&self, auth: Option<&RawValue>) -> Result<(Person, Side), Refused> {
        let brought: Brought =
            auth.and_then(|auth| serde_json::from_str(auth.get()).ok()).unwrap_or_default();
        let mut given = [brought.access_token, brought.token].into_iter().flatten();
        let token = given.find_map(|token| serde_json::from_value::<String>(token).ok());
        let token = token.ok_or(Failure::SignIn);
        let found = match token {
            Ok(token) => self.person(&token).await,
            Err(failure) => Err(failure),
        };
        found.map_err(|failure| Refused {
            message: failure.message().to_owned(),
            data: Some(json!({ "code": failure.status().as_u16() })),
            close_transport: true,
        })
    }
}

impl Application for Desk {
    type Guest = Guest;
    type Client = Socket;

    async fn admit(&self, request: &mut Parts) -> Result<Guest, Response> {
        self.let_in(request).await.map_err(Failure::into_response)
    }

    fn patience(&self, guest: &Guest) -> Duration {
        if guest.known.is_some() { self.handshake } else { self.handshake.min(BRINGS_TOKEN) }
    }

    async fn connect(
        &self,
        guest: &Arc<Guest>,
        namespace: &str,
        auth: Option<&RawValue>,
    ) -> Result<Socket, Refused> {
        if namespace != "/" {
            // In the words of other servers.
            return Err(Refused { message: "Invalid namespace".to_owned(), ..Refused::default() });
        }
        let (person, side) = if let Some(known) = &guest.known {
            known.clone()
        } else {
            let brought = self.brought(auth).await?;
            *guest.told.lock() = Some(brought.clone());
            brought
        };
        let settings = &self.settings;
        let opening = Opening {
            core: self.core.clone(),
            person,
            side,
            most_chats: settings.max_chats_per_agent,
            rate: settings.rate,
            unsure: settings.ping_interval + settings.ping_timeout,
            guest: Arc::clone(guest),
        };
        open(opening).await.map_err(|_| {
            let failure = Failure::Unavailable;
            // Closed with it, so that the client's library tries again by itself.
            Refused {
                message: failure.message().to_owned(),
                data: Some(json!({ "code": failure.status().as_u16() })),
                close_transport: true,
            }
        })
    }

    async fn ended(&self, guest: &Guest) -> Close {
        // Whoever is known goes when his sign-in does, or the server.
        let known = guest.known.clone().or_else(|| guest.told.lock().clone());
        let Some((person, _)) = known else { return std::future::pending().await };
        match self.core.subscribe(&Actor::Person(person), &[]).await {
            Ok(mut subscription) => loop {
                if let hearken_core::Delivery::Ended(ended) = subscription.next().await {
                    return close_for(ended);
                }
            },
            Err(_) => Close::TRY_AGAIN,
        }
    }

    fn allows_origin(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse().ok());
        origin.is_some_and(|origin| self.credentials.is_allowed(&origin))
    }
}
