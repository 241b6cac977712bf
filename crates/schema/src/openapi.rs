//! The OpenAPI document of the Management API, from the same table and schemas that requests are checked with.

use serde_json::{Map, Value, json};

use crate::Operation;

/// The document (OpenAPI 3.1): every operation with its parameters, body, scopes and statuses.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for operation in Operation::ALL {
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(operation.method().to_ascii_lowercase(), describe(*operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "grantd Management API",
            "description": "The operations of Auth0's Management API v2 that grantd has.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": "/api/v2" }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
            "schemas": schemas(),
        },
    })
}

fn describe(operation: Operation) -> Value {
    let mut parameters = parameters("path", operation.path_schema());
    parameters.extend(self::parameters("query", operation.query_schema()));
    let mut description = json!({
        "operationId": operation.id(),
        "summary": operation.summary(),
        "parameters": parameters,
        "security": security(operation),
        "responses": responses(operation),
    });
    if let (Some(_), Some(members)) = (operation.payload_schema(), description.as_object_mut()) {
        let schema = json!({ "$ref": format!("#/components/schemas/{}", operation.id()) });
        let content = json!({
            "application/json": { "schema": schema },
            "application/x-www-form-urlencoded": { "schema": schema },
        });
        members.insert("requestBody".into(), json!({ "required": true, "content": content }));
    }
    description
}

/// Of the requirements in the list any one suffices (OpenAPI: Security Requirement Object).
fn security(operation: Operation) -> Value {
    if operation.needs_every_scope() {
        return json!([{ "bearer": operation.scopes() }]);
    }
    operation.scopes().iter().map(|scope| json!({ "bearer": [scope] })).collect()
}

fn parameters(place: &str, schema: &Value) -> Vec<Value> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let parameter = |(name, schema): (&String, &Value)| json!({ "name": name, "in": place, "required": place == "path", "schema": schema });
    properties.iter().map(parameter).collect()
}

fn responses(operation: Operation) -> Value {
    let error = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
    let refused = [
        ("400", "The path, the query or the body is not valid."),
        ("401", "There is no valid token."),
        ("403", "The token lacks the scope, or the operation is not allowed."),
        ("404", "What the request names is not there."),
        ("409", "Another record has the same natural key."),
    ];
    let mut responses = Map::new();
    responses.insert(operation.success().to_string(), json!({ "description": "Done." }));
    for (status, description) in refused {
        responses.insert(status.into(), json!({ "description": description, "content": error }));
    }
    Value::Object(responses)
}

/// The bodies, by the operation that takes them, and the error.
fn schemas() -> Map<String, Value> {
    let payload =
        |operation: &Operation| Some((operation.id().to_owned(), operation.payload_schema()?.clone()));
    let mut schemas: Map<String, Value> = Operation::ALL.iter().filter_map(payload).collect();
    schemas.insert("Error".into(), error_schema());
    schemas
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "statusCode": { "type": "integer" },
            "error": { "type": "string" },
            "message": { "type": "string" },
            "errorCode": { "type": "string" },
        },
        "required": ["statusCode", "error", "message"],
    })
}
