//! The program itself: nothing in it is a stub, and nothing has two defaults.

use crate::chain::genesis;
use aliquot::{ante::Policy, runtime};
use aliquot_client::GasPrice;
use aliquot_proto::Any;
use aliquot_sdk::Ctx;
use std::{collections::BTreeSet, fs, path::Path, process::Command};

// Messages that are announced answer that they are not implemented.
#[test]
fn every_message_and_query_that_is_announced_is_served() {
    let mut ctx = Ctx::test();
    runtime::init(&mut ctx, &genesis()).unwrap();
    let routes = runtime::routes().unwrap();
    let queries: BTreeSet<&str> = routes.query_paths().collect();
    let mut seen = 0;
    for service in aliquot_proto::descriptors().services().filter(|s| s.full_name().starts_with("aliquot.")) {
        for method in service.methods() {
            seen += 1;
            let (name, input) = (method.full_name().to_string(), method.input().full_name().to_string());
            if service.name() == "Query" {
                let path = format!("/{}/{}", service.full_name(), method.name());
                assert!(queries.contains(path.as_str()), "{name}");
                continue;
            }
            let empty = Any { type_url: format!("/{input}"), value: vec![] };
            assert!(routes.has_msg(&empty.type_url), "{name}");
            // An empty message is refused for what it lacks, by the module that it is for.
            if let Err(error) = ctx.atomic(|ctx| routes.execute(ctx, &empty)) {
                let text = error.text.to_lowercase();
                let stub = ["not implemented", "unimplemented", "not supported", "not served"];
                assert!(stub.iter().all(|words| !text.contains(words)), "{name}: {text}");
            }
        }
    }
    assert!(seen > 60, "{seen} methods are few");
}

// The least gas price has two defaults that contradict each other.
#[test]
fn the_least_gas_price_has_one_default_and_it_stands_in_the_file() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aliquotd"));
        command.args(["--home", home.path().to_str().unwrap()]).args(args).output().unwrap()
    };
    // Whether or not there is a CometBFT to make the rest of the home.
    run(&["init", "one", "--chain-id", "aliquot-test-1", "--localnet"]);
    let path = home.path().join("config/app.toml");
    let file = fs::read_to_string(&path).unwrap();
    let is_it = |line: &&str| line.starts_with("min_gas_prices");
    let [line] = file.lines().filter(is_it).collect::<Vec<_>>()[..] else { panic!("{file}") };
    let least: GasPrice = line.split('"').nth(1).unwrap().parse().unwrap();
    // What wallets pay unless they are told otherwise is enough.
    let pays = |price: &GasPrice| price.fee(1_000_000)[0].amount.parse::<u128>().unwrap();
    assert!(pays(&GasPrice::default()) >= pays(&least));
    // A file without it is not made good from somewhere else.
    assert!(Policy::default().min_gas_prices.is_empty());
    let without: Vec<&str> = file.lines().filter(|line| !is_it(line)).collect();
    fs::write(&path, without.join("\n")).unwrap();
    let refused = run(&["start"]);
    let said = String::from_utf8_lossy(&refused.stderr).to_string();
    assert!(!refused.status.success() && said.contains("min_gas_prices"), "{said}");
}

// Contracts run in debug mode in production, where what they print is part of what nodes do.
#[test]
fn contracts_have_no_debug_mode() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules/wasm");
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let texts: Vec<String> = files.collect();
    assert!(texts.iter().any(|text| text.contains("InstanceOptions")), "instances are made elsewhere by now");
    for text in texts {
        assert!(!text.contains("debug_handler") && !text.contains("print_debug"), "{text}");
    }
}
