//! The paths of the messenger, and who may open which of its sockets.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use hearken_core::access::{acquaintance, holder_of};
use hearken_core::account::Phone;
use hearken_core::actor::{Actor, Person};
use hearken_core::store::AccountRef;
use hearken_core::{Core, Follow, Kind as _, Target};
use hearken_transport::credentials::Credentials;
use hearken_transport::rest::Admission;
use hearken_transport::sockets::{Counted, Sockets};
use hearken_transport::{NotAnUpgrade, Pumped, SocketLimits, Upgrade, pump};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::HttpError;
use crate::presence::Presence;
use crate::rooms;
use crate::rules::dialogue::Pair;
use crate::rules::membership::has_ended;
use crate::settings::Settings;
use crate::socket::{Opening, Purpose, Socket};
use crate::stored::{EVERYTHING, Group};

/// The most bytes of one frame (common.md, "Bad input"); more closes the socket with 1009.
const LARGEST_FRAME: usize = 64 << 10;

/// What the door stands on.
#[derive(Clone)]
pub struct Messenger {
    /// The core.
    pub core: Core,
    /// The door's settings.
    pub settings: Settings,
    /// Bounds of each socket.
    pub limits: SocketLimits,
    /// How tokens are found, the same for every door.
    pub credentials: Credentials,
    /// The rates of requests, shared with the REST API.
    pub admission: Admission,
    /// The count of open sockets, shared with the other doors.
    pub sockets: Sockets,
    /// Who is there.
    pub presence: Presence,
}

/// The door's paths. A trailing slash is optional.
pub fn router(door: Messenger) -> Router {
    Router::new()
        .route("/ws/chat/special/{phone}", get(receive))
        .route("/ws/chat/special/{phone}/", get(receive))
        .route("/ws/chat/personal/{msg_from}/{msg_to}", get(personal))
        .route("/ws/chat/personal/{msg_from}/{msg_to}/", get(personal))
        .route("/ws/chat/group/{msg_from}/{grp}", get(group))
        .route("/ws/chat/group/{msg_from}/{grp}/", get(group))
        .route("/ws/chat/room/{msg_from}", get(room))
        .route("/ws/chat/room/{msg_from}/", get(room))
        .merge(crate::http::router())
        .merge(crate::page::router())
        .route("/ws/chat", any(nowhere))
        .route("/ws/chat/", any(nowhere))
        .route("/ws/chat/{*rest}", any(nowhere))
        .route("/chat/{*rest}", any(nowhere))
        .method_not_allowed_fallback(async || HttpError::Method)
        .with_state(Arc::new(door))
}

/// The answer to paths under ours that are none.
async fn nowhere() -> HttpError {
    HttpError::NotFound
}

/// The numbers and keys in a path. Where they are no text they name nobody, as any other text may.
struct Named<T>(T);

impl<T: DeserializeOwned + Default + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        Ok(Self(found.map_or_else(|_| T::default(), |Path(named)| named)))
    }
}

type Asked = Result<Upgrade, NotAnUpgrade>;

async fn receive(
    State(door): State<Arc<Messenger>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Named(phone): Named<String>,
    upgrade: Asked,
    parts: Parts,
) -> Response {
    door.open(upgrade, peer, &parts, &phone, async |_: &Caller| Ok(Purpose::Receive)).await
}

async fn personal(
    State(door): State<Arc<Messenger>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Named((msg_from, msg_to)): Named<(String, String)>,
    upgrade: Asked,
    parts: Parts,
) -> Response {
    let purpose = async |caller: &Caller| {
        let phone: Phone = msg_to.parse().map_err(|_| HttpError::NotFound)?;
        if caller.phone == phone {
            return Err(HttpError::Forbidden("A chat with oneself is no chat."));
        }
        let found = door.core.account(&AccountRef::Phone(phone.clone())).await?;
        let other = acquaintance(&caller.actor, found)?;
        let pair = Pair { me: caller.person.account.id, peer: other.id };
        Ok(Purpose::Personal { pair, key: pair.key(), peer_phone: phone.as_str().into() })
    };
    door.open(upgrade, peer, &parts, &msg_from, purpose).await
}

async fn group(
    State(door): State<Arc<Messenger>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Named((msg_from, grp)): Named<(String, String)>,
    upgrade: Asked,
    parts: Parts,
) -> Response {
    let purpose = async |caller: &Caller| {
        let account = &caller.person.account;
        let key: Arc<str> = grp.as_str().into();
        let target =
            Target::Key { kind: Group::NAME, organisation: account.organisation_id, key: Arc::clone(&key) };
        let group = door.core.conversation(&Actor::System("a group's socket"), &target).await?;
        if has_ended(&group.header) {
            return Err(HttpError::NotFound);
        }
        let is_in = group.members.iter().any(|member| member.account == account.id && member.is_in());
        if is_in {
            Ok(Purpose::Group { key })
        } else {
            Err(HttpError::Forbidden("You are not in this group."))
        }
    };
    door.open(upgrade, peer, &parts, &msg_from, purpose).await
}

/// The room that the caller is in: the socket is that room's, also when it ends and he goes into another.
async fn room(
    State(door): State<Arc<Messenger>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Named(msg_from): Named<String>,
    upgrade: Asked,
    parts: Parts,
) -> Response {
    let purpose = async |caller: &Caller| {
        let pair = rooms::pair_of(&door.core, &caller.actor).await?.ok_or(HttpError::NotFound)?;
        Ok(Purpose::Room { pair, key: pair.key() })
    };
    door.open(upgrade, peer, &parts, &msg_from, purpose).await
}

/// Who asks for a socket, and under which number.
struct Caller {
    actor: Actor,
    person: Person,
    phone: Phone,
}

impl Messenger {
    async fn open(
        &self,
        upgrade: Asked,
        peer: SocketAddr,
        parts: &Parts,
        own_phone: &str,
        purpose: impl AsyncFnOnce(&Caller) -> Result<Purpose, HttpError>,
    ) -> Response {
        let upgrade = match upgrade {
            Ok(upgrade) => upgrade,
            Err(refused) => return refused.into_response(),
        };
        match self.prepare(peer, parts, own_phone, purpose).await {
            Ok((socket, counted)) => {
                let limits = self.limits;
                upgrade.open(LARGEST_FRAME, move |line| pump(Pumped::new(line, socket, counted), limits))
            }
            Err(error) => error.into_response(),
        }
    }

    async fn prepare(
        &self,
        peer: SocketAddr,
        parts: &Parts,
        own_phone: &str,
        purpose: impl AsyncFnOnce(&Caller) -> Result<Purpose, HttpError>,
    ) -> Result<(Socket, Counted), HttpError> {
        let token = self.credentials.of_handshake(parts)?;
        let actor = self.core.authenticate(&token).await?;
        let phone = own_phone.parse().map_err(|_| HttpError::NotFound)?;
        let person = holder_of(&actor, &phone)?.clone();
        let caller = Caller { actor, person, phone };
        let purpose = purpose(&caller).await?;
        let counted = self.sockets.admit(peer.ip())?;
        let follow: &[Follow] = match purpose {
            Purpose::Receive => &[Follow::Mine(EVERYTHING)],
            Purpose::Personal { .. } | Purpose::Group { .. } | Purpose::Room { .. } => &[],
        };
        let subscription = self.core.subscribe(&caller.actor, follow).await?;
        let Caller { person, phone, .. } = caller;
        let connected = matches!(purpose, Purpose::Receive).then(|| self.presence.connect(person.account.id));
        let (core, settings) = (self.core.clone(), self.settings);
        Ok((
            Socket::new(Opening { core, settings, person, phone, purpose, subscription, connected }),
            counted,
        ))
    }
}
