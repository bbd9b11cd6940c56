//! What handlers take from a request. Whatever is wrong with it is told at its field.

use std::{
    borrow::Cow,
    fmt::{self, Display},
    marker::PhantomData,
};

use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::error::Category;

use super::problem::Problem;
use crate::{
    domain::id::TaskId,
    error::{AppError, FieldErrors},
    server::store::{idempotency::Key, tasks::patch::Expected},
};

/// A body in JSON (RFC 8259).
pub struct Json<T> {
    /// What it says.
    pub value: T,
    /// How it was written.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::UnsupportedMediaType("application/json"));
        }
        let bytes = body(request, state).await?;
        Ok(Self { value: read(&bytes)?, bytes })
    }
}

/// Any body, where none is needed.
pub struct Whatever(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Whatever {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Self(body(request, state).await?))
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|refused| match refused.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Malformed("The body broke off.".to_owned()),
    })
}

/// `application/json`, and what is written in it, such as `application/merge-patch+json` (RFC 7396).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            Category::Data => refused(&path, &error),
            _ => unreadable(&error),
        }
    })?;
    reader.end().map_err(|error| unreadable(&error))?;
    Ok(value)
}

/// An object in JSON, and no array of its values, which serde would take for one too.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<T, M::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        value.deserialize_map(Members(PhantomData)).map(Self)
    }
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::Malformed(format!("The body is not JSON that Docket can read: line {line}, column {column}."))
}

/// What serde says of a value, at its field, in words for who wrote it.
fn refused(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let parent = path.trim_end_matches('?').trim_end_matches('.');
    let named = text.split('`').nth(1).unwrap_or_default();
    let inside = |name: &str| match parent {
        "" => name.to_owned(),
        parent if parent.ends_with(name) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    let (field, message): (_, Cow<'_, str>) = if text.starts_with("unknown field") {
        (inside(named), "There is no such field here.".into())
    } else if text.starts_with("missing field") {
        (inside(named), "This is needed.".into())
    } else if text.starts_with("duplicate field") {
        (inside(named), "This stands here twice.".into())
    } else if let Some((found, wanted)) =
        text.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ").split_once(", expected ")
    {
        (parent.to_owned(), format!("This is {}, where {} is expected.", kind(found), kind(wanted)).into())
    } else {
        (parent.to_owned(), "This is not what is expected here.".into())
    };
    let field = if field.is_empty() { "body" } else { &field };
    Problem::from(FieldErrors::one(field, message.into_owned()))
}

/// What serde calls a value or a type, in the words of JSON: never what was found itself, which may be long, nor names of the program's.
fn kind(text: &str) -> &'static str {
    match text.split([' ', '`']).find(|word| !matches!(*word, "a" | "an")).unwrap_or_default() {
        "integer" | "floating" | "number" | "JSON" => "a number",
        "whole" | "u8" | "u16" | "u32" | "u64" | "i64" => "a whole number",
        "string" | "str" => "a text",
        "boolean" => "true or false",
        "sequence" => "a list",
        "null" | "unit" => "null",
        "map" | "object" | "struct" | "internally" => "an object",
        _ => "something else",
    }
}

/// The id of a task in the path. What is no id is the id of no task.
pub struct Id(pub TaskId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Text(id) = parts.extract().await?;
        id.parse().map(Self).map_err(|_| Problem::from(AppError::NotFound))
    }
}

/// What stands in the path where it has a parameter.
pub struct Text(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Text {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Path(text) = parts.extract::<Path<String>>().await.map_err(|_| Problem::from(AppError::NotFound))?;
        Ok(Self(text))
    }
}

/// The parameters of a query, each to be taken once.
pub struct Query {
    pairs: Vec<(String, String)>,
    errors: FieldErrors,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::new(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    /// The most parameters that are refused one by one.
    const MOST: usize = 50;

    fn new(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into(), value.into())).collect();
        Self { pairs, errors: FieldErrors::default() }
    }

    /// The value of a parameter, as `parse` reads it; none where it is missing or refused.
    pub fn take<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let index = self.pairs.iter().position(|(key, _)| key == name)?;
        let (_, value) = self.pairs.remove(index);
        parse(&value).map_err(|error| self.errors.refuse(name, error.to_string())).ok()
    }

    /// Refuses a parameter.
    pub fn refuse(&mut self, name: &str, message: &str) {
        self.errors.refuse(name, message);
    }

    /// Refuses what nobody took: a parameter that is misspelt would be a filter that isn't there.
    pub fn done(mut self) -> Result<(), Problem> {
        let left = std::mem::take(&mut self.pairs);
        if left.len() > Self::MOST {
            return Err(Problem::Malformed(format!("These are more than {} parameters too many.", Self::MOST)));
        }
        for (index, (name, _)) in left.iter().enumerate() {
            if !left[..index].iter().any(|(other, _)| other == name) {
                let name: String = name.chars().take(100).collect();
                self.errors.refuse(&name, "There is no such parameter here, or it stands there twice.");
            }
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors.into()) }
    }
}

/// `true` or `false`.
pub fn flag(text: &str) -> Result<bool, &'static str> {
    text.parse().map_err(|_| "This is true or false.")
}

/// A whole number from `least` to `most`.
pub fn number(least: u32, most: u32) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("This is a whole number from {least} to {most}."))
    }
}

/// `If-Match`: which versions of a task are meant (RFC 9110, section 13.1.1). What is no version of Docket's matches none.
pub struct IfMatch(pub Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(tags) = tags(&parts.headers, &header::IF_MATCH) else { return Ok(Self(Expected::Any)) };
        if tags.iter().any(|tag| tag == "*") {
            return Ok(Self(Expected::Any));
        }
        Ok(Self(Expected::OneOf(tags.iter().filter_map(|tag| version(tag)).collect())))
    }
}

/// `If-None-Match`: whether somebody has this version already (RFC 9110, section 13.1.2).
pub struct IfNoneMatch(Option<Vec<String>>);

impl IfNoneMatch {
    /// Whether it is one of those that are known.
    pub fn has(&self, known: u64) -> bool {
        let is = |tag: &String| tag == "*" || version(tag.strip_prefix("W/").unwrap_or(tag)) == Some(known);
        self.0.as_ref().is_some_and(|tags| tags.iter().any(is))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(tags(&parts.headers, &header::IF_NONE_MATCH)))
    }
}

/// The entity tags of a header, if it is there. No tag of Docket's has a comma in it.
fn tags(headers: &HeaderMap, name: &header::HeaderName) -> Option<Vec<String>> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    let text = |value: &&header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let all = values.iter().map(text).collect::<Vec<_>>().join(",");
    (!values.is_empty()).then(|| all.split(',').map(|tag| tag.trim().to_owned()).collect())
}

/// The version of a strong entity tag.
fn version(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): in quotes, as the draft has it, or without.
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    const NAME: &str = "Idempotency-Key";

    /// What the request goes by: the key, if it has one, and all that makes it.
    pub fn of(&self, request: &[&[u8]]) -> Option<Key> {
        self.0.as_ref().map(|key| Key::new(key, request))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default();
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let key = quoted.filter(|key| !key.is_empty()).unwrap_or(text);
        if text.is_empty() || text.len() > 255 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "This is 1 to 255 characters of ASCII without blanks, such as a UUID.";
            return Err(Problem::from(FieldErrors::one(Self::NAME, message)));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code, reason = "read by serde")]
        inner: Vec<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code, reason = "read by serde")]
        title: String,
    }

    fn error(text: &str) -> (String, String) {
        match read::<Outer>(text.as_bytes()) {
            Err(Problem::App(AppError::Invalid(errors))) => {
                let (field, message) = errors.iter().next().unwrap();
                (field.to_owned(), message.to_string())
            }
            Err(problem) => (problem.code().to_owned(), String::new()),
            Ok(value) => panic!("{value:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_told_where_it_is() {
        for (body, field, message) in [
            ("{", "malformed", ""),
            ("", "malformed", ""),
            ("{} {}", "inner", "This is needed."),
            ("[[]]", "body", "This is a list, where an object is expected."),
            ("5", "body", "This is a number, where an object is expected."),
            (r#"{"inner": [["x"]]}"#, "inner[0]", "This is a list, where an object is expected."),
            (r#"{"inner": [], "outer": 1}"#, "outer", "There is no such field here."),
            (r#"{"inner": [{"title": 5}]}"#, "inner[0].title", "This is a number, where a text is expected."),
            (r#"{"inner": [{}]}"#, "inner[0].title", "This is needed."),
            (r#"{"inner": [{"title": "x", "role": "admin"}]}"#, "inner[0].role", "There is no such field here."),
            (r#"{"inner": [], "inner": []}"#, "inner", "This stands here twice."),
        ] {
            assert_eq!(error(body), (field.to_owned(), message.to_owned()), "{body}");
        }
        assert_eq!(error(&"[".repeat(10_000)).0, "body");
    }

    #[test]
    fn a_tag_is_a_version() {
        for (tag, expected) in [("\"7\"", Some(7)), ("7", None), ("W/\"7\"", None), ("\"\"", None), ("\"+7\"", None)] {
            assert_eq!(version(tag), expected, "{tag}");
        }
    }

    #[test]
    fn a_parameter_that_nobody_takes_is_refused() {
        let mut query = Query::new("limit=5&colour=red&limit=6");
        assert_eq!(query.take("limit", number(1, 200)), Some(5));
        let Err(Problem::App(AppError::Invalid(errors))) = query.done() else { panic!("taken") };
        assert_eq!(errors.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["colour", "limit"]);
    }
}
