//! What the settings say about how browsers and other clients reach the server: which pages may act, and over TLS or
//! not; and the headers that every answer bears.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use hearken_transport::cors::cors;
use hearken_transport::credentials::Credentials;
use hearken_transport::tls::{Certificates, TlsError};
use http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::signal::unix::{SignalKind, signal};

use crate::settings::Settings;

/// How every door finds tokens.
pub(super) fn credentials(settings: &Settings) -> Credentials {
    let public = settings.public_url.as_ref().and_then(|url| url.as_str().parse().ok());
    Credentials::new(public, settings.cors_origins.clone(), settings.speaks_tls())
}

/// What goes around everything that is served.
pub(super) fn around(router: Router, credentials: &Credentials) -> Router {
    router.layer(from_fn_with_state(credentials.clone(), cors)).layer(from_fn(harden))
}

/// Answers are what they say they are, lead nowhere, and are kept by nobody, unless the handler knows better.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    usually(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    usually(headers, REFERRER_POLICY, "no-referrer");
    usually(headers, CACHE_CONTROL, "no-store");
    response
}

fn usually(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// The certificate that the settings name; `None` where they name none.
pub fn certificates(settings: &Settings) -> Result<Option<Arc<Certificates>>, TlsError> {
    let (cert, key) = match (&settings.tls.cert, &settings.tls.key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        (Some(_), None) => return Err(TlsError::Key("it is missing".into())),
        (None, Some(_)) => return Err(TlsError::Cert("it is missing".into())),
    };
    Certificates::open(cert, key).map(Arc::new).map(Some)
}

/// Reads the certificate again at each SIGHUP, for as long as it is polled. Fails if the kernel refuses the handler.
pub(super) fn reload_on_hangup(
    certificates: Arc<Certificates>,
) -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut hangups = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangups.recv().await.is_some() {
            let certificates = Arc::clone(&certificates);
            // Files, and a disk may be slow.
            match tokio::task::spawn_blocking(move || certificates.reload()).await {
                Ok(Ok(())) => tracing::info!("read the TLS certificate again"),
                Ok(Err(error)) => tracing::warn!(%error, "the TLS certificate stays as it was"),
                Err(error) => tracing::error!(%error, "the TLS certificate could not be read again"),
            }
        }
    })
}
