//! Messages made from bytes: random ones when the bytes are, and the shorter the bytes, the smaller the message.

use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use crate::typed::descriptor;

/// The one field of these messages that is not any text: JSON has it as a number, never empty.
const AMOUNT: &str = "cosmos.base.v1beta1.Coin.amount";

pub struct Entropy<'a> {
    bytes: &'a [u8],
    full: bool,
}

impl<'a> Entropy<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Entropy { bytes, full: false }
    }

    /// Sets every field; only among the members of a oneof the bytes choose.
    pub fn full(bytes: &'a [u8]) -> Self {
        Entropy { bytes, full: true }
    }

    fn skips(&mut self, field: &FieldDescriptor) -> bool {
        let forced = self.full && field.containing_oneof().is_none_or(|oneof| oneof.fields().len() == 1);
        self.byte() % 3 == 2 && !forced && field.full_name() != AMOUNT
    }

    /// The next byte, zero when they are used up.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        first
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    fn number(&mut self) -> u64 {
        const EDGES: [u64; 12] =
            [1, 2, 127, 128, 255, 16_383, 16_384, 1 << 31, u32::MAX as u64, 1 << 32, 1 << 63, u64::MAX];
        EDGES[self.below(EDGES.len())]
    }
}

/// What an `Any` holds in these tests.
const HELD: [&str; 8] = [
    "cosmos.bank.v1beta1.MsgSend",
    "cosmos.authz.v1beta1.MsgExec",
    "cosmos.crypto.secp256k1.PubKey",
    "cosmos.feegrant.v1beta1.BasicAllowance",
    "cosmwasm.wasm.v1.MsgExecuteContract",
    "aliquot.market.v1.MsgCreateBid",
    "aliquot.compute.v1.MsgOpenSamples",
    "aliquot.deployment.v1.MsgCreateDeployment",
];

pub fn random(descriptor: &MessageDescriptor, entropy: &mut Entropy<'_>, depth: u32) -> DynamicMessage {
    if descriptor.full_name() == "google.protobuf.Any" {
        return any(descriptor, entropy, depth);
    }
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        // A third of the fields stay empty; below the depth all that could go deeper.
        if entropy.skips(&field) || (depth == 0 && field.kind().as_message().is_some()) {
            continue;
        }
        if field.is_list() {
            let items = (0..1 + entropy.below(3)).map(|_| value(&field, entropy, depth)).collect();
            message.set_field(&field, Value::List(items));
        } else {
            message.set_field(&field, value(&field, entropy, depth));
        }
    }
    message
}

fn any(descriptor_of_any: &MessageDescriptor, entropy: &mut Entropy<'_>, depth: u32) -> DynamicMessage {
    let name = HELD[entropy.below(HELD.len())];
    let inner = random(&descriptor(name), entropy, depth.saturating_sub(1));
    let mut message = DynamicMessage::new(descriptor_of_any.clone());
    message.set_field_by_name("type_url", Value::String(format!("/{name}")));
    message.set_field_by_name("value", Value::Bytes(inner.encode_to_vec().into()));
    message
}

fn value(field: &FieldDescriptor, entropy: &mut Entropy<'_>, depth: u32) -> Value {
    match field.kind() {
        Kind::Bool => Value::Bool(true),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(entropy.number() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(entropy.number() as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(entropy.number() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(entropy.number()),
        Kind::Float => Value::F32(1.5),
        Kind::Double => Value::F64(-2.5),
        Kind::String if field.full_name() == AMOUNT => Value::String("170".to_owned()),
        Kind::String => Value::String(["", "a", "ualq", "é", "a longer text"][entropy.below(5)].to_owned()),
        Kind::Bytes => Value::Bytes(vec![entropy.byte(); entropy.below(140)].into()),
        Kind::Enum(kind) => Value::EnumNumber(kind.values().nth(entropy.below(kind.values().len())).unwrap().number()),
        Kind::Message(inner) => Value::Message(random(&inner, entropy, depth.saturating_sub(1))),
    }
}
