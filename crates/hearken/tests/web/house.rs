//! The router of `hearken serve` on a core in memory.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use hearken::installation::registry;
use hearken::serve::router;
use hearken::settings::Sources;
use hearken_core::CommitSettings;
use hearken_core::memory::MemoryStore;
use hearken_testkit::server::TestCore;
use hearken_transport::sockets::Sockets;
use http::{HeaderMap, Request};
use tower::ServiceExt as _;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

pub(crate) struct House {
    pub(crate) running: TestCore,
    pub(crate) router: Router,
}

impl House {
    /// With these lines of `hearken.toml`.
    pub(crate) async fn open(file: &str) -> Self {
        let sources = Sources { file: Some(("hearken.toml".into(), file.to_owned())), ..Sources::default() };
        let settings = sources.resolve().expect("good settings");
        let at = "2026-01-05T09:00:00Z".parse().expect("a date");
        let store = Arc::new(MemoryStore::default());
        let running = TestCore::start(store, registry(), CommitSettings::default(), at).await;
        let router = router(&settings, &running.core, &Sockets::new(10), None);
        Self { running, router }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "own.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        let peer: SocketAddr = ([127, 0, 0, 1], 7).into();
        request.extensions_mut().insert(ConnectInfo(peer));
        let (parts, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = to_bytes(body, 1 << 22).await.expect("a body");
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}
