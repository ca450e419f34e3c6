//! The table of settings: the only place where a key, its type, default, bounds and meaning are written down.
//! The typed structs, the checks and docs/settings.md all come from here (contract: common.md, Settings).
//!
//! A key stands here only if it does something; documented keys of later work are in [`super::later`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hearken_store::attachments::AttachmentPlace;
use hearken_store::issuers::OutsideIssuer;
use hearken_transport::origin::Origin;
use hearken_transport::proxies::Block;

use super::declare::settings;
use super::kinds::{
    BusUrl, DatabaseUrl, LogFilter, LogFormat, PublicUrl, Secret, SecretUrl, SmsProvider, WebUrl,
};

settings! {
    /// Everything that can be set, as the server uses it.
    pub Settings {
        /// Address and port to listen on; port `0` picks a free one, which the first line of standard output names.
        listen: SocketAddr = "127.0.0.1:7070";
        /// Where clients reach the server; used in links and cookies.
        public_url: Option<PublicUrl> = "derived from `listen`";
        /// Folder of the embedded store and the control socket; a relative path starts at the working directory.
        data: PathBuf = "./data";
        /// A PostgreSQL that several nodes share, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; then `data` holds no store.
        database_url: Option<DatabaseUrl> = "none, the embedded store in `data`";
        /// The NATS by which nodes of one PostgreSQL hear of each other at once, `nats://HOST:PORT`.
        bus_url: Option<BusUrl> = "none, one node alone";
        /// Where attachments are kept: a folder, or `s3://bucket/prefix` for several nodes, with credentials from `AWS_*`.
        attachments: Option<AttachmentPlace> = "`attachments` in `data`";
        /// Exact origins whose pages may call from a browser, such as `["https://app.example"]`.
        cors_origins: Vec<Origin> = "[]";
        /// Proxies in front whose `X-Forwarded-For` is believed: addresses, or networks such as `10.0.0.0/8`. Without them,
        /// limits per address count whoever connects.
        trusted_proxies: Vec<Block> = "[]";
        /// What is logged: a level, and other levels for single targets, such as `info,hearken_core=debug`.
        log: LogFilter = "info";
        /// Shape of the log lines on standard error.
        log_format: Option<LogFormat> = "`pretty` on a terminal, `json` otherwise";
        /// How long a clean stop may take: writes in flight commit, sockets are closed, then the process ends.
        shutdown_grace: Duration = "10s", within Duration::ZERO..=Duration::from_mins(10);
    }

    /// TLS, for where no proxy does it. Both files, or neither; read again on SIGHUP.
    tls: Tls {
        /// PEM file with the certificate and its chain; with it the server speaks TLS and nothing else.
        cert: Option<PathBuf> = "none, plain HTTP";
        /// PEM file with the certificate's private key.
        key: Option<PathBuf> = "none, plain HTTP";
    }

    /// What one client may take: time, and sockets.
    limits: Limits {
        /// Headers, TLS, upgrade or sign-in not done by then: the connection is closed.
        handshake: Duration = "10s", within Duration::from_millis(100)..=Duration::from_mins(5);
        /// How often every WebSocket is pinged.
        ping_interval: Duration = "25s", within Duration::from_millis(100)..=Duration::from_hours(1);
        /// No answer to a ping for this long: the socket is dropped.
        ping_timeout: Duration = "20s", within Duration::from_millis(100)..=Duration::from_hours(1);
        /// A socket that takes nothing for this long while something waits for it is closed with 1013.
        write_timeout: Duration = "10s", within Duration::from_millis(100)..=Duration::from_mins(5);
        /// Open WebSockets from one address; one more is answered 429.
        sockets_per_address: usize = "20000", within 1..=1_000_000;
    }

    /// Signing in (contract: common.md, "Signing in").
    auth: Auth {
        /// How long an access token lives.
        access_ttl: Duration = "30m", within Duration::from_secs(1)..=Duration::from_hours(24);
        /// How long a sign-in lives, counted from its last refresh.
        refresh_ttl: Duration = "30d", within Duration::from_secs(1)..=Duration::from_hours(24 * 365);
        /// Others whose ID tokens are accepted: `{kind = "oidc", issuer, audience}` or `{kind = "firebase", project}`, each with `jwks_url` where its keys are not found by themselves.
        issuers: Vec<OutsideIssuer> = "[]";
    }

    /// Text messages, which carry one-time codes.
    sms: Sms {
        /// Who delivers them: `log` writes them to the server's log, codes included; `twilio`; or `webhook`.
        provider: SmsProvider = "log";
        /// The account at Twilio, `AC…`.
        account_sid: Option<String> = "none; `twilio` needs it";
        /// The password of that account.
        auth_token: Option<Secret> = "none; `twilio` needs it";
        /// Who the messages are from: a number such as `+15005550006`, a short code or a sender's name.
        from: Option<String> = "none; `twilio` needs it";
        /// Where Twilio's REST API is.
        base_url: WebUrl = "https://api.twilio.com";
        /// Where `webhook` posts `{to, body}` as JSON; `to` is the number's digits.
        url: Option<SecretUrl> = "none; `webhook` needs it";
    }

    /// The messenger door (contract: messenger.md).
    messenger: Messenger {
        /// Longest message, in characters. A frame is at most 64 KiB, whatever this says.
        max_message: usize = "4096", within 1..=60_000;
        /// Frames a second that one socket may send; bursts of twice as many are allowed.
        rate: u32 = "20", within 1..=1_000_000;
        /// How long a message waits for its receivers; then it is dropped, and its sender is told.
        undelivered_ttl: Option<Duration> = "until they have received it", within Some(Duration::from_secs(1))..=Some(Duration::from_hours(24 * 3650));
        /// How long a room stays open; when it is over, its last messages can be fetched for as long again.
        room_ttl: Duration = "24h", within Duration::from_secs(1)..=Duration::from_hours(24 * 365);
    }

    /// The desk door (contract: desk.md).
    desk: Desk {
        /// Lets a handshake without a token through for 5 s: the namespace's CONNECT then brings it, as `auth: {access_token}`.
        auth_payload: bool = "false";
        /// How long somebody who has lost the line keeps his chats; with `0s` a lost line is as good as leaving.
        reconnect_grace: Duration = "15s", within Duration::ZERO..=Duration::from_hours(1);
        /// How often every Socket.IO connection is pinged.
        ping_interval: Duration = "25s", within Duration::from_millis(100)..=Duration::from_hours(1);
        /// No answer to such a ping for this long: the line is lost.
        ping_timeout: Duration = "20s", within Duration::from_millis(100)..=Duration::from_hours(1);
        /// How many chats one of the staff may serve at once.
        max_chats_per_agent: Option<usize> = "none, as many as they claim", within Some(1)..=Some(10_000);
        /// Events a second that one socket may send, with bursts of twice as many; more wait their turn, up to 1,000, and then it is closed.
        rate: u32 = "50", within 1..=1_000_000;
    }
}

impl Settings {
    /// The URL to put into links: `public_url`, else the address that was really bound. An address that stands
    /// for every interface is replaced by the loopback one, since nobody can connect to it under that name.
    pub fn base_url(&self, bound: SocketAddr) -> String {
        use std::net::{Ipv4Addr, Ipv6Addr};
        if let Some(url) = &self.public_url {
            return url.as_str().to_owned();
        }
        let reachable = match bound {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, bound.port()).into(),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, bound.port()).into(),
            _ => bound,
        };
        format!("{}://{reachable}", self.scheme())
    }

    /// Whether clients reach this process over TLS.
    pub fn speaks_tls(&self) -> bool {
        self.tls.cert.is_some()
    }

    /// What its addresses begin with.
    pub fn scheme(&self) -> &'static str {
        if self.speaks_tls() { "https" } else { "http" }
    }
}
