//! The envelope of what succeeds: `{"success":true,"data":…,"message":"…"}`.

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::paging::Metadata;

/// A success with its data and a sentence for people.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's own names")]
pub struct Success<T> {
    /// Always true.
    #[schema(example = true)]
    success: bool,
    /// What was asked for.
    data: T,
    /// For people.
    message: Cow<'static, str>,
    #[serde(skip)]
    status: StatusCode,
}

/// A page of a list; `metadata` says where in the list it lies.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Always true.
    #[schema(example = true)]
    success: bool,
    /// The rows.
    data: Vec<T>,
    /// Where they lie in the list.
    metadata: Metadata,
    /// For people.
    message: Cow<'static, str>,
}

impl<T> Success<T> {
    /// 200.
    pub fn ok(data: T, message: impl Into<Cow<'static, str>>) -> Self {
        Self { success: true, data, message: message.into(), status: StatusCode::OK }
    }

    /// 201: `data` is what was made.
    pub fn created(data: T, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(data, message) }
    }
}

impl<T> Page<T> {
    /// 200.
    pub fn new(data: Vec<T>, metadata: Metadata, message: impl Into<Cow<'static, str>>) -> Self {
        Self { success: true, data, metadata, message: message.into() }
    }
}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::super::Paging;
    use super::*;

    async fn check(answer: impl IntoResponse, expect: (u16, &str)) {
        let response = answer.into_response();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        assert_eq!((status, std::str::from_utf8(&body).expect("text")), expect);
    }

    #[tokio::test]
    async fn success_says_so_with_its_data() {
        check(
            Success::ok(json!({"a": 1}), "Here."),
            (200, r#"{"success":true,"data":{"a":1},"message":"Here."}"#),
        )
        .await;
        check(Success::created((), "Made."), (201, r#"{"success":true,"data":null,"message":"Made."}"#))
            .await;
        let metadata = Paging::default().metadata(1);
        let expect = r#"{"success":true,"data":[7],"metadata":{"page":1,"limit":20,"total":1,"totalPages":1,"hasNextPage":false,"hasPrevPage":false},"message":"One."}"#;
        check(Page::new(vec![7], metadata, "One."), (200, expect)).await;
    }
}
