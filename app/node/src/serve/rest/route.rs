//! Which RPC a request is for: paths as `google.api.http` writes them, read once from the descriptors.

use aliquot_proto::prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use axum::http::Method;

/// What of the request's body is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyIs {
    Nothing,
    TheMessage,
    Field(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Before variables, so that the most exact of several routes is the first.
    Literal(String),
    /// A variable of one segment, or of all that are left.
    One(String),
    Rest(String),
}

/// One way to an RPC.
#[derive(Debug, Clone)]
pub struct Route {
    pub verb: Method,
    pub template: String,
    segments: Vec<Segment>,
    pub body: BodyIs,
    /// `/package.Service/Method`.
    pub rpc: String,
    pub method: MethodDescriptor,
}

/// Values that a path gives, by the names of fields.
pub type Captured = Vec<(String, String)>;

/// Every way to the RPCs of `served`, most exact first.
pub fn routes(served: &[&str]) -> Vec<Route> {
    let mut routes = Vec::new();
    for service in aliquot_proto::descriptors().services() {
        for method in service.methods() {
            let rpc = format!("/{}/{}", service.full_name(), method.name());
            if served.contains(&rpc.as_str()) {
                rules(&method).into_iter().for_each(|rule| routes.extend(of(&rule, &rpc, &method)));
            }
        }
    }
    routes.sort_by(|a, b| a.segments.cmp(&b.segments));
    routes
}

/// The rule of a method with its additional bindings.
fn rules(method: &MethodDescriptor) -> Vec<DynamicMessage> {
    let pool = aliquot_proto::descriptors();
    let Some(http) = pool.get_extension_by_name("google.api.http") else { return Vec::new() };
    let options = method.options();
    if !options.has_extension(&http) {
        return Vec::new();
    }
    let Value::Message(rule) = options.get_extension(&http).into_owned() else { return Vec::new() };
    let more = rule.get_field_by_name("additional_bindings").map(|list| list.into_owned());
    let more = more.as_ref().and_then(|list| list.as_list()).unwrap_or_default();
    let more: Vec<DynamicMessage> = more.iter().filter_map(|rule| rule.as_message().cloned()).collect();
    std::iter::once(rule).chain(more).collect()
}

fn of(rule: &DynamicMessage, rpc: &str, method: &MethodDescriptor) -> Option<Route> {
    let verbs = [("get", Method::GET), ("post", Method::POST), ("put", Method::PUT), ("delete", Method::DELETE)];
    let text = |name: &str| {
        let field = rule.get_field_by_name(name)?;
        field.as_str().filter(|text| !text.is_empty()).map(str::to_string)
    };
    let (verb, template) = verbs.into_iter().find_map(|(name, verb)| Some((verb, text(name)?)))?;
    let body = match text("body") {
        None => BodyIs::Nothing,
        Some(all) if all == "*" => BodyIs::TheMessage,
        Some(field) => BodyIs::Field(field),
    };
    let segments = parse(&template, &method.input());
    Some(Route { verb, template, segments, body, rpc: rpc.into(), method: method.clone() })
}

fn parse(template: &str, input: &MessageDescriptor) -> Vec<Segment> {
    // A variable may hold slashes of its own: `{denom=**}`.
    let parts: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    let last = parts.len().saturating_sub(1);
    let segment = |(place, part): (usize, &&str)| {
        let Some(inner) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            return Segment::Literal(part.to_string());
        };
        let (name, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
        // Base64 as people write it into a path has slashes too.
        let is_bytes = input.get_field_by_name(name).is_some_and(|field| field.kind() == Kind::Bytes);
        if pattern == "**" || (is_bytes && place == last) {
            Segment::Rest(name.into())
        } else {
            Segment::One(name.into())
        }
    };
    parts.iter().enumerate().map(segment).collect()
}

impl Route {
    /// The values of the path's variables, still percent-encoded; none when the path is not this route's.
    fn captures(&self, path: &[&str]) -> Option<Captured> {
        let (mut captured, mut rest) = (Vec::new(), path);
        for segment in &self.segments {
            let (first, others) = rest.split_first()?;
            match segment {
                Segment::Literal(text) if text == first => {}
                Segment::Literal(_) => return None,
                Segment::One(name) => captured.push((name.clone(), first.to_string())),
                Segment::Rest(name) => {
                    captured.push((name.clone(), rest.join("/")));
                    return Some(captured);
                }
            }
            rest = others;
        }
        rest.is_empty().then_some(captured)
    }
}

/// The route of a request with what its path captures.
pub fn find<'a>(routes: &'a [Route], verb: &Method, path: &str) -> Option<(&'a Route, Captured)> {
    let segments: Vec<&str> = path.trim_start_matches('/').trim_end_matches('/').split('/').collect();
    let mut of_verb = routes.iter().filter(|route| route.verb == *verb);
    of_verb.find_map(|route| Some((route, route.captures(&segments)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Route> {
        let pool = aliquot_proto::descriptors();
        let paths: Vec<String> = pool
            .services()
            .flat_map(|s| s.methods().map(|m| format!("/{}/{}", s.full_name(), m.name())).collect::<Vec<_>>())
            .collect();
        routes(&paths.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn paths_find_their_rpcs() {
        let routes = all();
        let found = |path: &str| {
            let (route, captured) = find(&routes, &Method::GET, path)?;
            Some((route.rpc.rsplit_once('.').unwrap().1.to_string(), captured))
        };
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(
            found("/cosmos/bank/v1beta1/balances/me"),
            Some(("Query/AllBalances".into(), vec![pair("address", "me")]))
        );
        assert_eq!(found("/cosmos/bank/v1beta1/supply/by_denom").unwrap().0, "Query/SupplyOf");
        assert_eq!(
            found("/cosmwasm/wasm/v1/contract/c/smart/e30/+="),
            Some(("Query/SmartContractState".into(), vec![pair("address", "c"), pair("query_data", "e30/+=")]))
        );
        assert_eq!(found("/cosmos/tx/v1beta1/txs/block/7").unwrap().0, "Service/GetBlockWithTxs");
        assert_eq!(found("/cosmos/bank/v1beta1/balances"), None);
        assert_eq!(found("/"), None);
        assert!(find(&routes, &Method::POST, "/cosmos/tx/v1beta1/simulate").is_some());
        assert!(find(&routes, &Method::GET, "/cosmos/tx/v1beta1/simulate").is_none());
    }

    #[test]
    fn no_template_has_a_pattern_that_is_not_understood() {
        for route in all() {
            for segment in &route.segments {
                let (Segment::Literal(text) | Segment::One(text) | Segment::Rest(text)) = segment;
                assert!(!text.contains(['{', '}', '*', '=', '.']), "{}", route.template);
            }
        }
    }
}
