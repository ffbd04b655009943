//! Parts of a request, or the problem that says what is wrong with them.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use domain::{FieldError, FieldErrors, Problem};
use ledger::Caller;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::named::Named;
use super::problem::Refusal;
use crate::application::State;
use crate::session::Visitor;

/// The signed-in caller; 401 without.
pub(crate) struct Signed(pub Caller);

impl FromRequestParts<State> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        let visitor = parts.extensions.get::<Visitor>().and_then(|visitor| visitor.0.clone());
        visitor.map(Signed).ok_or_else(|| ledger::Error::Unauthenticated.into())
    }
}

/// The id in the address. What can't be an id is the id of nothing.
pub(crate) struct Id<T>(pub T);

impl<T: From<String>> FromRequestParts<State> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(T::from(id))),
            Err(_) => Err(super::not_found().await),
        }
    }
}

/// A JSON body, with its bytes for the idempotency fingerprint.
pub(crate) struct Body<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<State> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &State) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let bytes = read(request, state).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// Like [`Body`], but an empty body is the default value.
pub(crate) struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<State> for OptionalBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &State) -> Result<Self, Refusal> {
        let json = is_json(request.headers());
        let bytes = read(request, state).await?;
        match (bytes.is_empty(), json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => Ok(Self(parse(&bytes)?)),
            (false, false) => Err(not_json()),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn not_json() -> Refusal {
    let detail = "Send JSON with Content-Type: application/json.";
    Problem::new(415, "unsupported_media_type", "Unsupported media type", detail).into()
}

async fn read(request: Request, state: &State) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            super::too_large(super::MOST_BYTES).into()
        } else {
            Problem::new(
                400,
                "incomplete_body",
                "Incomplete request",
                "The body ended before it was complete.",
            )
            .into()
        }
    })
}

/// Wrong places of one body that are looked for at most.
const MOST_ERRORS: usize = 100;

/// Malformed JSON is 400; JSON of another shape is 422 and names every place that is wrong.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let first = match serde_path_to_error::deserialize(Named(&mut reader)) {
        Ok(value) => {
            reader.end().map_err(|error| malformed(&error))?;
            return Ok(value);
        }
        Err(error) => error,
    };
    let Ok(mut rest) = serde_json::from_slice::<Value>(bytes) else { return Err(malformed(first.inner())) };
    // Deserialising stops at the first wrong field. Putting something right in its place and trying again finds the others.
    let mut found = misshaped(&first);
    let mut errors: Vec<FieldError> = Vec::new();
    for _ in 0..MOST_ERRORS {
        let mended = mend(&mut rest, &found);
        // What was put in place can be wrong in turn; that says nothing new.
        let under = |known: &FieldError| {
            found
                .error
                .pointer
                .strip_prefix(known.pointer.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !errors.iter().any(under) {
            errors.push(found.error);
        }
        match serde_path_to_error::deserialize::<_, T>(Named(&rest)) {
            Err(next) if mended => found = misshaped(&next),
            _ => break,
        }
    }
    Err(Problem::invalid(FieldErrors(errors)).into())
}

/// A wrong place, and what would be right there.
struct Misshaped {
    error: FieldError,
    right: Option<Value>,
}

/// Puts what would be right where something is wrong, or takes it out; `false` when that can't be done.
fn mend(body: &mut Value, wrong: &Misshaped) -> bool {
    let Some((parent, name)) = wrong.error.pointer.rsplit_once('/') else { return false };
    let name = name.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(parent), wrong.right.clone()) {
        (Some(Value::Object(fields)), Some(right)) => fields.insert(name, right.clone()) != Some(right),
        (Some(Value::Object(fields)), None) => fields.remove(&name).is_some(),
        (Some(Value::Array(items)), Some(right)) => {
            let item = name.parse().ok().and_then(|index: usize| items.get_mut(index));
            item.is_some_and(|item| std::mem::replace(item, right.clone()) != right)
        }
        _ => false,
    }
}

fn malformed(error: &serde_json::Error) -> Refusal {
    let detail = format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
    Problem::new(400, "malformed_json", "Malformed JSON", detail).into()
}

fn misshaped(error: &serde_path_to_error::Error<serde_json::Error>) -> Misshaped {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let place: String = error
        .path()
        .iter()
        .map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => format!("/{index}"),
            serde_path_to_error::Segment::Map { key } => format!("/{}", escaped(key)),
            serde_path_to_error::Segment::Enum { variant } => format!("/{}", escaped(variant)),
            serde_path_to_error::Segment::Unknown => String::new(),
        })
        .collect();
    let text = error.inner().to_string();
    let words = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    let quoted = escaped(words.split('`').nth(1).unwrap_or_default());
    let wrong = |pointer: String, code: &'static str, message: String, right: Option<Value>| Misshaped {
        error: FieldError { pointer, code: code.into(), message },
        right,
    };
    if words.starts_with("unknown field") {
        let named = place.ends_with(&format!("/{quoted}"));
        let pointer = if named { place } else { format!("{place}/{quoted}") };
        return wrong(pointer, "unknown_field", format!("There is no field “{quoted}” here."), None);
    }
    if words.starts_with("missing field") {
        let pointer = format!("{place}/{quoted}");
        // Most fields are text; where this one is not, the next attempt says what it is.
        return wrong(pointer, "required", "This field is required.".to_owned(), Some("".into()));
    }
    let expected = words.rsplit_once("expected ").map_or("another kind of value", |(_, expected)| expected);
    if words.starts_with("unknown variant") {
        let known = expected.replace('`', "");
        let known = known.strip_prefix("one of ").unwrap_or(&known);
        return wrong(place, "unknown_value", format!("Use one of {known}."), Some(Value::Null));
    }
    if words.starts_with("invalid type") {
        let (message, right) = match expected {
            "a string" => ("a text in quotation marks", "".into()),
            "a boolean" => ("true or false", false.into()),
            "a sequence" => ("a list", Value::Array(Vec::new())),
            "i64" | "u32" | "u64" => ("a whole number", 0.into()),
            "struct MoneyInput" | "struct Money" => (
                r#"money such as {"amount":"1234.50","currency":"USD"}"#,
                Value::Object(serde_json::Map::new()),
            ),
            // Names of our types are no help.
            _ if expected.starts_with("struct ") => ("an object", Value::Object(serde_json::Map::new())),
            other => (other, Value::Null),
        };
        return wrong(place, "invalid_type", format!("This should be {message}."), Some(right));
    }
    let mut message = words.trim_end_matches('.').to_owned();
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    wrong(place, "invalid_value", format!("{message}."), Some(Value::Null))
}

/// Query parameters, each known and each readable, or 422 that names every wrong one.
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    errors: FieldErrors,
}

impl FromRequestParts<State> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(query).map_err(|_| {
            Problem::new(400, "malformed_query", "Malformed query", "The query can't be read.")
        })?;
        Ok(Self { pairs, errors: FieldErrors::default() })
    }
}

impl Parameters {
    /// The text of a parameter; empty ones count as absent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.pairs.retain(|(given, value)| {
            let this = given == name;
            if this && !value.is_empty() {
                found = Some(value.clone());
            }
            !this
        });
        found
    }

    /// A parameter read by `parse`, whose error says what would be right.
    pub fn read<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.errors.add(name, "invalid_parameter", message);
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, |text| text.parse().map_err(|_| "Use true or false.".to_owned()))
    }

    /// A calendar date.
    pub fn date(&mut self, name: &str) -> Option<chrono::NaiveDate> {
        self.read(name, |text| domain::customer::parse_date(name, text).map_err(|error| error.message))
    }

    /// Rows a page.
    pub fn limit(&mut self) -> Option<u32> {
        self.read("limit", |text| {
            text.parse()
                .ok()
                .filter(|limit| (1..=200).contains(limit))
                .ok_or_else(|| "Use 1 to 200.".to_owned())
        })
    }

    /// Nothing may be left that nobody asked for.
    pub fn done(mut self) -> Result<(), Refusal> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.errors.add(&name, "unknown_parameter", format!("There is no parameter “{name}” here."));
        }
        self.errors.into_result().map_err(|errors| Problem::invalid(errors).into())
    }
}

/// The version that `If-Match` names; `*` and nothing name none.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let tag = value.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Ok(None);
    }
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag);
    let number = version.parse().ok().filter(|_| version.bytes().all(|byte| byte.is_ascii_digit()));
    number.map(Some).ok_or_else(|| {
        let message = "If-Match takes the ETag of the version you changed, such as \"3\".";
        Problem::invalid(FieldError::new("If-Match", "invalid_etag", message).into()).into()
    })
}

/// The `ETag` of a version.
pub(crate) fn etag(version: i64) -> [(axum::http::HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""));
    [(ETAG, value)]
}
