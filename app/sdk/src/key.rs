//! Keys: bytes that sort as the values do, and that can be read back.

use crate::address::Address;

/// A part of a key. `last` tells that nothing follows, so that text and bytes of any length may stand bare; elsewhere
/// they are zero-escaped (0x00 becomes 0x00 0xff) and end with 0x00 0x01, which keeps their order.
pub trait Key: Sized {
    fn write(&self, out: &mut Vec<u8>, last: bool);
    /// Takes one part off the front of `raw`; `None` when the bytes are no such key.
    fn read(raw: &mut &[u8], last: bool) -> Option<Self>;
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>, last: bool) {
    if last {
        out.extend_from_slice(bytes);
        return;
    }
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 1]);
}

fn read_bytes(raw: &mut &[u8], last: bool) -> Option<Vec<u8>> {
    if last {
        return Some(std::mem::take(raw).to_vec());
    }
    let mut out = Vec::new();
    loop {
        let (byte, rest) = raw.split_first()?;
        *raw = rest;
        if *byte == 0 {
            let (mark, rest) = raw.split_first()?;
            *raw = rest;
            match mark {
                1 => return Some(out),
                0xff => {}
                _ => return None,
            }
        }
        out.push(*byte);
    }
}

fn take<const N: usize>(raw: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = raw.split_first_chunk::<N>()?;
    *raw = rest;
    Some(*head)
}

impl Key for u8 {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        out.push(*self);
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        take::<1>(raw).map(u8::from_be_bytes)
    }
}

impl Key for u32 {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        take(raw).map(u32::from_be_bytes)
    }
}

impl Key for u64 {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        take(raw).map(u64::from_be_bytes)
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        out.extend_from_slice(self);
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        take(raw)
    }
}

impl Key for String {
    fn write(&self, out: &mut Vec<u8>, last: bool) {
        write_bytes(self.as_bytes(), out, last);
    }
    fn read(raw: &mut &[u8], last: bool) -> Option<Self> {
        String::from_utf8(read_bytes(raw, last)?).ok()
    }
}

impl Key for Vec<u8> {
    fn write(&self, out: &mut Vec<u8>, last: bool) {
        write_bytes(self, out, last);
    }
    fn read(raw: &mut &[u8], last: bool) -> Option<Self> {
        read_bytes(raw, last)
    }
}

/// One length byte and the address: no escape is needed, and short addresses come before long ones.
impl Key for Address {
    fn write(&self, out: &mut Vec<u8>, _: bool) {
        let bytes = self.as_bytes();
        out.push(bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    fn read(raw: &mut &[u8], _: bool) -> Option<Self> {
        let len = usize::from(u8::read(raw, false)?);
        let (head, rest) = raw.split_at_checked(len)?;
        *raw = rest;
        Address::from_bytes(head)
    }
}

/// No key at all: the prefix of everything.
impl Key for () {
    fn write(&self, _: &mut Vec<u8>, _: bool) {}
    fn read(_: &mut &[u8], _: bool) -> Option<Self> {
        Some(())
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut Vec<u8>, last: bool) {
        self.0.write(out, false);
        self.1.write(out, last);
    }
    fn read(raw: &mut &[u8], last: bool) -> Option<Self> {
        Some((A::read(raw, false)?, B::read(raw, last)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, out: &mut Vec<u8>, last: bool) {
        self.0.write(out, false);
        self.1.write(out, false);
        self.2.write(out, last);
    }
    fn read(raw: &mut &[u8], last: bool) -> Option<Self> {
        Some((A::read(raw, false)?, B::read(raw, false)?, C::read(raw, last)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<K: Key>(key: &K) -> Vec<u8> {
        let mut out = Vec::new();
        key.write(&mut out, true);
        out
    }

    #[test]
    fn keys_read_back_and_sort_as_their_values() {
        let mut pairs: Vec<(String, u64)> = Vec::new();
        for text in ["", "a", "a\0", "a\0b", "ab", "b", "\0", "\u{1}"] {
            for number in [0, 1, u64::MAX] {
                pairs.push((text.to_string(), number));
            }
        }
        pairs.sort();
        let encoded: Vec<_> = pairs.iter().map(bytes).collect();
        assert!(encoded.is_sorted());
        for (pair, raw) in pairs.iter().zip(&encoded) {
            let mut rest = raw.as_slice();
            assert_eq!(<(String, u64)>::read(&mut rest, true).as_ref(), Some(pair));
            assert!(rest.is_empty());
        }
    }
}
