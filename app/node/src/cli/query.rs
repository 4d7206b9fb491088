//! `aliquotd query`: every query that the node serves, as a command made from its descriptor, and CometBFT's own.
//!
//! A query `Bids` with its `Bid` becomes `market bid list` and `market bid get`, any other `params`; the fields of its
//! request are flags, those that stand at the top can be given in order without.

mod comet;
pub mod request;

use super::Globals;
use aliquot::runtime;
use aliquot_proto::{
    json as protojson,
    prost_reflect::{MethodDescriptor, ServiceDescriptor},
};
use anyhow::Result;
use clap::{Arg, ArgMatches, Command, error::ErrorKind};
use request::{HEIGHT, Leaf, kebab};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was asked.
pub enum Query {
    Tx { hash: String },
    Block { height: Option<u32> },
    Rpc { method: Box<MethodDescriptor>, request: Value, height: Option<u64> },
}

impl Query {
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let client = globals.client()?;
        let answer = match self {
            Query::Tx { hash } => comet::tx(&client, &hash).await?,
            Query::Block { height } => comet::block(&client, height).await?,
            Query::Rpc { method, request, height } => {
                let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
                let bytes = protojson::from_json_by_name(method.input().full_name(), &request)?;
                let answer = client.query_bytes(&path, bytes, height).await?;
                protojson::to_json_by_name(method.output().full_name(), &answer)?
            }
        };
        globals.output.print(&answer)
    }
}

/// One query and the words that call it.
struct Verb {
    words: Vec<String>,
    method: MethodDescriptor,
}

/// Every query that is served, in the order of modules.
fn verbs() -> Vec<Verb> {
    let Ok(routes) = runtime::routes() else { return Vec::new() };
    let served: Vec<&str> = routes.query_paths().collect();
    let pool = aliquot_proto::descriptors();
    let mut verbs = Vec::new();
    for module in runtime::MODULES {
        let names = [("aliquot", "v1"), ("cosmos", "v1beta1"), ("cosmwasm", "v1")].into_iter();
        let service = names.map(|(root, version)| format!("{root}.{}.{version}.Query", module.name));
        let Some(service) = service.into_iter().find_map(|name| pool.get_service_by_name(&name)) else { continue };
        let path = |method: &MethodDescriptor| format!("/{}/{}", service.full_name(), method.name());
        for method in service.methods().filter(|method| served.contains(&path(method).as_str())) {
            verbs.push(Verb { words: words(module.name, &service, &method), method });
        }
    }
    verbs
}

/// `Bids` beside `Bid` are two verbs of one noun; the noun of the module's own name is left out.
fn words(module: &str, service: &ServiceDescriptor, method: &MethodDescriptor) -> Vec<String> {
    let has = |name: &str| service.methods().any(|other| other.name() == name);
    let (name, ours) = (method.name(), service.full_name().starts_with("aliquot."));
    let paired = match name.strip_suffix('s') {
        Some(singular) if ours && has(singular) => Some((singular, "list")),
        _ if ours && has(&format!("{name}s")) => Some((name, "get")),
        _ => None,
    };
    let mut words = vec![module.to_string()];
    match paired {
        Some((noun, verb)) => words.extend([kebab(noun), verb.into()].into_iter().filter(|w| w != module)),
        None => words.push(kebab(name)),
    }
    words
}

/// A command of the verbs that begin with the same `depth` words.
fn command(name: &str, verbs: &[&Verb], depth: usize) -> Command {
    let mut command = Command::new(name.to_string());
    if let [verb] = verbs
        && verb.words.len() == depth
    {
        let about = format!("{} of {}", verb.method.name(), verb.method.parent_service().package_name());
        command = match verb.method.name() {
            "AllBalances" => command.alias("balances"),
            "TotalSupply" => command.alias("total"),
            _ => command,
        };
        return request::flags(command.about(about), &verb.method.input());
    }
    let mut below: BTreeMap<&str, Vec<&Verb>> = BTreeMap::new();
    for verb in verbs {
        below.entry(verb.words[depth].as_str()).or_default().push(verb);
    }
    for (word, verbs) in below {
        command = command.subcommand(self::command(word, &verbs, depth + 1));
    }
    let about = if depth == 1 { format!("Queries of the module {name}.") } else { format!("The {name}s.") };
    command.about(about).subcommand_required(true).arg_required_else_help(true)
}

impl clap::Subcommand for Query {
    fn augment_subcommands(mut top: Command) -> Command {
        let verbs = verbs();
        for module in runtime::MODULES {
            let of_it: Vec<&Verb> = verbs.iter().filter(|verb| verb.words[0] == module.name).collect();
            if !of_it.is_empty() {
                top = top.subcommand(command(module.name, &of_it, 1));
            }
        }
        let hash = Arg::new("hash").required(true).help("The transaction's hash, in hex");
        let height = Arg::new(HEIGHT).value_parser(clap::value_parser!(u32)).help("Its height [default: the newest]");
        top.subcommand(Command::new("tx").about("A transaction that is in a block.").arg(hash))
            .subcommand(Command::new("block").about("A block.").arg(height))
    }

    fn augment_subcommands_for_update(top: Command) -> Command {
        Self::augment_subcommands(top)
    }

    fn has_subcommand(name: &str) -> bool {
        matches!(name, "tx" | "block") || runtime::MODULES.iter().any(|module| module.name == name)
    }
}

impl clap::FromArgMatches for Query {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (mut words, mut matches) = (Vec::new(), matches);
        while let Some((word, below)) = matches.subcommand() {
            words.push(word.to_string());
            matches = below;
        }
        match words.first().map(String::as_str) {
            Some("tx") => Ok(Query::Tx { hash: matches.get_one::<String>("hash").cloned().unwrap_or_default() }),
            Some("block") => Ok(Query::Block { height: matches.get_one::<u32>(HEIGHT).copied() }),
            _ => {
                let found = verbs().into_iter().find(|verb| verb.words == words);
                let verb = found.ok_or_else(|| clap::Error::raw(ErrorKind::InvalidSubcommand, "no such query\n"))?;
                let leaves = Leaf::all(&verb.method.input());
                let invalid = |e: anyhow::Error| clap::Error::raw(ErrorKind::InvalidValue, format!("{e:#}\n"));
                let request = request::read(&leaves, matches).map_err(invalid)?;
                let height = request::state_height(&leaves, matches);
                Ok(Query::Rpc { method: Box::new(verb.method), request, height })
            }
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{FromArgMatches, Subcommand};

    fn parse(line: &str) -> (String, Value) {
        let top = Query::augment_subcommands(Command::new("query"));
        let matches = top.try_get_matches_from(std::iter::once("query").chain(line.split(' '))).unwrap();
        match Query::from_arg_matches(&matches).unwrap() {
            Query::Rpc { method, request, .. } => (method.full_name().to_string(), request),
            _ => panic!("{line} is no RPC"),
        }
    }

    #[test]
    fn every_served_query_has_a_command() {
        Query::augment_subcommands(Command::new("query")).debug_assert();
        let served = runtime::routes().unwrap().query_paths().count();
        assert_eq!(verbs().len(), served);
    }

    #[test]
    fn verbs_and_flags_follow_from_descriptors() {
        let (name, request) = parse("market bid list --owner aliquot1x --dseq 7 --state open --limit 5");
        assert_eq!(name, "aliquot.market.v1.Query.Bids");
        let filters = serde_json::json!({ "owner": "aliquot1x", "dseq": "7", "state": "BID_STATE_OPEN" });
        assert_eq!(request, serde_json::json!({ "filters": filters, "pagination": { "limit": "5" } }));
        let (name, request) = parse("market lease get --owner aliquot1x --dseq 7 --provider aliquot1y");
        assert_eq!(name, "aliquot.market.v1.Query.Lease");
        assert_eq!((&request["id"]["gseq"], &request["id"]["oseq"]), (&1.into(), &1.into()));
        let (name, request) = parse("bank balances aliquot1x");
        assert_eq!(
            (name.as_str(), &request["address"]),
            ("cosmos.bank.v1beta1.Query.AllBalances", &"aliquot1x".into())
        );
        assert_eq!(parse("deployment list").0, "aliquot.deployment.v1.Query.Deployments");
        assert_eq!(parse("escrow audit").0, "aliquot.escrow.v1.Query.Audit");
        assert_eq!(parse("beacon beacon 12").1["height"], "12");
    }
}
