//! A name for each request, in its log lines and its answer, so that what a client reports can be found.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use tracing::Instrument as _;

static LAST: AtomicU64 = AtomicU64::new(0);

/// Runs the request in a span with its name, and puts the name on the answer as `X-Request-Id`.
pub(super) async fn name(request: Request, next: Next) -> Response {
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let name = format!("{:x}-{number:x}", std::process::id());
    // The route and not the path, in which people's numbers stand; and never the query, which may hold a token.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    // Made at error level, so that no filter takes it from a warning.
    let span = tracing::error_span!("request", request_id = name, method = %request.method(), route);
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert("x-request-id", name);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;
    use crate::settings::Sources;
    use crate::settings::kinds::LogFormat;
    use crate::telemetry::logging::subscriber;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("whole").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What the log holds of a request, and the name that its answer bears.
    async fn logged(uri: &str) -> (String, String) {
        let sources = Sources { flags: vec![("log", "debug".to_owned())], ..Sources::default() };
        let filter = sources.resolve().expect("valid").log;
        let captured = Captured::default();
        let writer = captured.clone();
        let log = subscriber(&filter, LogFormat::Json, false, move || writer.clone());
        let guard = tracing::subscriber::set_default(log);
        let handler = get(async || tracing::warn!(target: "hearken", "inside"));
        let router = Router::new().route("/ws/{phone}", handler).layer(axum::middleware::from_fn(name));
        let request = Request::get(uri).body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        drop(guard);
        let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        (String::from_utf8(captured.0.lock().expect("whole").clone()).expect("text"), id)
    }

    #[tokio::test]
    async fn a_request_has_a_name_in_the_log_and_people_have_none() {
        let (log, id) = logged("/ws/9999999999?access_token=secret").await;
        assert_eq!(log.lines().count(), 2, "{log}");
        for line in log.lines() {
            let json: serde_json::Value = serde_json::from_str(line).expect(line);
            assert_eq!(
                (&json["span"]["request_id"], &json["span"]["route"]),
                (&id.as_str().into(), &"/ws/{phone}".into())
            );
        }
        let (lost, id) = logged("/sw/9999999999?access_token=secret").await;
        assert!(lost.contains(&id) && lost.contains("404"), "{lost}");
        for told in [log, lost] {
            assert!(!told.contains("99999") && !told.contains("secret"), "{told}");
        }
    }
}
