//! The requests: which of them open a connection, which belong to one, and which are refused.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_util::StreamExt as _;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::channel::Service;
use super::close::Close;
use super::connection::Connection;
use super::cors;
use super::goodbye::say_goodbye;
use super::handshake::Handshake;
use super::payload::Payload;
use super::polling;
use super::probe;
use super::refusal::Refusal;
use super::registry::{Found, Mailbox, Registry, Request, Turn, fresh_id};
use super::websocket::{self, Wired};
use crate::settings::Settings;

/// How much of a body over the limit is read away, so that its sender sees the answer.
const READ_AWAY: usize = 4 << 20;

/// What all requests share.
struct Server<S> {
    service: Arc<S>,
    settings: Arc<Settings>,
    registry: Arc<Registry>,
}

/// The routes that serve Engine.IO: the path of the settings, with a slash behind and without.
pub fn router<S: Service>(service: Arc<S>, settings: Settings) -> Router {
    let bare = settings.path.trim_end_matches('/').to_owned();
    let slashed = format!("{bare}/");
    let server = Server { service, settings: Arc::new(settings), registry: Arc::default() };
    let mut router = Router::new().route(&slashed, any(serve::<S>));
    if !bare.is_empty() {
        router = router.route(&bare, any(serve::<S>));
    }
    router.with_state(Arc::new(server))
}

async fn serve<S: Service>(State(server): State<Arc<Server<S>>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let allowed = cors::allowed(&*server.service, &parts.headers);
    let mut response = if parts.method == Method::OPTIONS {
        cors::preflight(allowed.is_some(), &parts.headers)
    } else {
        answer(&server, parts, body).await.unwrap_or_else(Refusal::into_response)
    };
    let headers = response.headers_mut();
    cors::say(headers, allowed);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn answer<S: Service>(server: &Server<S>, mut parts: Parts, body: Body) -> Result<Response, Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    let websocket = match parameter(query, "transport") {
        Some("polling") => false,
        Some("websocket") => true,
        _ => return Err(Refusal::UnknownTransport),
    };
    if let Some(id) = parameter(query, "sid") {
        let found = server.registry.find(id).ok_or(Refusal::UnknownId)?;
        return match (found, websocket) {
            (Found::Polling(mailbox), false) if parts.method == Method::GET => poll(&mailbox).await,
            (Found::Polling(mailbox), false) if parts.method == Method::POST => {
                post(&mailbox, body, &server.settings).await
            }
            (found, true) => take_over(server, found, &mut parts),
            _ => Err(Refusal::BadRequest),
        };
    }
    if parts.method != Method::GET {
        return Err(Refusal::BadMethod);
    }
    if parameter(query, "EIO") != Some("4") {
        return Err(Refusal::BadVersion);
    }
    if websocket { open_websocket(server, parts).await } else { open_polling(server, parts).await }
}

/// A parameter of a query. What is looked for needs no decoding.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The packet that opens a connection.
fn opening(id: &str, upgrades: &str, settings: &Settings) -> String {
    let Settings { ping_interval, ping_timeout, largest_packet, .. } = settings;
    let (interval, timeout) = (ping_interval.as_millis(), ping_timeout.as_millis());
    format!(
        r#"0{{"sid":"{id}","upgrades":[{upgrades}],"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{largest_packet}}}"#
    )
}

fn text(body: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=UTF-8")], body).into_response()
}

async fn open_polling<S: Service>(server: &Server<S>, mut parts: Parts) -> Result<Response, Refusal> {
    let channel = match server.service.admit(&mut parts).await {
        Ok(channel) => channel,
        Err(refused) => return Ok(refused),
    };
    let (registered, requests) = server.registry.register();
    let opening = opening(registered.id(), r#""websocket""#, &server.settings);
    let connection = Connection::new(channel, Arc::clone(&server.settings), Some(registered));
    tokio::spawn(polling::run(connection, requests));
    Ok(text(opening))
}

async fn open_websocket<S: Service>(server: &Server<S>, mut parts: Parts) -> Result<Response, Refusal> {
    let handshake = Handshake::of(&mut parts)?;
    let channel = match server.service.admit(&mut parts).await {
        Ok(channel) => channel,
        Err(refused) => return Ok(refused),
    };
    let settings = Arc::clone(&server.settings);
    Ok(handshake.open(settings.largest_packet, move |socket| {
        let opening = Utf8Bytes::from(opening(&fresh_id(), "", &settings));
        let wired = Wired::new(Connection::new(channel, settings, None), socket);
        websocket::run(wired, Some(opening))
    }))
}

/// A WebSocket for a connection that polls.
fn take_over<S: Service>(server: &Server<S>, found: Found, parts: &mut Parts) -> Result<Response, Refusal> {
    let handshake = Handshake::of(parts)?;
    let settings = Arc::clone(&server.settings);
    let taken = match found {
        Found::Polling(mailbox) => mailbox.take(Turn::Probe).map(|turn| (mailbox, turn)),
        Found::Upgraded => None,
    };
    Ok(handshake.open(settings.largest_packet, async move |mut socket| match taken {
        Some((mailbox, turn)) => probe::run(socket, &mailbox, turn, &settings).await,
        // There is one already.
        None => say_goodbye(&mut socket, Close::PROTOCOL).await,
    }))
}

async fn poll(mailbox: &Mailbox) -> Result<Response, Refusal> {
    let (sender, answer) = oneshot::channel();
    mailbox.ask(Request::Poll(sender)).await.map_err(|_| Refusal::UnknownId)?;
    answer.await.map(text).map_err(|_| Refusal::UnknownId)
}

async fn post(mailbox: &Arc<Mailbox>, body: Body, settings: &Settings) -> Result<Response, Refusal> {
    let Some(turn) = mailbox.take(Turn::Post) else {
        mailbox.ask(Request::Fault(Close::PROTOCOL)).await.ok();
        return Err(Refusal::BadRequest);
    };
    let answer = tokio::select! {
        // What is taken is taken, even if it ended the connection.
        biased;
        answer = hand_in(mailbox, body, settings) => answer,
        () = mailbox.gone() => Err(Refusal::UnknownId),
    };
    turn.answered();
    answer.map(|()| ([(CONTENT_TYPE, "text/html")], "ok").into_response())
}

/// Hands a POST's packets in, and waits until it is their turn.
async fn hand_in(mailbox: &Mailbox, body: Body, settings: &Settings) -> Result<(), Refusal> {
    let Ok(body) = read(body, settings.largest_post).await else {
        mailbox.ask(Request::BrokenOff).await.ok();
        return Err(Refusal::BadRequest);
    };
    let payload = body.ok_or(Close::TOO_LARGE).and_then(|body| Payload::check(body, settings));
    match payload {
        Ok(payload) => {
            let (sender, done) = oneshot::channel();
            mailbox.ask(Request::Post(payload, sender)).await.map_err(|_| Refusal::UnknownId)?;
            done.await.map_err(|_| Refusal::UnknownId)
        }
        Err(close) => {
            mailbox.ask(Request::Fault(close)).await.ok();
            Err(if close == Close::TOO_LARGE { Refusal::TooLarge } else { Refusal::BadRequest })
        }
    }
}

/// Reads a body; nothing if it has more than `limit` bytes.
async fn read(body: Body, limit: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut stream = body.into_data_stream();
    let (mut read, mut length) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        length += chunk.len();
        if length > limit + READ_AWAY {
            break;
        } else if length > limit {
            read = Vec::new();
        } else {
            read.extend_from_slice(&chunk);
        }
    }
    Ok((length <= limit).then_some(read))
}
