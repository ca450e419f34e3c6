//! The desk over REST (contract, "Beyond the seed"): looking back at chats, visitors and figures, and writing tags. Staff
//! sees all of its organisation; a visitor his own chats, and never what is noted on them.

mod asked;
mod chats;
mod figures;
mod shown;
mod visitors;

use axum::Router;
use hearken_core::Core;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_transport::rest::{Caller, Failure, PREFIX};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Fault;
use crate::rules::Refusal;
use crate::stored::Side;

/// Under which heading the paths stand in the reference.
const TAG: &str = "desk";

#[derive(utoipa::OpenApi)]
#[openapi(tags((name = TAG, description = "Walk-in live chat: looking back at chats, visitors and figures. Chats themselves are held over Socket.IO.")))]
struct Base;

/// The paths, to be mounted under [`PREFIX`].
pub fn api(core: Core) -> Router {
    described().with_state(core).into()
}

/// The same, as the API reference describes them.
pub fn openapi() -> OpenApi {
    OpenApi::default().nest(PREFIX, described().into_openapi())
}

fn described() -> OpenApiRouter<Core> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(chats::list))
        .routes(routes!(chats::show, chats::tag))
        .routes(routes!(chats::messages))
        .routes(routes!(visitors::show))
        .routes(routes!(figures::show))
}

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Eyes {
    /// All of the organisation.
    Staff,
    /// His own alone.
    Visitor(AccountId),
}

/// Who of which organisation looks; others have no place at the desk.
fn eyes(caller: &Caller) -> Result<(Eyes, OrganisationId), Failure> {
    let account = caller.account();
    let eyes = match Side::of(&account.roles) {
        Some(Side::Staff) => Eyes::Staff,
        Some(Side::Visitor) => Eyes::Visitor(account.id),
        None => return Err(Failure::Forbidden("This is for staff and visitors of the desk.")),
    };
    Ok((eyes, account.organisation_id))
}

/// The organisation of one of the staff; nobody else may.
fn staff(caller: &Caller) -> Result<OrganisationId, Failure> {
    match eyes(caller)? {
        (Eyes::Staff, organisation) => Ok(organisation),
        (Eyes::Visitor(_), _) => Err(Failure::Forbidden("Only staff can do this.")),
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoRoom | Refusal::NoChat => Self::NotFound,
            Refusal::StaffOnly => Self::Forbidden("Only staff can do this."),
            Refusal::VisitorsOnly => Self::Forbidden("Only visitors can do this."),
            Refusal::AlreadyClaimed => Self::Conflict("This chat is already claimed."),
            Refusal::Unreadable => Self::Unavailable,
            refusal => Self::Refused(Fault::Refused(refusal).to_string().into()),
        }
    }
}
