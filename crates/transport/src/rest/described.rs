//! What the OpenAPI document says of every path alike: how to sign in, and which refusals there are. A handler names
//! these beside its own answers, so that it promises no more and no less than what goes before it.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type};
use utoipa::{IntoResponses, PartialSchema as _, ToSchema as _};

use super::{FailureBody, FieldFault};

/// What anybody may be answered by any REST path: 429, and 503.
pub struct Anybody;

/// What a path answers that has to know who calls: 401 and 403, and what anybody may be answered.
pub struct SignedIn;

/// What a path answers that reads a body: 400, 408, 413 and 415.
pub struct WithBody;

/// What a path answers that reads a query, such as which page: 400.
pub struct WithQuery;

/// What a path answers that names one thing: 404.
pub struct OneThing;

/// What a path answers that can lose a race, or take what is taken: 409.
pub struct Contended;

type Responses = BTreeMap<String, RefOr<Response>>;

/// Statuses, and in which words they are described.
const WORDS: [(StatusCode, &str); 10] = [
    (StatusCode::BAD_REQUEST, "Malformed, or against a rule; `errors` names the fields that are to blame"),
    (StatusCode::UNAUTHORIZED, "No token, or one that is not believed"),
    (StatusCode::FORBIDDEN, "Not the caller's to see or do"),
    (StatusCode::NOT_FOUND, "Not there, or in another organisation"),
    (StatusCode::REQUEST_TIMEOUT, "The body did not come in time"),
    (StatusCode::CONFLICT, "A race was lost, or what is asked for is taken"),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB"),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not said to be JSON"),
    (StatusCode::TOO_MANY_REQUESTS, "Too many requests; `Retry-After` says when to come back"),
    (StatusCode::SERVICE_UNAVAILABLE, "The store can't be asked just now; try again after `Retry-After`"),
];

/// The responses of these statuses, with bodies of the schema named so.
pub fn refusals(schema: &str, statuses: &[StatusCode]) -> Responses {
    let words = |status| WORDS.iter().find(|(known, _)| *known == status).map_or("", |(_, words)| words);
    statuses
        .iter()
        .map(|status| (status.as_u16().to_string(), refusal(schema, *status, words(*status)).into()))
        .collect()
}

fn refusal(schema: &str, status: StatusCode, words: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let response = ResponseBuilder::new().description(words).content("application/json", content);
    let header = match status {
        StatusCode::UNAUTHORIZED => ("WWW-Authenticate", Type::String, "`Bearer`"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            ("Retry-After", Type::Integer, "After how many seconds to try again")
        }
        _ => return response.build(),
    };
    let (name, kind, about) = header;
    let schema = ObjectBuilder::new().schema_type(kind).build();
    response.header(name, HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()).build()
}

/// The schemas that [`refusals`] of the REST API refer to, and the ways to sign in, for the document they are in.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let named = [(FailureBody::name(), FailureBody::schema()), (FieldFault::name(), FieldFault::schema())];
    components.schemas.extend(named.map(|(name, schema)| (name.into_owned(), schema)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token from signing in, or from `hearken token`."))
        .build();
    let cookie = ApiKeyValue::with_description(
        "hearken_session",
        "The same token in the web app's cookie. What changes something needs an `Origin` of our own beside it.",
    );
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
}

const NAME: &str = "Failure";

impl IntoResponses for Anybody {
    fn responses() -> Responses {
        refusals(NAME, &[StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE])
    }
}

impl IntoResponses for SignedIn {
    fn responses() -> Responses {
        let own = refusals(NAME, &[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
        own.into_iter().chain(Anybody::responses()).collect()
    }
}

impl IntoResponses for WithBody {
    fn responses() -> Responses {
        let statuses = [
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ];
        refusals(NAME, &statuses)
    }
}

impl IntoResponses for WithQuery {
    fn responses() -> Responses {
        refusals(NAME, &[StatusCode::BAD_REQUEST])
    }
}

impl IntoResponses for OneThing {
    fn responses() -> Responses {
        refusals(NAME, &[StatusCode::NOT_FOUND])
    }
}

impl IntoResponses for Contended {
    fn responses() -> Responses {
        refusals(NAME, &[StatusCode::CONFLICT])
    }
}
