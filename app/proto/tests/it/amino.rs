//! Amino JSON, judged by the TypeScript package `@aliquot/sdk`: CosmJS's converters for the messages of the Cosmos SDK and
//! CosmWasm, converters of its own for ours. `make deps` installs what it needs.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use aliquot_proto::{Any, amino, descriptors};
use base64::{Engine, prelude::BASE64_STANDARD};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value, prost::Message};
use serde_json::json;

use crate::entropy::{Entropy, random};

const SERVICES: [&str; 4] =
    ["cosmos.bank.v1beta1.Msg", "cosmos.feegrant.v1beta1.Msg", "cosmos.authz.v1beta1.Msg", "cosmwasm.wasm.v1.Msg"];
/// The Cosmos SDK gives it no amino name, and CosmJS no type.
const UNKNOWN: &str = "cosmos.feegrant.v1beta1.MsgPruneAllowances";
/// Random messages of each type, besides the empty and the full one.
const EACH: usize = 60;

/// Requests of every service that takes messages.
fn messages() -> Vec<MessageDescriptor> {
    let ours = |name: &str| name.starts_with("aliquot.") && name.ends_with(".Msg");
    let services = descriptors().services().filter(|s| ours(s.full_name()) || SERVICES.contains(&s.full_name()));
    services.flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>()).collect()
}

const JSON: &[u8] = br#"{"mint":{"to":"a<b>&c","amount":"12"},"a":[1,null,true]}"#;

/// With JSON where a field asks for it; and, for messages that CosmJS itself converts, with nothing left at zero: it writes
/// empty strings and zeros that the SDK leaves out, which no valid message has.
fn fit(message: &mut DynamicMessage, fill: bool) {
    if message.descriptor().full_name() == "google.protobuf.Any" {
        return fit_any(message, fill);
    }
    for field in message.descriptor().fields() {
        let json = field.name() == "msg" && field.kind() == Kind::Bytes;
        match message.get_field(&field).into_owned() {
            Value::Bytes(old) if json && (fill || !old.is_empty()) => {
                message.set_field(&field, Value::Bytes(JSON.into()));
            }
            Value::Bytes(old) if fill && old.is_empty() => message.set_field(&field, Value::Bytes(vec![1].into())),
            Value::String(old) if fill && old.is_empty() => message.set_field(&field, Value::String("a".into())),
            Value::EnumNumber(0) if fill => message.set_field(&field, Value::EnumNumber(1)),
            Value::U64(0) if fill => message.set_field(&field, Value::U64(1)),
            Value::Message(mut inner) if message.has_field(&field) || fill => {
                fit(&mut inner, fill);
                message.set_field(&field, Value::Message(inner));
            }
            Value::List(mut items) => {
                match field.kind() {
                    Kind::Message(kind) if fill && items.is_empty() && kind.full_name() != "google.protobuf.Any" => {
                        items.push(Value::Message(DynamicMessage::new(kind)));
                    }
                    Kind::String if fill && items.is_empty() => items.push(Value::String("a".into())),
                    _ => {}
                }
                items.iter_mut().filter_map(Value::as_message_mut).for_each(|item| fit(item, fill));
                let texts = items.iter_mut().filter(|item| fill && item.as_str() == Some(""));
                texts.for_each(|text| *text = Value::String("a".into()));
                message.set_field(&field, Value::List(items));
            }
            _ => {}
        }
    }
}

fn fit_any(any: &mut DynamicMessage, fill: bool) {
    let url = any.get_field_by_name("type_url").unwrap().as_str().unwrap().to_owned();
    let Some(descriptor) = descriptors().get_message_by_name(url.trim_start_matches('/')) else { return };
    let value = any.get_field_by_name("value").unwrap().as_bytes().unwrap().clone();
    let mut inner = DynamicMessage::decode(descriptor, value).unwrap();
    fit(&mut inner, fill);
    any.set_field_by_name("value", Value::Bytes(inner.encode_to_vec().into()));
}

fn bytes(seed: &mut u64, length: usize) -> Vec<u8> {
    let mut next = || {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed as u8
    };
    (0..length).map(|_| next()).collect()
}

/// One line of amino JSON for each message, or of an error.
fn typescript(messages: &[Any]) -> Vec<String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk-js");
    assert!(package.join("node_modules").exists(), "the packages of app/sdk-js are not installed: run `make deps`");
    let mut child = Command::new("node")
        .args(["--import", "tsx", "scripts/amino-lines.ts"])
        .current_dir(package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is missing: run `make deps`");
    let line =
        |any: &Any| json!({"typeUrl": any.type_url, "value": BASE64_STANDARD.encode(&any.value)}).to_string() + "\n";
    let lines: String = messages.iter().map(line).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_message_is_written_as_an_independent_implementation_writes_it() {
    let seed = std::env::var("ALIQUOT_AMINO_SEED").ok().map_or(0x5eed, |text| text.parse().expect("a number"));
    println!("ALIQUOT_AMINO_SEED={seed}");
    let (mut state, mut made) = (seed, Vec::new());
    for descriptor in messages() {
        let type_url = format!("/{}", descriptor.full_name());
        let cosmos = !descriptor.full_name().starts_with("aliquot.");
        let mut add = |mut message: DynamicMessage| {
            fit(&mut message, cosmos);
            made.push(Any { type_url: type_url.clone(), value: message.encode_to_vec() });
        };
        add(DynamicMessage::new(descriptor.clone()));
        add(random(&descriptor, &mut Entropy::full(&bytes(&mut state, 4_000)), 4));
        for case in 0..EACH {
            let length = (case + 1) * 8;
            add(random(&descriptor, &mut Entropy::new(&bytes(&mut state, length)), 4));
        }
    }
    let theirs = typescript(&made);
    assert_eq!(theirs.len(), made.len());
    let mut agreed = BTreeMap::<&str, usize>::new();
    for (any, theirs) in made.iter().zip(&theirs) {
        let ours = amino::to_json(any).map(|json| String::from_utf8(amino::to_bytes(json)).unwrap());
        let refused = theirs.starts_with(r#"{"error":"#);
        match ours {
            Ok(ours) if !refused => {
                assert_eq!(&ours, theirs, "{} {}", any.type_url, BASE64_STANDARD.encode(&any.value));
                *agreed.entry(&any.type_url).or_default() += 1;
            }
            // What clients cannot write nobody signs.
            ours => println!("{} {ours:?} {theirs}", any.type_url),
        }
    }
    for descriptor in messages().into_iter().filter(|descriptor| descriptor.full_name() != UNKNOWN) {
        let count = agreed.get(format!("/{}", descriptor.full_name()).as_str()).copied().unwrap_or_default();
        assert!(count >= EACH / 4, "only {count} of {} were compared", descriptor.full_name());
    }
    println!("{} messages of {} types agree", agreed.values().sum::<usize>(), agreed.len());
}
