//! Text in URLs: percent-encoding, and base64 however it was written.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Undoes percent-encoding; in queries a plus is a space. None where that gives no text.
pub fn percent(text: &str, plus_is_space: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (high, low) = (bytes.next()?, bytes.next()?);
                let digit = |byte: u8| char::from(byte).to_digit(16);
                out.push(u8::try_from(digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?).ok()?);
            }
            b'+' if plus_is_space => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}

/// Base64 in either alphabet. A plus that nobody escaped has become a space on the way.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.replace(' ', "+");
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}
