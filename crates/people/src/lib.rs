//! Signing in and keeping accounts over HTTP (common.md, "Signing in" and "HTTP conventions under /api/v1"): what every
//! door's people do before and beside what they came for.
//!
//! What is right and wrong about it is decided in the core (`hearken_core::sign_in`, `Core::update_account`); here are
//! the paths, the shapes of bodies and answers, the cookie of the web app, and who may keep accounts: admins, inside
//! their own organisation.

mod http;

use axum::Router;
use hearken_core::Core;
use hearken_core::sign_in::CodeRules;
use hearken_transport::credentials::Credentials;
use utoipa::openapi::OpenApi;

/// What these paths are served from.
#[derive(Clone)]
pub struct People {
    /// Who is who.
    pub core: Core,
    /// How tokens are taken and given.
    pub credentials: Credentials,
    /// How one-time codes are given out.
    pub codes: CodeRules,
}

/// The paths, as they begin behind `/api/v1`.
pub fn api(people: People) -> Router {
    http::router(people)
}

/// The same paths, whole, as the API reference describes them.
pub fn openapi() -> OpenApi {
    http::openapi()
}
