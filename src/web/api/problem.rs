//! What the API answers when it doesn't do what it was asked for: `application/problem+json` (RFC 9457).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::trace;
use crate::{
    domain::scope::Scope,
    error::{AppError, FieldErrors, Message},
    server::metrics,
};

/// What is on every path of the API.
pub const BASE: &str = "/api/";

const KIND: &str = "application/problem+json";

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What pages say too.
    App(AppError),
    /// Of many operations that are done all or none, this one can't be done.
    Operation(usize, AppError),
    /// Not JSON, or not what the API can read; says what is wrong with it.
    Malformed(String),
    /// The personal access token or JWT is none, or is over.
    InvalidToken,
    /// The login may not do this: it lacks a scope.
    InsufficientScope(Scope),
    /// Only who is logged in with a session, or with a personal access token, may do this.
    SessionNeeded,
    /// A page of another site sent this.
    WrongOrigin,
    /// There is nothing at this path.
    NotFound,
    /// The path is there, and takes other methods.
    MethodNotAllowed,
    /// More bytes than the path takes.
    TooLarge,
    /// The body is not in a format that the path takes: which it takes.
    UnsupportedMediaType(&'static str),
    /// The caller's requests for this minute are used up: how many seconds to wait.
    TooManyRequests(u64),
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        metrics::error(&error);
        Self::App(error)
    }
}

impl From<FieldErrors> for Problem {
    fn from(errors: FieldErrors) -> Self {
        Self::from(AppError::from(errors))
    }
}

/// One kind of problem, for who reads about it.
pub struct Kind {
    /// Its name, which stays.
    pub code: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

const fn kind(code: &'static str, status: u16, title: &'static str, advice: &'static str) -> Kind {
    Kind { code, status, title, advice }
}

/// Every kind, by status.
pub const KINDS: &[Kind] = &[
    kind("malformed", 400, "Not understood", "Send what the description of the operation says, as JSON in UTF-8."),
    kind(
        "not_logged_in",
        401,
        "Not logged in",
        "Send a personal access token or a JWT as `Authorization: Bearer …`, or log in.",
    ),
    kind("invalid_token", 401, "Token not accepted", "It has ended, or never was one. Make a new one and use that."),
    kind("wrong_credentials", 401, "Wrong address or password", "Check both. Several tries make the next one wait."),
    kind(
        "second_factor_needed",
        401,
        "A second step is asked for",
        "Send `code` too: what the account's app shows now, or a backup code. A personal access token needs neither.",
    ),
    kind("insufficient_scope", 403, "Scope missing", "Use a token with the scope that `WWW-Authenticate` names."),
    kind(
        "session_needed",
        403,
        "Not for this login",
        "Use a session or a personal access token: a JWT doesn't lead to another one.",
    ),
    kind(
        "wrong_origin",
        403,
        "From another site",
        "Send it from Docket's own pages, or from a program without a browser.",
    ),
    kind("wrong_password", 403, "Wrong password", "Send the current password of the account."),
    kind("not_confirmed", 403, "Password needed", "Send the password of the account: this can't be taken back."),
    kind("wrong_code", 403, "Wrong code", "Send the code that the account's app shows now, or an unused backup code."),
    kind(
        "code_not_confirmed",
        403,
        "Code needed",
        "Send `code` too: what the account's app shows now, or a backup code.",
    ),
    kind("log_in_again", 403, "No password", "The account has none. Do this in a browser, where you log in anew."),
    kind(
        "factor_required",
        403,
        "Second factor required",
        "Whoever runs this Docket asks for one: set it up at `/settings/security`.",
    ),
    kind("registration_closed", 403, "No new accounts", "Ask whoever runs this Docket for an account."),
    kind("not_found", 404, "Not there", "It doesn't exist, or it is somebody else's. Check the path and the id."),
    kind("method_not_allowed", 405, "Method not allowed", "Use one of the methods that `Allow` names."),
    kind("conflict", 409, "Changed elsewhere", "Read it again, and repeat what still makes sense."),
    kind("superseded", 409, "Changed since", "It can't be taken back any more."),
    kind(
        "idempotency_key_in_use",
        409,
        "Still at it",
        "The first request with this key isn't answered yet. Wait for `Retry-After` and send the same again.",
    ),
    kind(
        "version_mismatch",
        412,
        "Changed since you read it",
        "Read it again; `ETag` has the version that it has now.",
    ),
    kind("too_large", 413, "Too large", "A body has 64 KB at most, that of `/tasks/bulk` 4 MB. Send less at a time."),
    kind("unsupported_media_type", 415, "Not this format", "Send `Content-Type: application/json`."),
    kind("invalid", 422, "Some values were refused", "`errors` says which, and why."),
    kind(
        "idempotency_key_reused",
        422,
        "Key of another request",
        "Make a new Idempotency-Key for each request; send the same one only with the same request.",
    ),
    kind("too_many_requests", 429, "Too many requests", "Wait for `Retry-After`. `RateLimit` says how many are left."),
    kind(
        "too_many_tries",
        429,
        "Too many failed tries",
        "Wait for `Retry-After`; each further failure makes it longer.",
    ),
    kind("internal", 500, "Docket failed", "Try again; if it stays, tell whoever runs this Docket the `request_id`."),
    kind("unavailable", 503, "Busy", "Wait for `Retry-After` and send the same again, with the same Idempotency-Key."),
];

impl Problem {
    /// The name of its kind.
    pub fn code(&self) -> &'static str {
        match self {
            Self::App(error) | Self::Operation(_, error) => error.code(),
            Self::Malformed(_) => "malformed",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::SessionNeeded => "session_needed",
            Self::WrongOrigin => "wrong_origin",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::TooManyRequests(_) => "too_many_requests",
        }
    }

    fn kind(&self) -> &'static Kind {
        let code = self.code();
        let internal = &KINDS[KINDS.len() - 2];
        KINDS.iter().find(|kind| kind.code == code).unwrap_or(internal)
    }

    /// What happened this time.
    fn detail(&self) -> String {
        match self {
            Self::Operation(index, error) => {
                format!("Nothing was done: operation {index} can't be. {}", Self::App(error.clone()).detail())
            }
            Self::App(AppError::NotFound) => "This doesn't exist, or it is somebody else's.".to_owned(),
            Self::App(AppError::NotLoggedIn) => "Log in, or send a token.".to_owned(),
            Self::App(error) => error.to_string(),
            Self::Malformed(detail) => detail.clone(),
            Self::InvalidToken => "This token is none that Docket made, or it has ended.".to_owned(),
            Self::InsufficientScope(scope) => format!("This login doesn't have the scope {}.", scope.as_str()),
            Self::SessionNeeded => "A JWT can't do this. Use a session or a personal access token.".to_owned(),
            Self::WrongOrigin => "Docket takes changes from its own pages only, and from programs.".to_owned(),
            Self::NotFound => "There is nothing at this path. `/api/docs` shows what there is.".to_owned(),
            Self::MethodNotAllowed => "This path takes other methods.".to_owned(),
            Self::TooLarge => "The body is larger than what this path takes.".to_owned(),
            Self::UnsupportedMediaType(wanted) => format!("The body has to be {wanted}."),
            Self::TooManyRequests(seconds) => format!("Wait {seconds} s."),
        }
    }

    /// As it is written. `id` finds the cause in the log.
    pub fn body(&self, id: &str) -> ProblemBody {
        let Kind { code, status, title, .. } = self.kind();
        let at = |field: &str, message: &dyn std::fmt::Display| FieldProblem {
            field: field.to_owned(),
            message: message.to_string(),
        };
        let errors = match self {
            Self::App(AppError::Invalid(errors)) => {
                Some(errors.iter().map(|(field, message)| at(field, message)).collect())
            }
            Self::Operation(index, AppError::Invalid(errors)) => {
                let inside = |(field, message): (&str, &Message)| at(&format!("operations[{index}].{field}"), message);
                Some(errors.iter().map(inside).collect())
            }
            Self::Operation(index, error) => {
                Some(vec![at(&format!("operations[{index}]"), &Self::App(error.clone()).detail())])
            }
            Self::App(error @ (AppError::NotConfirmed(_) | AppError::WrongPassword)) => {
                Some(vec![at("password", error)])
            }
            Self::App(error @ (AppError::WrongCode | AppError::CodeNotConfirmed(_))) => Some(vec![at("code", error)]),
            _ => None,
        };
        ProblemBody {
            kind: format!("/api/docs#{code}"),
            title,
            status: *status,
            detail: self.detail(),
            code,
            request_id: id.to_owned(),
            errors,
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        let challenge = |rest: &str| format!("Bearer realm=\"docket\"{rest}");
        match &self {
            Self::App(AppError::NotLoggedIn | AppError::WrongCredentials) => {
                set(header::WWW_AUTHENTICATE, challenge(""));
            }
            Self::InvalidToken => set(header::WWW_AUTHENTICATE, challenge(", error=\"invalid_token\"")),
            Self::InsufficientScope(scope) => {
                let rest = format!(", error=\"insufficient_scope\", scope=\"{}\"", scope.as_str());
                set(header::WWW_AUTHENTICATE, challenge(&rest));
            }
            Self::App(AppError::TooManyTries(seconds)) | Self::TooManyRequests(seconds) => {
                set(header::RETRY_AFTER, seconds.to_string());
            }
            Self::App(AppError::KeyInUse) => set(header::RETRY_AFTER, "1".to_owned()),
            Self::App(AppError::VersionMismatch(version)) => set(header::ETAG, format!("\"{version}\"")),
            _ => {}
        }
        set(header::CONTENT_TYPE, KIND.to_owned());
        let body = serde_json::to_vec(&self.body("")).unwrap_or_default();
        let mut answer = (self.status(), headers, body).into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Makes every refusal on a path of the API a problem, also those of guards and layers that know nothing of it, and writes the
/// request's id into it.
pub async fn dress(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(BASE) {
        return next.run(request).await;
    }
    let id = trace::request_id(&request);
    let answer = next.run(request).await;
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let problem = answer.extensions().get::<Problem>().cloned().unwrap_or_else(|| plain(status));
    let body = serde_json::to_vec(&problem.body(&id)).unwrap_or_default();
    let (mut parts, _) = answer.into_parts();
    parts.status = problem.status();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(KIND));
    Response::from_parts(parts, body.into())
}

/// The problem of an answer that has none.
fn plain(status: StatusCode) -> Problem {
    match status {
        StatusCode::UNAUTHORIZED => Problem::App(AppError::NotLoggedIn),
        StatusCode::FORBIDDEN => Problem::WrongOrigin,
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::UnsupportedMediaType("application/json"),
        StatusCode::SERVICE_UNAVAILABLE => Problem::App(AppError::Unavailable),
        status if status.is_client_error() => Problem::Malformed("Docket didn't understand this request.".to_owned()),
        _ => Problem::App(AppError::Internal),
    }
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#not_found")]
    kind: String,
    /// What kind of problem it is.
    #[schema(example = "Not there")]
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What happened this time.
    #[schema(example = "This doesn't exist, or it is somebody else's.")]
    detail: String,
    /// The name of the kind: it never changes, so programs can go by it.
    #[schema(example = "not_found")]
    code: &'static str,
    /// The id of the request, by which whoever runs Docket finds it in the log; not in the results of many operations.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f")]
    request_id: String,
    /// What was refused, and why, where that can be said: always for `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errors: Option<Vec<FieldProblem>>,
}

/// One value that was refused.
#[derive(Serialize, ToSchema)]
struct FieldProblem {
    /// Which field of the body, parameter or header.
    #[schema(example = "title")]
    field: String,
    /// Why.
    #[schema(example = "This can't be empty.")]
    message: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::error::Conflict;

    #[test]
    fn every_error_that_the_api_can_meet_is_described_with_its_status() {
        let all = [
            AppError::Invalid(FieldErrors::default()),
            AppError::Malformed,
            AppError::WrongCredentials,
            AppError::TooManyTries(1),
            AppError::WrongPassword,
            AppError::NotConfirmed(true),
            AppError::SecondFactorNeeded,
            AppError::WrongCode,
            AppError::CodeNotConfirmed(true),
            AppError::LogInAgain,
            AppError::FactorRequired,
            AppError::NotLoggedIn,
            AppError::NotFound,
            AppError::Conflict(Conflict::default()),
            AppError::Superseded,
            AppError::VersionMismatch(1),
            AppError::KeyReused,
            AppError::KeyInUse,
            AppError::RegistrationClosed,
            AppError::Unavailable,
            AppError::Internal,
        ];
        for error in all {
            let problem = Problem::App(error.clone());
            assert_eq!(problem.kind().code, error.code());
            assert_eq!(problem.status().as_u16(), error.status(), "{}", error.code());
        }
        let codes: BTreeSet<_> = KINDS.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), KINDS.len(), "a code twice");
        assert!(KINDS.is_sorted_by_key(|kind| kind.status));
    }
}
