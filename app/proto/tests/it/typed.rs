//! Prost types beside the descriptors of the same name.

use aliquot_proto::descriptors;
use aliquot_proto::prost::{Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor};

use crate::entropy::{Entropy, random};

/// A prost type as a test sees it.
pub struct Typed {
    pub name: String,
    /// Decodes and encodes again; none when decoding fails.
    pub again: fn(&[u8]) -> Option<Vec<u8>>,
}

pub fn typed<M: Message + Name + Default>() -> Typed {
    Typed { name: M::full_name(), again: |bytes| M::decode(bytes).ok().map(|message| message.encode_to_vec()) }
}

pub fn descriptor(name: &str) -> MessageDescriptor {
    descriptors().get_message_by_name(name).unwrap_or_else(|| panic!("{name} has no descriptor"))
}

/// Fills every field from the descriptor, and expects the type to keep all of it.
pub fn assert_same_shape(typed: &Typed) {
    let descriptor = descriptor(&typed.name);
    // Several fillings, so that each member of a oneof gets its turn.
    for seed in 0..8u8 {
        let bytes: Vec<u8> = (0..4096u32).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect();
        let message: DynamicMessage = random(&descriptor, &mut Entropy::full(&bytes), 4);
        let bytes = message.encode_to_vec();
        let again = (typed.again)(&bytes).unwrap_or_else(|| panic!("{} does not decode {bytes:02x?}", typed.name));
        let back = DynamicMessage::decode(descriptor.clone(), again.as_slice()).unwrap();
        assert_eq!(back.encode_to_vec(), bytes, "{} loses a field", typed.name);
    }
}
