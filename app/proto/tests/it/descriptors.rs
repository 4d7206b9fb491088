//! The descriptor set must carry the options that signing, amino JSON and REST are derived from.

use std::collections::BTreeSet;

use aliquot_proto::descriptors;
use prost_reflect::{DynamicMessage, MessageDescriptor, ServiceDescriptor, Value};

fn extension(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = descriptors().get_extension_by_name(name).unwrap_or_else(|| panic!("{name} is not in the set"));
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

fn services(suffix: &str) -> Vec<ServiceDescriptor> {
    descriptors().services().filter(|service| service.full_name().ends_with(suffix)).collect()
}

fn own_messages() -> Vec<MessageDescriptor> {
    services(".v1.Msg")
        .iter()
        .filter(|service| service.full_name().starts_with("aliquot."))
        .flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_message_of_ours_names_its_signer_and_its_amino_name() {
    let messages = own_messages();
    assert!(messages.len() >= 15, "only {} messages", messages.len());
    let mut names = BTreeSet::new();
    for message in messages {
        let options = message.options();
        let signer = extension(&options, "cosmos.msg.v1.signer").unwrap_or_else(|| panic!("{message:?} has no signer"));
        let Some([Value::String(field)]) = signer.as_list() else { panic!("{message:?}: {signer:?}") };
        assert!(message.get_field_by_name(field).is_some(), "{} has no field {field}", message.full_name());

        let name = extension(&options, "amino.name").unwrap_or_else(|| panic!("{message:?} has no amino.name"));
        let name = name.as_str().unwrap().to_owned();
        assert!(name.len() <= 39, "{name} is longer than a Ledger shows");
        assert!(names.insert(name.clone()), "{name} is taken twice");
    }
}

#[test]
fn every_msg_service_of_ours_says_so() {
    for service in services(".v1.Msg").iter().filter(|service| service.full_name().starts_with("aliquot.")) {
        let marked = extension(&service.options(), "cosmos.msg.v1.service");
        assert_eq!(marked, Some(Value::Bool(true)), "{}", service.full_name());
    }
}

#[test]
fn every_query_of_ours_has_one_rest_path() {
    let mut paths = BTreeSet::new();
    for service in services(".v1.Query").iter().filter(|service| service.full_name().starts_with("aliquot.")) {
        for method in service.methods() {
            let rule = extension(&method.options(), "google.api.http");
            let rule = rule.unwrap_or_else(|| panic!("{} has no google.api.http", method.full_name()));
            let path = rule.as_message().unwrap().get_field_by_name("get").unwrap().as_str().unwrap().to_owned();
            let package = service.package_name().replace('.', "/");
            assert!(path.starts_with(&format!("/{package}/")), "{path} is not below /{package}/");
            assert!(paths.insert(path.clone()), "{path} is taken twice");
        }
    }
    assert!(paths.len() >= 20, "only {} paths", paths.len());
}

#[test]
fn cosmos_options_are_kept() {
    let send = descriptors().get_message_by_name("cosmos.bank.v1beta1.MsgSend").unwrap();
    assert_eq!(extension(&send.options(), "amino.name"), Some(Value::String("cosmos-sdk/MsgSend".into())));
    let amount = send.get_field_by_name("amount").unwrap().options();
    assert_eq!(extension(&amount, "amino.dont_omitempty"), Some(Value::Bool(true)));
    assert_eq!(extension(&amount, "amino.encoding"), Some(Value::String("legacy_coins".into())));
    assert_eq!(extension(&amount, "gogoproto.nullable"), Some(Value::Bool(false)));
    let from = send.get_field_by_name("from_address").unwrap().options();
    assert_eq!(extension(&from, "cosmos_proto.scalar"), Some(Value::String("cosmos.AddressString".into())));

    let account = descriptors().get_service_by_name("cosmos.auth.v1beta1.Query").unwrap();
    let account = account.methods().find(|method| method.name() == "Account").unwrap();
    let rule = extension(&account.options(), "google.api.http").unwrap();
    let path = rule.as_message().unwrap().get_field_by_name("get").unwrap().into_owned();
    assert_eq!(path, Value::String("/cosmos/auth/v1beta1/accounts/{address}".into()));
}

#[test]
fn all_packages_that_the_node_speaks_are_in_the_set() {
    let packages: BTreeSet<_> = descriptors().files().map(|file| file.package_name().to_owned()).collect();
    let wanted = "amino aliquot.audit.v1 aliquot.beacon.v1 aliquot.compute.v1 aliquot.deployment.v1 aliquot.escrow.v1 aliquot.market.v1 \
        aliquot.provider.v1 aliquot.validator.v1 cosmos.auth.v1beta1 cosmos.authz.v1beta1 cosmos.bank.v1beta1 \
        cosmos.base.abci.v1beta1 cosmos.base.node.v1beta1 cosmos.base.query.v1beta1 cosmos.base.reflection.v1beta1 \
        cosmos.base.reflection.v2alpha1 cosmos.base.tendermint.v1beta1 cosmos.base.v1beta1 cosmos.consensus.v1 \
        cosmos.crypto.ed25519 cosmos.crypto.multisig cosmos.crypto.multisig.v1beta1 cosmos.crypto.secp256k1 \
        cosmos.crypto.secp256r1 cosmos.distribution.v1beta1 cosmos.evidence.v1beta1 cosmos.feegrant.v1beta1 \
        cosmos.gov.v1 cosmos.gov.v1beta1 cosmos.mint.v1beta1 cosmos.params.v1beta1 cosmos.slashing.v1beta1 \
        cosmos.staking.v1beta1 cosmos.tx.signing.v1beta1 cosmos.tx.v1beta1 cosmos.upgrade.v1beta1 cosmwasm.wasm.v1 \
        google.api tendermint.abci tendermint.crypto tendermint.p2p tendermint.types tendermint.version";
    for package in wanted.split_whitespace() {
        assert!(packages.contains(package), "{package} is missing");
    }
}

#[test]
fn the_set_holds_no_comments() {
    assert!(descriptors().file_descriptor_protos().all(|file| file.source_code_info.is_none()));
}
