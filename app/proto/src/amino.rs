//! Amino JSON: what SIGN_MODE_LEGACY_AMINO_JSON signs, derived from the descriptors for every message.
//!
//! The rules are those of the Cosmos SDK's `x/tx/signing/aminojson`: a message in an `Any` is `{"type","value"}` under its
//! `amino.name`, 64-bit integers are strings, enums are numbers, bytes are base64, and what is zero is left out unless
//! `amino.dont_omitempty` keeps it. Keys are sorted, nothing stands between tokens, and `<`, `>` and `&` are written as
//! `\u003c`, `\u003e` and `\u0026`, as wallets write them.

mod form;
mod print;

use cosmos_sdk_proto::{Any, cosmos::tx::v1beta1::Fee};
use serde_json::{Value, json};

use crate::json::Result;

/// Everything that such a signature covers.
pub struct SignDoc<'a> {
    pub chain_id: &'a str,
    pub account_number: u64,
    pub sequence: u64,
    pub fee: &'a Fee,
    pub msgs: &'a [Any],
    pub memo: &'a str,
    pub timeout_height: u64,
}

impl SignDoc<'_> {
    /// The bytes that are hashed and signed.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let coin = |coin: &crate::Coin| json!({"amount": coin.amount, "denom": coin.denom});
        let amount: Vec<Value> = self.fee.amount.iter().map(coin).collect();
        let fee = [
            ("amount", amount.into()),
            ("gas", self.fee.gas_limit.to_string().into()),
            ("granter", self.fee.granter.as_str().into()),
            ("payer", self.fee.payer.as_str().into()),
        ];
        let doc = [
            ("account_number", self.account_number.to_string().into()),
            ("chain_id", self.chain_id.into()),
            ("fee", object(fee, &["granter", "payer"])),
            ("memo", self.memo.into()),
            ("msgs", self.msgs.iter().map(to_json).collect::<Result<Vec<_>>>()?.into()),
            ("sequence", self.sequence.to_string().into()),
            ("timeout_height", self.timeout_height.to_string().into()),
        ];
        let doc = object(doc, &["timeout_height"]);
        Ok(to_bytes(doc))
    }
}

/// An object without those of `optional` that are zero.
fn object<const N: usize>(entries: [(&str, Value); N], optional: &[&str]) -> Value {
    let zero = |value: &Value| value.as_str().is_some_and(|text| text.is_empty() || text == "0");
    let kept = entries.into_iter().filter(|(name, value)| !(optional.contains(name) && zero(value)));
    Value::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// `{"type","value"}` of a message.
pub fn to_json(message: &Any) -> Result<Value> {
    print::any(&message.type_url, &message.value, crate::json::MAX_DEPTH)
}

/// JSON as it is signed.
pub fn to_bytes(mut json: Value) -> Vec<u8> {
    json.sort_all_objects();
    let text = json.to_string();
    text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e").into_bytes()
}
