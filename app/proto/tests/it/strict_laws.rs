//! The law of the canonical check: accepted if and only if decoding with prost and encoding again gives the same
//! bytes, within every `Any` too.

use aliquot_proto::cosmos::{auth, authz, bank, base, crypto, feegrant, tx};
use aliquot_proto::cosmwasm::wasm;
use aliquot_proto::strict::check_by_name;
use aliquot_proto::{Any, beacon, compute, deployment, descriptors, escrow, market, provider, validator};
use proptest::prelude::*;
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use crate::entropy::{Entropy, random};
use crate::typed::{Typed, descriptor, typed};

fn all() -> Vec<Typed> {
    let mut all = ours();
    all.extend([
        typed::<tx::v1beta1::TxRaw>(),
        typed::<tx::v1beta1::TxBody>(),
        typed::<tx::v1beta1::AuthInfo>(),
        typed::<tx::v1beta1::SignDoc>(),
        typed::<tx::v1beta1::ModeInfo>(),
        typed::<bank::v1beta1::MsgSend>(),
        typed::<bank::v1beta1::MsgMultiSend>(),
        typed::<bank::v1beta1::MsgSetSendEnabled>(),
        typed::<bank::v1beta1::Metadata>(),
        typed::<bank::v1beta1::SendAuthorization>(),
        typed::<auth::v1beta1::BaseAccount>(),
        typed::<authz::v1beta1::MsgGrant>(),
        typed::<authz::v1beta1::MsgExec>(),
        typed::<base::query::v1beta1::PageRequest>(),
        typed::<crypto::multisig::LegacyAminoPubKey>(),
        typed::<crypto::multisig::v1beta1::CompactBitArray>(),
        typed::<crypto::secp256k1::PubKey>(),
        typed::<feegrant::v1beta1::BasicAllowance>(),
        typed::<feegrant::v1beta1::PeriodicAllowance>(),
        typed::<feegrant::v1beta1::MsgGrantAllowance>(),
        typed::<wasm::v1::MsgExecuteContract>(),
        typed::<wasm::v1::MsgInstantiateContract2>(),
        typed::<wasm::v1::MsgPinCodes>(),
        typed::<wasm::v1::GenesisState>(),
        typed::<Any>(),
    ]);
    all
}

fn ours() -> Vec<Typed> {
    vec![
        typed::<beacon::v1::MsgBeacon>(),
        typed::<beacon::v1::GenesisState>(),
        typed::<compute::v1::MsgRegisterDevice>(),
        typed::<compute::v1::MsgUpdateBond>(),
        typed::<compute::v1::MsgCommitResult>(),
        typed::<compute::v1::MsgOpenSamples>(),
        typed::<compute::v1::Job>(),
        typed::<compute::v1::GenesisState>(),
        typed::<compute::v1::EventJobSampled>(),
        typed::<deployment::v1::MsgCreateDeployment>(),
        typed::<deployment::v1::GenesisState>(),
        typed::<escrow::v1::MsgAccountDeposit>(),
        typed::<escrow::v1::GenesisState>(),
        typed::<market::v1::MsgCreateBid>(),
        typed::<market::v1::MsgWithdrawLease>(),
        typed::<market::v1::GenesisState>(),
        typed::<provider::v1::MsgCreateProvider>(),
        typed::<provider::v1::GenesisState>(),
        typed::<validator::v1::MsgUpdateValidators>(),
        typed::<validator::v1::GenesisState>(),
    ]
}

/// The law, the slow way.
fn is_canonical(typed: &Typed, bytes: &[u8]) -> bool {
    (typed.again)(bytes).is_some_and(|again| again == bytes)
        && DynamicMessage::decode(descriptor(&typed.name), bytes)
            .is_ok_and(|message| holds_canonical(&Value::Message(message)))
}

/// Whether each `Any` within holds a known message in its canonical encoding.
fn holds_canonical(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().all(holds_canonical),
        Value::Message(message) if message.descriptor().full_name() == "google.protobuf.Any" => {
            let any: Any = Any::decode(message.encode_to_vec().as_slice()).unwrap();
            if any == Any::default() {
                return true;
            }
            let Some(name) = any.type_url.strip_prefix('/') else {
                return false;
            };
            let Some(inner) = descriptors().get_message_by_name(name) else {
                return false;
            };
            match all().iter().find(|typed| typed.name == name) {
                Some(typed) => is_canonical(typed, &any.value),
                None => DynamicMessage::decode(inner, any.value.as_slice()).is_ok_and(|inner| {
                    let known = inner.unknown_fields().next().is_none();
                    known && inner.encode_to_vec() == any.value && holds_canonical(&Value::Message(inner))
                }),
            }
        }
        Value::Message(message) => message.fields().all(|(_, value)| holds_canonical(value)),
        _ => true,
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    /// Repeats a range at its end.
    Repeat(prop::sample::Index, usize),
    Swap(prop::sample::Index, prop::sample::Index),
    /// Lengthens the integer that may stand here, without changing it.
    Pad(prop::sample::Index),
    Append(Vec<u8>),
    Truncate(prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), 0u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        at().prop_map(Mutation::Remove),
        (at(), 1usize..12).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (at(), at()).prop_map(|(a, b)| Mutation::Swap(a, b)),
        at().prop_map(Mutation::Pad),
        prop::collection::vec(prop_oneof![0u8..0x30, any::<u8>()], 1..6).prop_map(Mutation::Append),
        at().prop_map(Mutation::Truncate),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let at = |index: &prop::sample::Index, bytes: &[u8]| index.index(bytes.len().max(1));
    match mutation {
        Mutation::Append(tail) => bytes.extend(tail),
        _ if bytes.is_empty() => {}
        Mutation::Flip(index, bit) => {
            let at = at(index, bytes);
            bytes[at] ^= 1 << bit;
        }
        Mutation::Insert(index, byte) => bytes.insert(at(index, bytes), *byte),
        Mutation::Remove(index) => {
            bytes.remove(at(index, bytes));
        }
        Mutation::Repeat(index, length) => {
            let from = at(index, bytes);
            let to = (from + length).min(bytes.len());
            let range = bytes[from..to].to_vec();
            bytes.splice(to..to, range);
        }
        Mutation::Swap(a, b) => {
            let (a, b) = (at(a, bytes), at(b, bytes));
            bytes.swap(a, b);
        }
        Mutation::Pad(index) => {
            let at = at(index, bytes);
            bytes[at] |= 0x80;
            bytes.insert(at + 1, 0);
        }
        Mutation::Truncate(index) => bytes.truncate(at(index, bytes)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn encodings_are_accepted(which: prop::sample::Index, entropy in prop::collection::vec(any::<u8>(), 0..400)) {
        let all = all();
        let typed = which.get(&all);
        let bytes = random(&descriptor(&typed.name), &mut Entropy::new(&entropy), 4).encode_to_vec();
        let again = (typed.again)(&bytes);
        prop_assert_eq!(again.as_deref(), Some(bytes.as_slice()), "{}", typed.name);
        let verdict = check_by_name(&typed.name, &bytes);
        prop_assert!(verdict.is_ok(), "{}: {:?}", typed.name, verdict);
    }

    #[test]
    fn mutations_are_accepted_exactly_when_they_are_encodings(
        which: prop::sample::Index,
        entropy in prop::collection::vec(any::<u8>(), 0..120),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let all = all();
        let typed = which.get(&all);
        let mut bytes = random(&descriptor(&typed.name), &mut Entropy::new(&entropy), 3).encode_to_vec();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        let verdict = check_by_name(&typed.name, &bytes);
        prop_assert_eq!(verdict.is_ok(), is_canonical(typed, &bytes), "{}: {:?}", typed.name, verdict);
    }

    #[test]
    fn noise_is_accepted_exactly_when_it_is_an_encoding(
        which: prop::sample::Index,
        bytes in prop::collection::vec(prop_oneof![3 => 0u8..0x40, 1 => any::<u8>()], 0..24),
    ) {
        let all = all();
        let typed = which.get(&all);
        let verdict = check_by_name(&typed.name, &bytes);
        prop_assert_eq!(verdict.is_ok(), is_canonical(typed, &bytes), "{}: {:?}", typed.name, verdict);
    }
}
