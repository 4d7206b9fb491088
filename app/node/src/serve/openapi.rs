//! The OpenAPI document of what REST serves, made from the descriptors when the node starts.

use super::rest::route::{BodyIs, Route};
use aliquot_proto::prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

/// How deep query parameters reach into messages.
const MAX_DEPTH: usize = 3;

pub fn document(routes: &[Route]) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for route in routes {
        let operation = operation(route, &mut schemas);
        // `{denom=**}` is `{denom}` here.
        let path: String = route.template.replace("=**}", "}");
        let at = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(at) = at.as_object_mut() {
            at.insert(route.verb.as_str().to_lowercase(), operation);
        }
    }
    schemas.insert("error".into(), error_schema());
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Aliquot",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every query of the chain by REST. The same are served by gRPC, gRPC-web and CometBFT's abci_query.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "code": { "type": "integer", "description": "the gRPC status code" },
            "message": { "type": "string" },
            "details": { "type": "array", "items": {} },
        },
    })
}

fn operation(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let (input, service) = (route.method.input(), route.method.parent_service());
    let answers = |schema: Value, text: &str| json!({ "description": text, "content": { "application/json": { "schema": schema } } });
    let error = json!({ "$ref": "#/components/schemas/error" });
    let mut operation = json!({
        "operationId": route.rpc.trim_start_matches('/').replace('/', "."),
        "tags": [service.full_name()],
        "responses": {
            "200": answers(reference(&route.method.output(), schemas), "the answer"),
            "default": answers(error, "what went wrong"),
        },
    });
    let mut parameters = Vec::new();
    if route.body != BodyIs::TheMessage {
        collect(&input, "", MAX_DEPTH, route, &mut parameters);
    }
    let Some(object) = operation.as_object_mut() else { return operation };
    object.insert("parameters".into(), parameters.into());
    if route.body == BodyIs::TheMessage {
        let schema = reference(&input, schemas);
        object.insert("requestBody".into(), json!({ "content": { "application/json": { "schema": schema } } }));
    }
    operation
}

/// The fields of a request that take one value, as parameters of path or query.
fn collect(message: &MessageDescriptor, prefix: &str, depth: usize, route: &Route, out: &mut Vec<Value>) {
    for field in message.fields().filter(|field| !field.is_map()) {
        let name = format!("{prefix}{}", field.name());
        if let Kind::Message(inner) = field.kind()
            && !inner.full_name().starts_with("google.protobuf.")
        {
            if let Some(depth) = depth.checked_sub(1).filter(|_| !field.is_list()) {
                collect(&inner, &format!("{name}."), depth, route, out);
            }
            continue;
        }
        let in_path =
            [format!("{{{name}}}"), format!("{{{name}=")].iter().any(|var| route.template.contains(var.as_str()));
        let schema = scalar(&field.kind());
        let schema = if field.is_list() { json!({ "type": "array", "items": schema }) } else { schema };
        let place = if in_path { "path" } else { "query" };
        out.push(json!({ "name": name, "in": place, "required": in_path, "schema": schema }));
    }
}

/// A reference to the schema of a message, which is made with all that it refers to.
fn reference(message: &MessageDescriptor, schemas: &mut Map<String, Value>) -> Value {
    let name = message.full_name();
    match name {
        "google.protobuf.Timestamp" => return json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => return json!({ "type": "string", "example": "1.5s" }),
        "google.protobuf.Any" => {
            return json!({ "type": "object", "properties": { "@type": { "type": "string" } }, "additionalProperties": true });
        }
        _ => {}
    }
    if !schemas.contains_key(name) {
        // Set first: messages may hold themselves.
        schemas.insert(name.into(), Value::Null);
        let properties: Map<String, Value> =
            message.fields().map(|field| (field.name().to_string(), property(&field, schemas))).collect();
        schemas.insert(name.into(), json!({ "type": "object", "properties": properties }));
    }
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn property(field: &FieldDescriptor, schemas: &mut Map<String, Value>) -> Value {
    let one = match field.kind() {
        Kind::Message(inner) => reference(&inner, schemas),
        kind => scalar(&kind),
    };
    if field.is_list() { json!({ "type": "array", "items": one }) } else { one }
}

fn scalar(kind: &Kind) -> Value {
    let names = |kind: &EnumDescriptor| kind.values().map(|value| value.name().to_string()).collect::<Vec<_>>();
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int32 | Kind::Uint32 | Kind::Sint32 | Kind::Fixed32 | Kind::Sfixed32 => json!({ "type": "integer" }),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "format": "int64" }),
        Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64" }),
        Kind::Float | Kind::Double => json!({ "type": "number" }),
        Kind::Bytes => json!({ "type": "string", "format": "byte" }),
        Kind::Enum(kind) => json!({ "type": "string", "enum": names(kind) }),
        Kind::String | Kind::Message(_) => json!({ "type": "string" }),
    }
}
