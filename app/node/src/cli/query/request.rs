//! The fields of a request as flags, and the flags as a request.

use aliquot_proto::prost_reflect::{Kind, MessageDescriptor};
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Map, Value, json};

/// The flag for the height whose state is asked, where no field has that name.
pub const HEIGHT: &str = "height";
const VALUES: &str = "values";
/// Orders and leases of jobs are the first of their group.
const FIRST: [&str; 2] = ["gseq", "oseq"];

/// A field that takes one value, however deep it lies.
pub struct Leaf {
    flag: String,
    path: Vec<String>,
    kind: Kind,
}

impl Leaf {
    pub fn all(message: &MessageDescriptor) -> Vec<Self> {
        let mut leaves = Vec::new();
        collect(message, &[], &mut leaves);
        let flags: Vec<String> = leaves.iter().map(|leaf| leaf.flag.clone()).collect();
        for leaf in &mut leaves {
            if flags.iter().filter(|flag| **flag == leaf.flag).count() > 1 {
                leaf.flag = kebab(&leaf.path.join("."));
            }
        }
        leaves
    }

    fn is_top(&self) -> bool {
        self.path.len() == 1
    }
}

/// A value that is typed as one word.
pub fn scalar(flag: &str, kind: &Kind, text: &str) -> Result<Value> {
    Ok(match kind {
        Kind::Bool => {
            json!(text.parse::<bool>().with_context(|| format!("--{flag}: {text:?} is neither true nor false"))?)
        }
        Kind::Int32 | Kind::Uint32 | Kind::Fixed32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!(text.parse::<i64>().with_context(|| format!("--{flag}: {text:?} is not a number"))?)
        }
        Kind::Bytes => json!(bytes(flag, text)?),
        Kind::Enum(kind) => {
            let short = format!("_{}", text.to_uppercase().replace('-', "_"));
            let found = kind.values().find(|v| v.name() == text || v.name().ends_with(&short));
            let Some(found) = found else {
                let known: Vec<String> = kind.values().map(|v| v.name().to_string()).collect();
                bail!("--{flag}: {text:?} is none of {}", known.join(", "))
            };
            json!(found.name())
        }
        _ => json!(text),
    })
}

fn collect(message: &MessageDescriptor, path: &[String], leaves: &mut Vec<Leaf>) {
    for field in message.fields().filter(|field| !field.is_list() && !field.is_map()) {
        let path = [path, &[field.name().to_string()]].concat();
        match field.kind() {
            Kind::Message(inner) if path.len() < 3 => collect(&inner, &path, leaves),
            Kind::Message(_) => {}
            kind => {
                let name = if path[0] == "pagination" && field.name() == "key" { "page-key" } else { field.name() };
                leaves.push(Leaf { flag: kebab(name), path, kind });
            }
        }
    }
}

/// `OpenBids` and `open_bids` as `open-bids`.
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '_' => out.push('-'),
            c if c.is_ascii_uppercase() && !out.is_empty() => out.extend(['-', c.to_ascii_lowercase()]),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

/// Hashes and ids are read as hex, everything else as base64, which is how answers print bytes.
fn bytes(flag: &str, text: &str) -> Result<String> {
    let fixed = matches!(text.len(), 40 | 64 | 66);
    match hex::decode(text) {
        Ok(raw) if fixed => Ok(BASE64.encode(raw)),
        _ => {
            BASE64.decode(text).with_context(|| format!("--{flag}: {text:?} is neither a hash in hex nor base64"))?;
            Ok(text.into())
        }
    }
}

/// Adds the flags of a request to its command.
pub fn flags(mut command: Command, message: &MessageDescriptor) -> Command {
    let leaves = Leaf::all(message);
    let top: Vec<String> = leaves.iter().filter(|leaf| leaf.is_top()).map(|leaf| leaf.flag.to_uppercase()).collect();
    if !top.is_empty() {
        let most = top.len();
        command = command
            .arg(Arg::new(VALUES).num_args(0..=most).value_names(top).help("The same as the flags, in this order"));
    }
    if !leaves.iter().any(|leaf| leaf.flag == HEIGHT) {
        let height = Arg::new(HEIGHT).long(HEIGHT).value_parser(clap::value_parser!(u64));
        command = command.arg(height.help("The height whose state is asked [default: the newest]"));
    }
    for leaf in leaves {
        let mut arg = Arg::new(leaf.flag.clone()).long(leaf.flag.clone());
        if leaf.kind == Kind::Bool {
            arg = arg.num_args(0..=1).default_missing_value("true");
        }
        if let Kind::Enum(kind) = &leaf.kind {
            let names: Vec<String> = kind.values().map(|v| v.name().to_string()).collect();
            arg = arg.help(format!("One of {}, or its last word", names.join(", ")));
        }
        command = command.arg(arg);
    }
    command
}

/// The request that was typed, as JSON.
pub fn read(leaves: &[Leaf], matches: &ArgMatches) -> Result<Value> {
    let mut request = Value::Object(Map::new());
    let mut rest =
        leaves.iter().any(Leaf::is_top).then(|| matches.get_many::<String>(VALUES)).flatten().into_iter().flatten();
    for leaf in leaves {
        let flagged = matches.get_one::<String>(&leaf.flag);
        let text = match flagged {
            None if leaf.is_top() => rest.next(),
            flagged => flagged,
        };
        let last = leaf.path.last().map_or("", String::as_str);
        let first = leaf.path[0] == "id" && leaf.path.len() > 1 && FIRST.contains(&last);
        let text = text.map(String::as_str).or(first.then_some("1"));
        if let Some(text) = text {
            let value = scalar(&leaf.flag, &leaf.kind, text)?;
            let place = leaf.path.iter().fold(&mut request, |at, step| &mut at[step.as_str()]);
            *place = value;
        }
    }
    Ok(request)
}

/// The height whose state is asked, where the request has no field of that name.
pub fn state_height(leaves: &[Leaf], matches: &ArgMatches) -> Option<u64> {
    let taken = leaves.iter().any(|leaf| leaf.flag == HEIGHT);
    if taken { None } else { matches.get_one::<u64>(HEIGHT).copied() }
}
