//! The shapes of bodies and answers.

use hearken_core::account::{Account, Role, is_email};
use hearken_core::sign_in::Tokens;
use hearken_transport::rest::Fields;
use serde::Serialize;
use utoipa::ToSchema;

/// The most characters of a line about a person.
pub(super) const LINE: usize = 200;
/// The most characters of a password that is looked at.
pub(super) const PASSWORD: usize = 200;
/// The most characters of a token or the name of a challenge.
pub(super) const TOKEN: usize = 4096;

/// What of an account the server gives, and nobody changes.
pub(super) const GIVEN: [&str; 4] = ["id", "organisation_id", "created_at", "updated_at"];

/// What somebody is given who has signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn {
    /// To be shown with each request.
    access_token: String,
    /// To be exchanged for new ones, once.
    refresh_token: String,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// Who has signed in.
    #[schema(value_type = AccountShown)]
    account: Account,
}

impl From<Tokens> for SignedIn {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            expires_in: tokens.expires_in.as_secs(),
            account: (*tokens.account).clone(),
        }
    }
}

/// A person's account, as `Account` is written.
#[derive(ToSchema)]
#[schema(as = Account)]
#[expect(dead_code, reason = "it only describes what Account writes")]
pub(super) struct AccountShown {
    /// Its identifier, a UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// The organisation it belongs to.
    #[schema(format = "uuid")]
    organisation_id: String,
    /// First or full name.
    #[schema(required = true)]
    name: Option<String>,
    /// Family name.
    #[schema(required = true)]
    last_name: Option<String>,
    /// The name shown to others.
    #[schema(required = true)]
    display_name: Option<String>,
    /// E-mail address, unique but for guests.
    #[schema(required = true)]
    email: Option<String>,
    /// Phone number: 10 to 15 digits, unique.
    #[schema(required = true, pattern = "^[0-9]{10,15}$")]
    phone: Option<String>,
    /// What the person may do.
    roles: Vec<RoleShown>,
    /// Only of guests: true.
    #[schema(required = false)]
    is_anonymous: bool,
    /// Whether he is shut out.
    disabled: bool,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    updated_at: String,
}

/// What a person may do.
#[derive(ToSchema)]
#[schema(as = Role, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes what Role writes")]
pub(super) enum RoleShown {
    Admin,
    Supervisor,
    Agent,
    Psychologist,
    Client,
    Student,
    Employee,
    Therapist,
    Participant,
    Visitor,
}

/// An e-mail address and its password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Login {
    #[schema(max_length = 200)]
    email: String,
    #[schema(max_length = 200, format = "password")]
    password: String,
}

/// What a guest says of himself, if anything.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Guest {
    /// His name.
    #[schema(required = false, max_length = 200)]
    name: Option<String>,
    /// Where he can be reached: no sign-in, and no conflict.
    #[schema(required = false, max_length = 200)]
    email: Option<String>,
    /// Where he arrives; without it in the organisation named `default`.
    #[schema(required = false, format = "uuid")]
    organisation: Option<String>,
}

/// A refresh token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Refresh {
    refresh_token: String,
}

/// A refresh token, where the one who leaves has no access token any more.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Leave {
    #[schema(required = false)]
    refresh_token: Option<String>,
}

/// A number, and the last name that goes with it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct AskCode {
    /// 10 to 15 digits; what is no digit is dropped.
    #[schema(max_length = 200, pattern = "^([^0-9]*[0-9]){10,15}[^0-9]*$")]
    phone: String,
    /// Compared without case and accents.
    #[schema(max_length = 200)]
    last_name: String,
}

/// A code was asked for. Whether there is anybody of that number and name, nobody is told.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeAsked {
    /// To be shown with the code.
    pub(super) challenge: String,
    /// After how many seconds the next may be asked for.
    pub(super) resend_after_s: u64,
}

/// A challenge and its code.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct ShowCode {
    challenge: String,
    /// Six digits.
    code: String,
}

/// What a person changes about himself.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct ChangeMe {
    #[schema(required = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(required = false, min_length = 1, max_length = 200)]
    display_name: Option<String>,
}

/// The password there is, and the one there shall be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct ChangePassword {
    #[schema(max_length = 200, format = "password")]
    current: String,
    #[schema(min_length = 8, max_length = 200, format = "password")]
    new: String,
}

/// A person to be kept, or what is to be different about him.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Person {
    #[schema(required = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(required = false, min_length = 1, max_length = 200)]
    last_name: Option<String>,
    #[schema(required = false, min_length = 1, max_length = 200)]
    display_name: Option<String>,
    #[schema(required = false, min_length = 3, max_length = 200, pattern = "^[^@\\s]+@[^@\\s]+$")]
    email: Option<String>,
    /// 10 to 15 digits; what is no digit is dropped.
    #[schema(required = false, pattern = "^([^0-9]*[0-9]){10,15}[^0-9]*$")]
    phone: Option<String>,
    #[schema(required = false)]
    roles: Vec<RoleShown>,
    /// Whether he is shut out.
    #[schema(required = false)]
    disabled: bool,
    #[schema(required = false, min_length = 8, max_length = 200, format = "password")]
    password: String,
}

/// A line about a person, as a change of it: one that may be missing, or null.
#[expect(clippy::option_option, reason = "not named, taken away, and another are three things")]
pub(super) fn change_of_line(fields: &mut Fields, field: &'static str) -> Option<Option<String>> {
    changed(fields, field, |_| None)
}

/// The same for an e-mail address.
#[expect(clippy::option_option, reason = "not named, taken away, and another are three things")]
pub(super) fn change_of_email(fields: &mut Fields) -> Option<Option<String>> {
    changed(fields, "email", |line| (!is_email(line)).then_some("must be an e-mail address"))
}

/// The same, where `wrong` says what else is wrong with a line.
#[expect(clippy::option_option, reason = "not named, taken away, and another are three things")]
fn changed(
    fields: &mut Fields,
    field: &'static str,
    wrong: impl FnOnce(&str) -> Option<&'static str>,
) -> Option<Option<String>> {
    let change = fields.change_of_text(field);
    let fault = match &change {
        Some(Some(line)) if line.trim().is_empty() => Some("must not be empty; leave it out, or send null"),
        Some(Some(line)) if line.chars().count() > LINE => Some("must have 1 to 200 characters"),
        Some(Some(line)) if line.contains(char::is_control) => Some("must have no control characters"),
        Some(Some(line)) => wrong(line),
        _ => None,
    };
    if let Some(fault) = fault {
        fields.fault(field, fault);
    }
    change
}

/// The roles that a body names; each that there is not is noted.
pub(super) fn roles(fields: &mut Fields) -> Option<Vec<Role>> {
    let named = fields.optional_texts("roles")?;
    let mut roles = Vec::with_capacity(named.len().min(Role::ALL.len()));
    for name in named {
        match name.parse::<Role>() {
            Ok(role) if !roles.contains(&role) => roles.push(role),
            Ok(_) => {}
            Err(_) => {
                let all: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
                fields.fault("roles", format!("each must be one of {}", all.join(", ")));
                break;
            }
        }
    }
    Some(roles)
}
