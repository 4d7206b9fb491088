//! A request from path variables, query parameters and the JSON of a body.
//!
//! Names are those of fields, dotted into messages (`pagination.limit`), in snake or camel case. Clients send more than a
//! message has, and things twice: unknown names are passed over, of a scalar the first value counts, and the path before
//! the query. Bytes are base64 in either alphabet, padded or not; enums are names or numbers.

use super::encoding::{bytes, percent};
use aliquot_proto::{
    json,
    prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value},
};
use aliquot_sdk::{Error, Result, Sdk};
use prost::Message;
use serde_json::{Map, Value as Json};

/// How deep names may reach into messages.
const MAX_DEPTH: usize = 8;

/// A request as far as it is known.
pub struct Args {
    input: MessageDescriptor,
    json: Map<String, Json>,
    /// Bytes by the names that lead to them: in JSON some are not base64 but what they hold.
    bytes: Vec<(String, Vec<u8>)>,
}

impl Args {
    pub fn new(input: MessageDescriptor) -> Self {
        Args { input, json: Map::new(), bytes: Vec::new() }
    }

    /// Sets what the path captured.
    pub fn path(&mut self, captured: &[(String, String)]) -> Result<()> {
        for (name, value) in captured {
            let value = percent(value, false).ok_or_else(|| invalid(name, value, "not percent-encoded UTF-8"))?;
            self.set(name, &value)?;
        }
        Ok(())
    }

    /// Sets what the query string names.
    pub fn query(&mut self, query: &str) -> Result<()> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = percent(name, true).zip(percent(value, true));
            let (name, value) = decoded.ok_or_else(|| invalid(name, value, "not percent-encoded UTF-8"))?;
            self.set(&name, &value)?;
        }
        Ok(())
    }

    /// Sets the fields of a body. Newer clients may know some that this node does not.
    pub fn body(&mut self, body: Map<String, Json>) {
        for (name, value) in body {
            if let Some(field) = field(&self.input, &name) {
                self.json.entry(field.name()).or_insert(value);
            }
        }
    }

    fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let input = self.input.clone();
        let Some(found) = leaf(&input, name) else { return Ok(()) };
        if found.kind() == Kind::Bytes {
            let value = bytes(text).ok_or_else(|| invalid(name, text, "not base64"))?;
            self.bytes.push((name.into(), value));
            return Ok(());
        }
        set(&mut self.json, &input, name, text)
    }

    /// The encoded message.
    pub fn encode(self) -> Result<Vec<u8>> {
        let bad = |text: String| Sdk::InvalidRequest(text);
        let raw = json::from_json_by_name(self.input.full_name(), &Json::Object(self.json));
        let raw = raw.map_err(|e| bad(e.to_string()))?;
        if self.bytes.is_empty() {
            return Ok(raw);
        }
        let message = DynamicMessage::decode(self.input, raw.as_slice());
        let mut message = message.map_err(|e| bad(e.to_string()))?;
        for (name, value) in self.bytes {
            place(&mut message, &name, value);
        }
        Ok(message.encode_to_vec())
    }
}

fn field(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name))
}

/// The field that a dotted name leads to.
fn leaf(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let (mut message, mut steps) = (message.clone(), name.split('.').take(MAX_DEPTH).peekable());
    while let Some(step) = steps.next() {
        let field = field(&message, step)?;
        if steps.peek().is_none() {
            return Some(field).filter(|field| !field.is_map());
        }
        match field.kind() {
            Kind::Message(inner) if !field.is_list() && !field.is_map() => message = inner,
            _ => return None,
        }
    }
    None
}

fn place(message: &mut DynamicMessage, name: &str, value: Vec<u8>) {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let Some(field) = field(&message.descriptor(), first) else { return };
    match (rest, field.is_list()) {
        (Some(rest), _) => {
            if let Some(inner) = message.get_field_mut(&field).as_message_mut() {
                place(inner, rest, value);
            }
        }
        (None, true) => {
            if let Some(list) = message.get_field_mut(&field).as_list_mut() {
                list.push(Value::Bytes(value.into()));
            }
        }
        (None, false) if !message.has_field(&field) => message.set_field(&field, Value::Bytes(value.into())),
        (None, false) => {}
    }
}

fn set(object: &mut Map<String, Json>, message: &MessageDescriptor, name: &str, text: &str) -> Result<()> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let Some(field) = field(message, first) else { return Ok(()) };
    if let (Some(rest), Kind::Message(inner)) = (rest, field.kind()) {
        let place = object.entry(field.name()).or_insert_with(|| Json::Object(Map::new()));
        return place.as_object_mut().map_or(Ok(()), |object| set(object, &inner, rest, text));
    }
    if is_plain_message(&field) && text.is_empty() {
        return Ok(());
    }
    if field.is_list() {
        let value = value(&field, text)?;
        let list = object.entry(field.name()).or_insert_with(|| Json::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(value);
        }
    } else if !object.contains_key(field.name()) {
        object.insert(field.name().into(), value(&field, text)?);
    }
    Ok(())
}

/// A message that no single text stands for.
fn is_plain_message(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(message) if !message.full_name().starts_with("google.protobuf."))
}

fn value(field: &FieldDescriptor, text: &str) -> Result<Json> {
    Ok(match field.kind() {
        Kind::Bool => match text {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => true.into(),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => false.into(),
            _ => return Err(invalid(field.name(), text, "neither true nor false")),
        },
        Kind::Enum(_) => text.parse::<i32>().map_or_else(|_| text.into(), Json::from),
        Kind::Float | Kind::Double => {
            let number: f64 = text.parse().map_err(|_| invalid(field.name(), text, "not a number"))?;
            number.into()
        }
        _ => text.into(),
    })
}

fn invalid(name: &str, text: &str, why: &str) -> Error {
    let shown: String = text.chars().take(64).collect();
    Sdk::InvalidRequest(format!("{name}: {shown:?} is {why}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliquot_proto::cosmos::{
        bank::v1beta1::QueryAllBalancesRequest, base::query::v1beta1::PageRequest, tx::v1beta1::GetTxsEventRequest,
    };
    use aliquot_proto::cosmwasm::wasm::v1::QuerySmartContractStateRequest;
    use prost::Name;

    fn read<M: Message + Name + Default>(captured: &[(&str, &str)], query: &str) -> Result<M> {
        let mut args = Args::new(aliquot_proto::descriptors().get_message_by_name(&M::full_name()).unwrap());
        args.path(&captured.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect::<Vec<_>>())?;
        args.query(query)?;
        Ok(M::decode(args.encode()?.as_slice()).unwrap())
    }

    fn balances(query: &str) -> Result<QueryAllBalancesRequest> {
        read(&[], query)
    }

    #[test]
    #[allow(deprecated)]
    fn parameters_are_read_as_clients_send_them() {
        let asked =
            "&order_by=2&query=a%3D'b'&order_by=ORDER_BY_ASC&pagination.limit=5&pagination.reverse=true&x=1&x.y=2";
        let pagination = Some(PageRequest { limit: 5, reverse: true, ..PageRequest::default() });
        let expected =
            GetTxsEventRequest { order_by: 2, query: "a='b'".into(), pagination, ..GetTxsEventRequest::default() };
        assert_eq!(read::<GetTxsEventRequest>(&[], asked).unwrap(), expected);
        let events: GetTxsEventRequest = read(&[], "events=a&events=b+c").unwrap();
        assert_eq!(events.events, ["a", "b c"]);
        assert!(balances("pagination.countTotal=1").unwrap().pagination.unwrap().count_total);
        for key in ["+/8=", "-_8=", "-_8", "%2B%2F8%3D", "+/8=&pagination.key=AAAA"] {
            let page = balances(&format!("pagination.limit=1&pagination.key={key}")).unwrap().pagination.unwrap();
            assert_eq!((page.key.as_slice(), page.limit), ([0xfb, 0xff].as_slice(), 1), "{key}");
        }
        for bad in ["pagination.reverse=maybe", "pagination.key=*", "address=%ff", "pagination.limit=1.5"] {
            assert!(balances(bad).is_err(), "{bad}");
        }
        let nothing = balances("pagination=&address.x.y=1&pagination.limit.x=2").unwrap();
        assert_eq!(nothing, QueryAllBalancesRequest::default());
    }

    #[test]
    fn the_path_counts_before_the_query_and_bytes_stay_what_they_are() {
        let query: QuerySmartContractStateRequest =
            read(&[("address", "a%2Fb+c"), ("query_data", "eyJhIjp7fX0=")], "address=other&query_data=AAAA").unwrap();
        assert_eq!((query.address.as_str(), query.query_data.as_slice()), ("a/b+c", br#"{"a":{}}"#.as_slice()));
    }
}
