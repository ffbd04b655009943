//! What holds for every operation, said once: refusals and their form, headers, what a query and a body may hold.
//!
//! The handlers' own documentation says what an operation does and what it refuses of its own accord. `cargo xtask test`
//! holds all of it against the running server.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Status, name of the shared answer, meaning.
const REFUSALS: &[(&str, &str, &str)] = &[
    (
        "400",
        "Malformed",
        "The request can't be read: JSON that is none, a form that breaks off, an Idempotency-Key that is missing or none.",
    ),
    ("401", "NotSignedIn", "No sign-in, or one that no longer holds."),
    ("403", "NotAllowed", "The role may not, or the request came from another site."),
    ("404", "NotFound", "There is no such thing, or not for the caller to know of."),
    (
        "409",
        "Conflict",
        "The state of things forbids it. After a stale version `current` is the resource as it is now.",
    ),
    ("413", "TooLarge", "The body is too large."),
    ("415", "UnsupportedMediaType", "The body is not of the content type that is asked for."),
    ("422", "Invalid", "Fields, parameters or the file are wrong; `errors` names every one."),
    ("429", "TooManyRequests", "Too many requests; try again after `Retry-After` seconds."),
    ("500", "Failed", "Something went wrong on our side."),
    ("503", "Busy", "Busy, or too slow; try again after `Retry-After` seconds."),
];

/// Completes the document that the handlers make.
pub(super) fn complete(document: &mut Value) {
    let mut asked = BTreeSet::new();
    let schemas = document["components"]["schemas"].clone();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        let items = paths.iter_mut().filter_map(|(path, item)| Some((path, item.as_object_mut()?)));
        for (path, item) in items {
            for (method, operation) in item.iter_mut() {
                parameters(operation, &schemas);
                optional_body(operation);
                answers(operation, &schemas);
                refusals(operation, path, method != "get");
                referred(&operation["requestBody"], &schemas, &mut asked);
            }
        }
    }
    for name in asked {
        // Unknown fields are refused wherever a body is read.
        let schema = &mut document["components"]["schemas"][name];
        schema["additionalProperties"] = false.into();
        let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
        fields.into_iter().flat_map(Map::values_mut).for_each(within_64_bits);
    }
    let shared =
        REFUSALS.iter().map(|(status, name, meaning)| ((*name).to_owned(), refusal(status, meaning)));
    document["components"]["responses"] = Value::Object(shared.collect());
}

/// The names of the schemas with fields that `part` is made of.
fn referred(part: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(schema_name) {
                let schema = &schemas[name];
                if schema["type"] == "object" && found.insert(name.to_owned()) {
                    referred(schema, schemas, found);
                }
            }
            fields.values().for_each(|part| referred(part, schemas, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| referred(part, schemas, found)),
        _ => {}
    }
}

fn schema_name(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/components/schemas/")
}

/// The schema of a body, if it is one with a name.
fn body_schema<'a>(content: &Value, schemas: &'a Value) -> Option<&'a Value> {
    let content = content["content"].as_object()?.values().next()?;
    Some(&schemas[schema_name(&content["schema"]["$ref"])?])
}

fn parameters(operation: &mut Value, schemas: &Value) {
    let guarded = body_schema(&operation["requestBody"], schemas)
        .is_some_and(|body| body["properties"]["version"].is_object());
    let Some(operation) = operation.as_object_mut() else { return };
    if guarded {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(json!({
                "name": "If-Match", "in": "header", "required": false,
                "description": "The `ETag` of the version that is changed; `version` in the body says the same and wins.",
                "schema": { "type": "string", "pattern": "^(\\*|(W/)?(\"[0-9]{1,18}\"|[0-9]{1,18}))$" },
            }));
        }
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for parameter in parameters {
        // A parameter is there or not; none is null.
        without_null(&mut parameter["schema"]);
        within_64_bits(&mut parameter["schema"]);
        if parameter["in"] == "query" {
            // Forms send empty fields; they count as absent.
            parameter["allowEmptyValue"] = true.into();
        }
        if parameter["name"] == "Idempotency-Key" {
            parameter["description"] = "Makes the request happen once, however often it is sent.".into();
            parameter["schema"] = json!({ "type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$" });
        }
    }
}

/// JSON's whole numbers have no end; ours do.
fn within_64_bits(schema: &mut Value) {
    if schema["format"] == "int64" {
        for (bound, value) in [("minimum", i64::MIN), ("maximum", i64::MAX)] {
            if schema.get(bound).is_none() {
                schema[bound] = value.into();
            }
        }
    }
}

/// A body that may be left out is documented by the macro as one that may be null.
fn optional_body(operation: &mut Value) {
    let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    let Some(content) = content else { return };
    let mut optional = false;
    for content in content.values_mut() {
        optional |= without_null(&mut content["schema"]);
    }
    if optional {
        operation["requestBody"]["required"] = false.into();
    }
}

/// Takes `null` away from what a schema allows; `true` when it was there.
fn without_null(schema: &mut Value) -> bool {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [single] = types.as_slice() {
            schema["type"] = single.clone();
        }
        return true;
    }
    let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else { return false };
    let before = choices.len();
    choices.retain(|choice| choice["type"] != "null");
    let found = choices.len() < before;
    if let [single] = choices.as_slice() {
        *schema = single.clone();
    }
    found
}

/// Headers of what is answered when all is well.
fn answers(operation: &mut Value, schemas: &Value) {
    let replays = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key"));
    let signs_in = operation["operationId"].as_str().is_some_and(|id| id.starts_with("auth_"));
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, answer) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let mut headers = request_id();
        let body = body_schema(answer, schemas);
        if body.is_some_and(|body| body["properties"]["version"].is_object()) {
            headers.insert(
                "ETag".into(),
                header(
                    "The version, for `If-Match`.",
                    json!({ "type": "string", "pattern": "^\"[0-9]+\"$" }),
                ),
            );
        }
        if body.is_some_and(|body| body["format"] == "binary") {
            headers.insert(
                "Content-Disposition".into(),
                header(
                    "The name of the file.",
                    json!({ "type": "string", "pattern": "^attachment; filename=\"" }),
                ),
            );
        }
        if replays {
            let mut replay = header("There when this is the first answer again.", json!({ "const": "true" }));
            replay["required"] = false.into();
            headers.insert("Idempotent-Replay".into(), replay);
        }
        if signs_in && body.is_none_or(|body| body["properties"]["access_token"].is_object()) {
            headers.insert(
                "Set-Cookie".into(),
                header("The cookies of the session, or their end.", json!({ "type": "string" })),
            );
        }
        answer["headers"] = Value::Object(headers);
        let told = match status.as_str() {
            "201" => "Made.",
            "202" => "Taken on; it goes on in the background.",
            "204" => "Done; there is nothing more to say.",
            _ => "Done.",
        };
        if answer["description"].as_str().is_none_or(str::is_empty) {
            answer["description"] = told.into();
        }
    }
}

/// Every refusal in its one form: those of the operation itself, and those that come before it.
fn refusals(operation: &mut Value, path: &str, changes: bool) {
    let signed_in = operation["security"].as_array().is_none_or(|ways| !ways.contains(&json!({})));
    let body = operation["requestBody"].is_object();
    let key = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key"));
    let query = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["in"] == "query"));
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, name, _) in REFUSALS {
        let general = match *status {
            "400" => body || key,
            "401" => signed_in,
            "403" => changes,
            "404" => path.contains('{'),
            "413" | "415" => body,
            "422" => body || query,
            "500" | "503" => true,
            _ => false,
        };
        if general || responses.contains_key(*status) {
            responses
                .insert((*status).to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
}

fn refusal(status: &str, meaning: &str) -> Value {
    let mut headers = request_id();
    match status {
        "401" => {
            headers
                .insert("WWW-Authenticate".into(), header("How to sign in.", json!({ "const": "Bearer" })));
        }
        "429" | "503" => {
            let seconds = json!({ "type": "integer", "minimum": 0 });
            headers.insert("Retry-After".into(), header("Seconds to wait.", seconds));
        }
        _ => {}
    }
    json!({
        "description": meaning,
        "headers": headers,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn request_id() -> Map<String, Value> {
    let id =
        header("Names the request to whoever runs the server.", json!({ "type": "string", "minLength": 1 }));
    Map::from_iter([("X-Request-Id".to_owned(), id)])
}

fn header(meaning: &str, schema: Value) -> Value {
    json!({ "description": meaning, "required": true, "schema": schema })
}
