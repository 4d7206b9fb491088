//! HTTP to RPC and back: what a request says and what it is answered, apart from how it travels and on which thread.

use super::{
    args::Args,
    route::{self, BodyIs, Captured, Route},
};
use crate::{
    app::App,
    query::{self, Answer},
};
use aliquot_proto::json;
use aliquot_sdk::{Result, Sdk};
use axum::http::Method;
use serde_json::{Map, Value};

/// Every path that REST answers.
pub struct Transcoder(Vec<Route>);

/// A request whose RPC is found.
pub struct Call {
    route: Route,
    captured: Captured,
}

impl Transcoder {
    pub fn new(app: &App) -> Self {
        Transcoder(route::routes(&query::served(app)))
    }

    pub(super) fn routes(&self) -> &[Route] {
        &self.0
    }

    pub fn find(&self, verb: &Method, path: &str) -> Option<Call> {
        let verb = if verb == Method::HEAD { &Method::GET } else { verb };
        let (route, captured) = route::find(&self.0, verb, path)?;
        Some(Call { route: route.clone(), captured })
    }

    /// Verbs and path templates, as the descriptors write them.
    pub fn templates(&self) -> impl Iterator<Item = (&Method, &str)> {
        self.0.iter().map(|route| (&route.verb, route.template.as_str()))
    }
}

impl Call {
    /// `/package.Service/Method`.
    pub fn rpc(&self) -> &str {
        &self.route.rpc
    }

    pub fn takes_body(&self) -> bool {
        self.route.body != BodyIs::Nothing
    }

    /// The answer in JSON, with the height of the state that gave it.
    pub fn answer(&self, app: &App, query: &str, body: &[u8], height: u64) -> Result<(String, u64)> {
        let raw = self.message(query, body)?;
        let Answer { value, height } = query::dispatch(app, &self.route.rpc, &raw, height)?;
        let printed = json::to_json_by_name(self.route.method.output().full_name(), &value);
        let printed = printed.map_err(|e| Sdk::Logic(format!("the answer cannot be printed: {e}")))?;
        Ok((printed.to_string(), height))
    }

    /// The encoded request: path before body or query.
    fn message(&self, query: &str, body: &[u8]) -> Result<Vec<u8>> {
        let mut args = Args::new(self.route.method.input());
        args.path(&self.captured)?;
        match &self.route.body {
            BodyIs::Nothing => args.query(query)?,
            BodyIs::TheMessage => args.body(object(body)?),
            BodyIs::Field(name) => {
                args.body(Map::from_iter([(name.clone(), Value::Object(object(body)?))]));
                args.query(query)?;
            }
        }
        args.encode()
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let value = serde_json::from_slice(body);
    Ok(value.map_err(|e| Sdk::InvalidRequest(format!("the body is not a JSON object: {e}")))?)
}
