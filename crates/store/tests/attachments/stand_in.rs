//! A stand-in for S3: as much of its language as attachments speak. It lists two names at a time, so that whoever
//! asks only once does not see them all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;
use tokio::net::TcpListener;

const PAGE: usize = 2;

/// The stand-in: its address, and what it holds.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub url: String,
    pub objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
    /// The `authorization` of each request.
    pub credentials: Arc<Mutex<Vec<String>>>,
    /// What every request is answered with, instead of the truth.
    pub refusal: Arc<Mutex<Option<u16>>>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let this = Self {
            url: format!("http://{}", tcp.local_addr().expect("an address")),
            objects: Arc::default(),
            credentials: Arc::default(),
            refusal: Arc::default(),
        };
        let router = Router::new()
            .route("/{bucket}", get(list))
            .route("/{bucket}/{*key}", any(object))
            .layer(DefaultBodyLimit::max(32 << 20))
            .with_state(this.clone());
        tokio::spawn(async move { axum::serve(tcp, router).await });
        this
    }

    /// Notes who asks; the answer if he is not let in.
    fn refused(&self, headers: &HeaderMap, bucket: &str) -> Option<Response> {
        let shown = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.credentials.lock().push(shown.to_owned());
        let refusal = *self.refusal.lock();
        match refusal {
            Some(status) => Some(fault(status, "Refused")),
            None if bucket != "care" => Some(fault(404, "NoSuchBucket")),
            None => None,
        }
    }
}

fn fault(status: u16, code: &str) -> Response {
    let body =
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{code}\n</Message></Error>");
    (StatusCode::from_u16(status).expect("a status"), body).into_response()
}

async fn object(
    State(this): State<StandIn>,
    Path((bucket, key)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refused) = this.refused(&headers, &bucket) {
        return refused;
    }
    let mut objects = this.objects.lock();
    match method {
        Method::PUT => {
            objects.insert(key, body);
            [("etag", "\"1\"")].into_response()
        }
        Method::GET => match objects.get(&key) {
            Some(object) => {
                let date = "Mon, 05 Jan 2026 09:00:00 GMT";
                ([("etag", "\"1\""), ("last-modified", date)], object.clone()).into_response()
            }
            None => fault(404, "NoSuchKey"),
        },
        Method::DELETE => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

async fn list(
    State(this): State<StandIn>,
    Path(bucket): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = this.refused(&headers, &bucket) {
        return refused;
    }
    if asked.get("list-type").map(String::as_str) != Some("2") {
        return fault(400, "InvalidArgument");
    }
    let objects = this.objects.lock();
    let prefix = asked.get("prefix").cloned().unwrap_or_default();
    let after = asked.get("continuation-token").cloned().unwrap_or_default();
    let found = objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let found: Vec<_> = found.take(PAGE + 1).collect();
    let more = found.len() > PAGE;
    let mut page = format!("<ListBucketResult><Name>{bucket}</Name><IsTruncated>{more}</IsTruncated>");
    for (key, object) in found.iter().take(PAGE) {
        let date = "2026-01-05T09:00:00.000Z";
        write!(
            page,
            "<Contents><Key>{key}</Key><LastModified>{date}</LastModified><Size>{}</Size><ETag>1</ETag></Contents>",
            object.len()
        )
        .expect("text");
    }
    if more {
        write!(page, "<NextContinuationToken>{}</NextContinuationToken>", found[PAGE - 1].0).expect("text");
    }
    page.push_str("</ListBucketResult>");
    page.into_response()
}
