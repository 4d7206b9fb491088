//! Messages without a command of their own: made from their descriptors, as `tx <module> <name of the RPC>`.
//!
//! Each field is a flag but the one of the signer. Coins are typed as coins and leases as owner/dseq/gseq/oseq/provider;
//! what has an inner shape is JSON; `@FILE` stands for what a file holds, whatever the field.

use super::{super::amount, Session, Written, receipt};
use crate::cli::{
    ids,
    query::request::{kebab, scalar},
};
use aliquot::runtime;
use aliquot_proto::{
    Any, json as protojson,
    prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value as Reflected},
};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::{Arg, ArgMatches, Command as Clap, FromArgMatches, Subcommand, error::ErrorKind};
use serde_json::{Map, Value, json};
use std::fs;

/// Messages that have a command written by hand. Not so MsgCreateBid: `market bid create` is for jobs alone.
const WRITTEN: [&str; 27] = [
    "cosmos.bank.v1beta1.MsgSend",
    "cosmos.authz.v1beta1.MsgGrant",
    "cosmos.authz.v1beta1.MsgExec",
    "cosmos.authz.v1beta1.MsgRevoke",
    "aliquot.audit.v1.MsgSignProviderAttributes",
    "aliquot.audit.v1.MsgDeleteProviderAttributes",
    "aliquot.compute.v1.MsgRegisterDevice",
    "aliquot.compute.v1.MsgUpdateBond",
    "aliquot.deployment.v1.MsgCreateDeployment",
    "aliquot.deployment.v1.MsgUpdateDeployment",
    "aliquot.deployment.v1.MsgCloseDeployment",
    "aliquot.deployment.v1.MsgCloseGroup",
    "aliquot.deployment.v1.MsgPauseGroup",
    "aliquot.deployment.v1.MsgStartGroup",
    "aliquot.escrow.v1.MsgAccountDeposit",
    "aliquot.escrow.v1.MsgWithdraw",
    "aliquot.market.v1.MsgCloseBid",
    "aliquot.market.v1.MsgCreateLease",
    "aliquot.market.v1.MsgCloseLease",
    "aliquot.market.v1.MsgAmendLease",
    "aliquot.market.v1.MsgStartReclaim",
    "aliquot.market.v1.MsgWithdrawLease",
    "aliquot.provider.v1.MsgCreateProvider",
    "aliquot.provider.v1.MsgUpdateProvider",
    "aliquot.provider.v1.MsgDeleteProvider",
    "aliquot.provider.v1.MsgHeartbeat",
    "aliquot.provider.v1.MsgUnjail",
];
/// Only ever transaction 0 of a block, by its proposer.
const SENT_BY_NOBODY: &str = "aliquot.beacon.v1.MsgBeacon";

/// One or the other.
pub(super) enum Command {
    Written(Box<Written>),
    Made(Box<Made>),
}

/// A message that was typed.
pub(super) struct Made {
    method: MethodDescriptor,
    fields: Value,
}

impl Made {
    pub async fn run(self, session: &Session) -> Result<()> {
        let input = self.method.input();
        let mut message = self.fields;
        if let Some(signer) = signer(&input) {
            message[signer] = json!(session.address());
        }
        let value = protojson::from_json_by_name(input.full_name(), &message)?;
        let outcome = session.deliver(vec![Any { type_url: format!("/{}", input.full_name()), value }]).await?;
        let answer = outcome.response_any(0)?.value;
        let mut told = receipt(&outcome);
        told["response"] = protojson::to_json_by_name(self.method.output().full_name(), &answer)?;
        session.globals.output.print(&told)
    }
}

/// The messages that are served and have no command yet, with the module and word that call them.
fn made() -> Vec<(&'static str, String, MethodDescriptor)> {
    let Ok(routes) = runtime::routes() else { return Vec::new() };
    let pool = aliquot_proto::descriptors();
    let mut made = Vec::new();
    for module in runtime::MODULES {
        let names = [("aliquot", "v1"), ("cosmos", "v1beta1"), ("cosmwasm", "v1")].into_iter();
        let service = names.map(|(root, version)| format!("{root}.{}.{version}.Msg", module.name));
        let Some(service) = service.into_iter().find_map(|name| pool.get_service_by_name(&name)) else { continue };
        let open = |method: &MethodDescriptor| {
            let input = method.input();
            let name = input.full_name();
            routes.has_msg(&format!("/{name}")) && !WRITTEN.contains(&name) && name != SENT_BY_NOBODY
        };
        made.extend(service.methods().filter(open).map(|method| (module.name, kebab(method.name()), method)));
    }
    made
}

/// The field whose account signs, where it is an address.
fn signer(message: &MessageDescriptor) -> Option<String> {
    let option = message.parent_pool().get_extension_by_name("cosmos.msg.v1.signer")?;
    let options = message.options();
    match options.get_extension(&option).as_list()?.first()? {
        Reflected::String(name) => {
            let field = message.get_field_by_name(name)?;
            (field.kind() == Kind::String && !field.is_list()).then(|| name.clone())
        }
        _ => None,
    }
}

fn fields(method: &MethodDescriptor) -> Vec<FieldDescriptor> {
    let signer = signer(&method.input());
    method.input().fields().filter(|field| Some(field.name()) != signer.as_deref()).collect()
}

fn command(word: &str, method: &MethodDescriptor) -> Clap {
    let mut command = Clap::new(word.to_string()).about(format!("Sends a {}", method.input().full_name()));
    for field in fields(method) {
        let flag = kebab(field.name());
        let value_name = match field.kind() {
            Kind::Message(_) if coins(&field) => "AMOUNT",
            Kind::Message(inner) if inner.full_name() == LEASE => "OWNER/DSEQ/GSEQ/OSEQ/PROVIDER",
            Kind::Message(_) => "JSON",
            _ if field.is_list() => "JSON",
            Kind::Bytes => "HEX|BASE64|@FILE",
            Kind::Bool => "BOOL",
            _ => "VALUE",
        };
        command = command.arg(Arg::new(flag.clone()).long(flag).value_name(value_name));
    }
    command
}

const LEASE: &str = "aliquot.market.v1.LeaseId";

fn coins(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(inner) if inner.full_name() == "cosmos.base.v1beta1.Coin")
}

/// A field's value as JSON.
fn value(field: &FieldDescriptor, text: &str) -> Result<Value> {
    let flag = kebab(field.name());
    let from_file = text.strip_prefix('@').map(|path| fs::read(path).with_context(|| path.to_string())).transpose()?;
    if let (Some(bytes), Kind::Bytes, false) = (&from_file, field.kind(), field.is_list()) {
        // Some bytes are JSON and print as it.
        return Ok(serde_json::from_slice(bytes).unwrap_or_else(|_| json!(BASE64.encode(bytes))));
    }
    let text = match from_file {
        Some(bytes) => String::from_utf8(bytes).with_context(|| format!("--{flag}: the file is no text"))?,
        None => text.to_string(),
    };
    let looks_inner = text.trim_start().starts_with(['{', '[']);
    match field.kind() {
        Kind::Message(_) if coins(field) && !looks_inner => {
            let coins = amount::coins(&text)?.into_iter().map(|c| json!({ "denom": c.denom, "amount": c.amount }));
            let mut coins: Vec<Value> = coins.collect();
            Ok(if field.is_list() { Value::Array(coins) } else { coins.swap_remove(0) })
        }
        Kind::Message(inner) if inner.full_name() == LEASE && !looks_inner => {
            let id = ids::lease(&text)?;
            Ok(protojson::to_json(&id)?)
        }
        Kind::Message(_) => serde_json::from_str(&text).with_context(|| format!("--{flag} is not JSON")),
        _ if looks_inner || field.is_list() => {
            serde_json::from_str(&text).with_context(|| format!("--{flag} is not JSON"))
        }
        kind => scalar(&flag, &kind, &text),
    }
}

fn read(method: MethodDescriptor, matches: &ArgMatches) -> Result<Made> {
    let mut typed = Map::new();
    for field in fields(&method) {
        if let Some(text) = matches.get_one::<String>(&kebab(field.name())) {
            typed.insert(field.name().into(), value(&field, text)?);
        }
    }
    Ok(Made { method, fields: Value::Object(typed) })
}

impl Subcommand for Command {
    fn augment_subcommands(top: Clap) -> Clap {
        let mut top = Written::augment_subcommands(top);
        for (module, word, method) in made() {
            if top.find_subcommand(module).is_none() {
                let about = format!("Messages of the module {module}");
                top = top
                    .subcommand(Clap::new(module).about(about).subcommand_required(true).arg_required_else_help(true));
            }
            top = top.mut_subcommand(module, |of_module| of_module.subcommand(command(&word, &method)));
        }
        top
    }

    fn augment_subcommands_for_update(top: Clap) -> Clap {
        Self::augment_subcommands(top)
    }

    fn has_subcommand(name: &str) -> bool {
        Written::has_subcommand(name) || made().iter().any(|(module, ..)| *module == name)
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if let Some((module, below)) = matches.subcommand()
            && let Some((word, flags)) = below.subcommand()
            && let Some((.., method)) = made().into_iter().find(|(m, w, _)| *m == module && w == word)
        {
            let invalid = |e: anyhow::Error| clap::Error::raw(ErrorKind::InvalidValue, format!("{e:#}\n"));
            return read(method, flags).map(|made| Command::Made(Box::new(made))).map_err(invalid);
        }
        Written::from_arg_matches(matches).map(|written| Command::Written(Box::new(written)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, clap::Error> {
        let top = Command::augment_subcommands(Clap::new("tx"));
        let matches = top.try_get_matches_from([&["tx"], words].concat())?;
        Command::from_arg_matches(&matches)
    }

    #[test]
    fn every_message_of_the_chain_has_a_command() {
        let made: Vec<String> = made().iter().map(|(.., m)| m.input().full_name().to_string()).collect();
        let mut open: Vec<&str> =
            runtime::routes().unwrap().msg_urls().map(|url| url.trim_start_matches('/')).collect();
        open.retain(|name| !made.iter().any(|m| m == name) && !WRITTEN.contains(name) && *name != SENT_BY_NOBODY);
        assert_eq!(open, Vec::<&str>::new());
        let routes = runtime::routes().unwrap();
        let unknown: Vec<&&str> = WRITTEN.iter().filter(|name| !routes.has_msg(&format!("/{name}"))).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        Command::augment_subcommands(Clap::new("tx")).debug_assert();
    }

    #[test]
    fn flags_become_fields() {
        let words = ["compute", "commit-result", "--id", "aliquot1x/7/1/1/aliquot1y", "--root", &"ab".repeat(32)];
        let Command::Made(made) = parse(&words).unwrap() else { panic!("it is made") };
        assert_eq!(made.fields["id"]["dseq"], "7");
        assert_eq!(made.fields["root"], BASE64.encode([0xab; 32]));
        let words = ["provider", "update-params", "--params", r#"{"heartbeat_blocks": 7}"#];
        let Command::Made(made) = parse(&words).unwrap() else { panic!("it is made") };
        assert_eq!(made.fields["params"]["heartbeat_blocks"], 7);
        assert!(parse(&["provider", "update-params", "--params", "7x"]).is_err());
        assert!(parse(&["provider", "update-params", "--authority", "aliquot1x"]).is_err(), "the key says who signs");
        assert!(matches!(parse(&["provider", "unjail"]).unwrap(), Command::Written(_)));
    }
}
