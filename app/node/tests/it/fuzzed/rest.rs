//! Hostile REST requests: `VERB target`, a line break, and the body.

use super::{CHAIN, sample::text};
use crate::chain::key;
use aliquot::serve::Transcoder;
use axum::http::{Method, Uri};
use serde_json::Value;
use std::sync::LazyLock;

static TRANSCODER: LazyLock<Transcoder> = LazyLock::new(|| Transcoder::new(&CHAIN.app));

pub fn run(bytes: &[u8]) {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(line);
    let Some(space) = head.iter().position(|byte| *byte == b' ') else { return };
    let (verb, target) = (Method::from_bytes(&head[..space]), Uri::try_from(&head[space + 1..]));
    let (Ok(verb), Ok(target)) = (verb, target) else { return };
    let Some(call) = TRANSCODER.find(&verb, target.path()) else { return };
    let body = body.get(1..).filter(|_| call.takes_body()).unwrap_or_default();
    match call.answer(&CHAIN.app, target.query().unwrap_or_default(), body, 0) {
        Ok((text, height)) => {
            assert!(height > 0);
            assert!(serde_json::from_str::<Value>(&text).unwrap().is_object(), "{text}");
        }
        Err(error) => {
            assert!(error.code > 1 && !error.is_io(), "{error:?}");
            assert!(error.text.len() < bytes.len() * 8 + 4096);
        }
    }
}

/// Every path with its variables filled in, and what else clients ask for.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let page = "pagination.limit=2&pagination.key=AAEC&pagination.reverse=true";
    for (verb, template) in TRANSCODER.templates() {
        let path: Vec<String> = template.split('/').map(fill).collect();
        let path = path.join("/");
        out.push(format!("{verb} {path}\n{{}}").into_bytes());
        if *verb == Method::GET {
            out.push(format!("{verb} {path}?{page}").into_bytes());
            out.push(format!("{verb} {path}?pagination.offset=1&pagination.count_total=1&denom=ualq").into_bytes());
        }
    }
    let alice = key("alice").address().to_string();
    let coin = r#"{"denom":"ualq","amount":"1"}"#;
    let send = format!(
        r#"{{"@type":"/cosmos.bank.v1beta1.MsgSend","from_address":"{alice}","to_address":"{alice}","amount":[{coin}]}}"#
    );
    let exec = format!(r#"{{"@type":"/cosmos.authz.v1beta1.MsgExec","grantee":"{alice}","msgs":[{send}]}}"#);
    for message in [send, exec] {
        let tx = format!(
            r#"{{"body":{{"messages":[{message}],"memo":"é"}},"auth_info":{{"signer_infos":[{{"mode_info":{{"single":{{"mode":"SIGN_MODE_DIRECT"}}}}}}],"fee":{{"amount":[{coin}],"gas_limit":"9"}}}},"signatures":["AAAA"]}}"#
        );
        out.push(format!("POST /cosmos/tx/v1beta1/encode\n{{\"tx\":{tx}}}").into_bytes());
        out.push(format!("POST /cosmos/tx/v1beta1/simulate\n{{\"tx\":{tx}}}").into_bytes());
    }
    for seed in super::tx::seeds().iter().step_by(7) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let body = format!("{{\"tx_bytes\":\"{}\"}}", STANDARD.encode(seed));
        out.push(format!("POST /cosmos/tx/v1beta1/simulate\n{body}").into_bytes());
        out.push(format!("POST /cosmos/tx/v1beta1/decode\n{body}").into_bytes());
    }
    out
}

fn fill(part: &str) -> String {
    let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { return part.into() };
    let name = name.split('=').next().unwrap_or_default();
    match name {
        "dseq" | "gseq" | "oseq" | "height" | "round" | "code_id" | "proposal_id" | "id" => "1".into(),
        "query_data" => "e30=".into(),
        _ => text(name),
    }
}
