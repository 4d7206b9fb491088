//! Every query that the node serves, asked with random arguments at every door: ABCI, gRPC and REST must agree, on
//! answers, on heights and on errors.

use crate::{
    chain::{TestChain, coin, key},
    doors::House,
};
use aliquot::runtime;
use aliquot_client::TxBuilder;
use aliquot_proto::{
    cosmos::bank::v1beta1::MsgSend,
    json as protojson,
    prost_reflect::{
        DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ReflectMessage, Value,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use prost::Message;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value as Json;

/// How often each query is asked.
const ROUNDS: usize = 6;

/// The Cosmos SDK gives this RPC the REST path of another, `AddressStringToBytes`, which answers there as it does here.
const SHADOWED: &str = "/cosmos.auth.v1beta1.Query/AddressBytesToString";

/// A chain on which something has happened.
fn lived_in() -> TestChain {
    let mut chain = TestChain::new();
    for amount in 1..4 {
        let send = MsgSend {
            from_address: key("alice").address().into(),
            to_address: key("newcomer").address().into(),
            amount: vec![coin(amount)],
        };
        chain.run(&key("alice"), &send);
    }
    // A refused one too, which no honest proposer would take.
    let tx = chain.tx(&key("bob"), TxBuilder::new().msg(&MsgSend::default()));
    chain.force(&[tx.into()]);
    chain
}

fn services() -> Vec<MethodDescriptor> {
    let pool = aliquot_proto::descriptors();
    let served: Vec<&str> = runtime::routes().unwrap().query_paths().chain(aliquot::services::paths()).collect();
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.filter(|method| served.contains(&path(method).as_str()) && path(method) != SHADOWED).collect()
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The verb and template of the first REST binding.
fn binding(method: &MethodDescriptor) -> (bool, String) {
    let http = aliquot_proto::descriptors().get_extension_by_name("google.api.http").unwrap();
    let options = method.options();
    let rule = options.get_extension(&http).as_message().unwrap().clone();
    let text = |name: &str| rule.get_field_by_name(name).unwrap().as_str().unwrap_or_default().to_string();
    match (text("get"), text("post")) {
        (get, post) if get.is_empty() => (false, post),
        (get, _) => (true, get),
    }
}

fn random(
    rng: &mut StdRng,
    message: &MessageDescriptor,
    in_path: &[String],
    depth: usize,
    flat: bool,
) -> DynamicMessage {
    let mut out = DynamicMessage::new(message.clone());
    for field in message.fields() {
        let must = in_path.iter().any(|name| name == field.name());
        // What a query string cannot say is said at no door.
        let unsayable = match field.kind() {
            Kind::Message(inner) => (flat && field.is_list()) || inner.full_name().starts_with("google.protobuf."),
            _ => false,
        };
        if field.is_map() || unsayable || depth == 0 || (!must && rng.gen_bool(0.4)) {
            continue;
        }
        if let Some(oneof) = field.containing_oneof()
            && oneof.fields().any(|other| out.has_field(&other))
        {
            continue;
        }
        let value = if field.is_list() {
            Value::List((0..rng.gen_range(1..3)).map(|_| one(rng, &field, depth, flat)).collect())
        } else {
            one(rng, &field, depth, flat)
        };
        // Nor can it say that a message is there and empty.
        if !matches!(&value, Value::Message(inner) if inner.fields().next().is_none()) {
            out.set_field(&field, value);
        }
    }
    out
}

fn one(rng: &mut StdRng, field: &FieldDescriptor, depth: usize, flat: bool) -> Value {
    let texts = [
        key("alice").address().to_string(),
        key("newcomer").address().to_string(),
        key("nobody").address().to_string(),
        aliquot_sdk::Address::module("escrow").to_string(),
        "ualq".into(),
        "escrow".into(),
        "a b/c?d=e&f%+ü".into(),
        "1".into(),
        "0A".repeat(32),
    ];
    let number: u64 = match rng.gen_range(0..4) {
        0 => rng.gen_range(0..4),
        1 => u64::MAX,
        _ => rng.gen_range(0..1000),
    };
    match field.kind() {
        Kind::Bool => Value::Bool(rng.r#gen()),
        Kind::String if has_form(field) => Value::String(number.to_string()),
        Kind::String => Value::String(texts[rng.gen_range(0..texts.len())].clone()),
        Kind::Bytes => {
            let len = [1, 20, 32, 33][rng.gen_range(0..4)];
            Value::Bytes((0..len).map(|_| rng.r#gen::<u8>()).collect::<Vec<_>>().into())
        }
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number as u32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number as i32),
        Kind::Float => Value::F32(0.5),
        Kind::Double => Value::F64(0.5),
        Kind::Enum(kind) => {
            Value::EnumNumber(kind.values().nth(rng.gen_range(0..kind.values().len())).unwrap().number())
        }
        Kind::Message(inner) => Value::Message(random(rng, &inner, &[], depth - 1, flat)),
    }
}

/// Numbers that the wire has as text.
fn has_form(field: &FieldDescriptor) -> bool {
    let option = aliquot_proto::descriptors().get_extension_by_name("gogoproto.customtype").unwrap();
    field.options().has_extension(&option)
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// JSON of a request as query parameters.
fn flatten(json: &Json, prefix: &str, skip: &[String], out: &mut Vec<String>) {
    for (name, value) in json.as_object().unwrap() {
        let name = format!("{prefix}{name}");
        if skip.contains(&name) {
            continue;
        }
        match value {
            Json::Null => {}
            Json::Object(_) => flatten(value, &format!("{name}."), &[], out),
            Json::Array(list) => list.iter().for_each(|v| out.push(format!("{name}={}", encoded(&plain(v))))),
            value => out.push(format!("{name}={}", encoded(&plain(value)))),
        }
    }
}

fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_string)
}

/// Only what is set: what is printed for fields that are not would be said at one door and not at the others.
fn set_fields(message: &DynamicMessage) -> Json {
    let mut json = protojson::to_json_by_name(message.descriptor().full_name(), &message.encode_to_vec()).unwrap();
    let object = json.as_object_mut().unwrap();
    for field in message.descriptor().fields() {
        if !message.has_field(&field) {
            object.remove(field.name());
        } else if let Value::Message(inner) = message.get_field(&field).as_ref()
            && !inner.descriptor().full_name().starts_with("google.protobuf.")
        {
            object.insert(field.name().into(), set_fields(inner));
        }
    }
    json
}

#[test]
fn every_door_gives_the_same_answer() {
    let house = House::new(lived_in());
    let channel = house.channel();
    let mut rng = StdRng::seed_from_u64(7);
    let (mut answered, mut refused) = (0, 0);
    let methods = services();
    assert!(methods.len() > 60, "{}", methods.len());
    for method in &methods {
        let (is_get, template) = binding(method);
        let variables: Vec<String> = template
            .split(['{', '}'])
            .skip(1)
            .step_by(2)
            .map(|variable| variable.split('=').next().unwrap().to_string())
            .collect();
        for _ in 0..ROUNDS {
            let request = random(&mut rng, &method.input(), &variables, 3, is_get);
            let height = if rng.gen_bool(0.5) { 0 } else { rng.gen_range(1..=house.chain.height + 1) };
            let (raw, rpc) = (request.encode_to_vec(), path(method));
            let abci = house.abci(&rpc, raw.clone(), height);
            let grpc = house.grpc(&channel, &rpc, raw, height);

            let json = set_fields(&request);
            let mut url = template.replace("=**", "");
            for variable in &variables {
                // A zero is not printed.
                let value = json.get(variable).map_or("0".into(), plain);
                url = url.replace(&format!("{{{variable}}}"), &encoded(&value));
            }
            let sent = if is_get {
                let mut query = Vec::new();
                flatten(&json, "", &variables, &mut query);
                house.http.get(house.url(&format!("{url}?{}", query.join("&"))))
            } else {
                house.http.post(house.url(&url)).body(json.to_string())
            };
            let rest = house.send(sent.header("x-cosmos-block-height", height));

            match grpc {
                Ok(response) => {
                    assert_eq!(abci.code, 0, "{rpc} {json}: {}", abci.log);
                    let told = response.metadata().get("x-cosmos-block-height").unwrap().to_str().unwrap().to_string();
                    assert_eq!(told, abci.height.to_string(), "{rpc}");
                    assert_eq!(response.get_ref(), &abci.value, "{rpc} {json}");
                    assert_eq!(rest.status, 200, "{rpc} {url} {json}: {}", rest.text);
                    let printed = protojson::to_json_by_name(method.output().full_name(), &abci.value).unwrap();
                    assert_eq!(rest.json(), printed, "{rpc} {json}");
                    assert_eq!(rest.header("x-cosmos-block-height"), told);
                    assert_eq!(rest.header("grpc-metadata-x-cosmos-block-height"), told);
                    answered += 1;
                }
                Err(status) => {
                    let text = format!("rpc error: code = {:?} desc = {}", status.code(), status.message());
                    assert_eq!(abci.log, text, "{rpc} {json}");
                    assert_ne!(abci.code, 0);
                    let body = rest.json();
                    assert_eq!(body["message"], text, "{rpc} {url} {json}");
                    assert_eq!(body["code"], status.code() as i32);
                    assert_eq!(body["details"], serde_json::json!([]));
                    assert!(rest.status >= 400);
                    refused += 1;
                }
            }
        }
    }
    println!("{} queries: {answered} answers and {refused} errors were the same at every door", methods.len());
    assert!(answered > methods.len() && refused > methods.len());
}

#[test]
fn balances_are_the_same_whatever_the_alphabet_of_a_page_key() {
    let house = House::new(lived_in());
    let address = key("alice").address().to_string();
    let first = house.get(&format!("/cosmos/bank/v1beta1/balances/{address}?pagination.limit=1")).json();
    assert_eq!(first["balances"].as_array().unwrap().len(), 1);
    let next = first["pagination"]["next_key"].as_str().unwrap();
    let raw = BASE64.decode(next).unwrap();
    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(raw);
    let pages: Vec<Json> = [encoded(next), url_safe]
        .map(|k| house.get(&format!("/cosmos/bank/v1beta1/balances/{address}?pagination.key={k}")).json())
        .to_vec();
    assert_eq!(pages[0], pages[1]);
    assert_ne!(pages[0]["balances"][0], first["balances"][0]);
}
