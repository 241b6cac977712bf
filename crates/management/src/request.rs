//! A request as it came in, and its parts as the schema lets them through.
//!
//! Parts are checked when a use case asks for them, after it has asked whether the caller may: who may not is
//! told so before anything else (Auth0's order: authentication, scope, path, query, body).

use grantd_model::patch::Members;
use grantd_schema::Operation;
use serde_json::Value;

use crate::Error;

/// A body, before it is read.
#[derive(Clone, Debug)]
pub enum Body {
    /// None, or an empty one.
    Empty,
    /// `application/json`.
    Json(Vec<u8>),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<u8>),
    /// Another type, by its name.
    Other(String),
}

/// A request to the Management API.
#[derive(Clone, Debug)]
pub struct Request {
    /// The parameters of the path, decoded.
    pub path: Vec<(String, String)>,
    /// The query, as it came.
    pub query: String,
    /// The body.
    pub body: Body,
}

impl Request {
    /// Checks the path and the query, and returns the query's values, typed by the schema.
    pub fn query(&self, operation: Operation) -> Result<Members, Error> {
        let path: Vec<(&str, &str)> =
            self.path.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        operation.check_path(&path)?;
        Ok(operation.check_query(&self.query)?)
    }

    /// Checks the path, the query and the body, and returns the body's members.
    pub fn payload(&self, operation: Operation) -> Result<Members, Error> {
        self.query(operation)?;
        let body = self.read_body(operation)?;
        operation.check_payload(&body)?;
        match body {
            Value::Object(members) => Ok(members),
            _ => Ok(Members::new()),
        }
    }

    /// The body before its schema has seen it, for what is to be said in other words than the schema's.
    pub(crate) fn unchecked(&self, operation: Operation) -> Result<Value, Error> {
        self.query(operation)?;
        self.read_body(operation)
    }

    /// A parameter of the path; empty if the route has none of that name.
    pub fn parameter(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The body as JSON; forms are only for operations of Auth0's.
    pub(crate) fn json(&self) -> Result<Value, Error> {
        match &self.body {
            Body::Empty => Ok(Value::Null),
            Body::Json(bytes) => {
                let unreadable = |fault: serde_json::Error| Error::UnreadableBody(fault.to_string());
                let mut value = grantd_schema::json::parse(bytes).map_err(unreadable)?;
                grantd_schema::integral_numbers(&mut value);
                Ok(value)
            }
            Body::Form(_) => Err(Error::UnsupportedMediaType("application/x-www-form-urlencoded".into())),
            Body::Other(name) => Err(Error::UnsupportedMediaType(name.clone())),
        }
    }

    fn read_body(&self, operation: Operation) -> Result<Value, Error> {
        match &self.body {
            Body::Form(bytes) => Ok(operation.form_payload(bytes)?),
            _ => self.json(),
        }
    }
}

/// A typed value of a query.
pub(crate) fn text<'a>(query: &'a Members, name: &str) -> Option<&'a str> {
    query.get(name).and_then(Value::as_str)
}

/// A typed value of a query.
pub(crate) fn flag(query: &Members, name: &str) -> Option<bool> {
    query.get(name).and_then(Value::as_bool)
}

/// A typed value of a query, for enums whose schema lists exactly the names of the type.
pub(crate) fn name<T: serde::de::DeserializeOwned>(query: &Members, name: &str) -> Result<Option<T>, Error> {
    Ok(query.get(name).cloned().map(serde_json::from_value).transpose()?)
}

/// A typed value of a query that may be repeated.
pub(crate) fn texts(query: &Members, name: &str) -> Option<Vec<String>> {
    let values = query.get(name)?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
