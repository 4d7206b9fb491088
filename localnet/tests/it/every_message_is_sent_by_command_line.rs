//! Commands of `aliquotd tx` beside those of the demo and the market: grants, attestations, records, params.

use crate::MACHINE;
use aliquot_localnet::{Net, Options, address};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

struct Desk {
    net: Net,
    folder: tempfile::TempDir,
    tenant: String,
    provider: String,
}

impl Desk {
    fn run(&self, args: &[&str]) -> Value {
        self.net.aliquotd(args).unwrap()
    }

    fn refused(&self, args: &[&str], why: &str) {
        let error = self.net.aliquotd(args).unwrap_err().to_string();
        // Before it stand the arguments.
        let (_, reason) = error.split_once("error: ").unwrap();
        assert!(reason.contains(why), "{error}");
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn balance(&self, address: &str) -> u128 {
        self.run(&["query", "bank", "balance", address, "ualq"])["balance"]["amount"].as_str().unwrap().parse().unwrap()
    }

    /// A message that sends the tenant's coins to the provider.
    fn send(&self, amount: u32) -> String {
        let message = json!({
            "@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": self.tenant, "to_address": self.provider,
            "amount": [{ "denom": "ualq", "amount": amount.to_string() }],
        });
        self.file(&format!("send-{amount}.json"), &message.to_string())
    }

    fn grants(&self) {
        let (tenant, provider) = (self.tenant.as_str(), self.provider.as_str());
        self.run(&["tx", "authz", "grant", provider, "send", "--spend-limit", "1000ualq", "--from", "tenant"]);
        let grants = self.run(&["query", "authz", "grants", tenant, provider]);
        assert_eq!(grants["grants"][0]["authorization"]["spend_limit"][0]["amount"], "1000", "{grants}");
        let before = self.balance(tenant);
        self.run(&["tx", "authz", "exec", &self.send(600), "--from", "provider"]);
        self.refused(&["tx", "authz", "exec", &self.send(401), "--from", "provider"], "more than spend limit");
        assert_eq!(self.balance(tenant), before - 600, "the grantee paid the fees");
        self.run(&["tx", "authz", "revoke", provider, "/cosmos.bank.v1beta1.MsgSend", "--from", "tenant"]);
        self.refused(&["tx", "authz", "exec", &self.send(1), "--from", "provider"], "authorization not found");
        self.refused(&["tx", "authz", "grant", provider, "generic", "--from", "tenant"], "--msg-type");
    }

    fn records_and_attestations(&self) {
        let (tenant, provider) = (self.tenant.as_str(), self.provider.as_str());
        self.run(&["tx", "provider", "create", "http://127.0.0.1:1", "--attribute", "region=eu", "--from", "provider"]);
        let report = self.file("report.txt", "I was there.");
        let sign = ["tx", "audit", "sign", provider, "--attribute", "region=eu", "--attribute", "tier=3"];
        self.run(&[&sign[..], &["--evidence", &report, "--from", "tenant"]].concat());
        let get = ["query", "audit", "attestation", "get", tenant, provider];
        let attestation = &self.run(&get)["attestation"];
        let keys: Vec<&Value> = attestation["attributes"].as_array().unwrap().iter().map(|a| &a["key"]).collect();
        assert_eq!(keys, ["region", "tier"]);
        let hash = self.run(&["tx", "audit", "revoke", provider, "--key", "tier", "--from", "tenant"]);
        assert_eq!(hash["code"], 0);
        let attestation = &self.run(&get)["attestation"];
        assert_eq!(attestation["attributes"].as_array().unwrap().len(), 1);
        let evidence = attestation["evidence_hash"].as_str().unwrap();
        assert_eq!(evidence.len(), 44, "{} in base64", hex::encode(Sha256::digest("I was there.")));
        self.run(&["tx", "audit", "revoke", provider, "--from", "tenant"]);
        self.refused(&get, "has attested nothing");

        let beat = self.run(&["tx", "provider", "heartbeat", "--from", "provider"]);
        assert_eq!(beat["due_height"], "0", "none is asked for without service leases");
        self.refused(&["tx", "provider", "unjail", "--from", "provider"], "is not jailed");
        self.run(&["tx", "provider", "delete", "--from", "provider"]);
        self.refused(&["query", "provider", "get", provider], "not a registered provider");
    }

    /// Commands that are made from descriptors.
    fn messages_without_words_of_their_own(&self) {
        let params = r#"{"heartbeat_blocks": 10, "jail_after": 5, "half_life_blocks": 4321}"#;
        let file = format!("@{}", self.file("params.json", params));
        let update = ["tx", "provider", "update-params", "--params"];
        self.refused(&[&update[..], &[params, "--from", "tenant"]].concat(), "authority");
        let done = self.run(&[&update[..], &[&file, "--from", "operator"]].concat());
        assert_eq!(done["response"], json!({}));
        let now = self.run(&["query", "provider", "params"]);
        assert_eq!((&now["params"]["jail_after"], &now["params"]["half_life_blocks"]), (&json!(5), &json!(4321)));
        self.refused(&["tx", "provider", "update-params", "--params", "5", "--from", "operator"], "params");
    }
}

#[tokio::test]
async fn every_message_is_sent_by_command_line() {
    let _turn = MACHINE.read().await;
    let net = Net::start(1, Options::default()).await.unwrap();
    let (tenant, provider) = (address("tenant").unwrap(), address("provider").unwrap());
    let desk = Desk { net, folder: tempfile::tempdir().unwrap(), tenant, provider };
    desk.grants();
    desk.records_and_attestations();
    desk.messages_without_words_of_their_own();
    desk.refused(&["tx", "market", "lease", "amend", "--dseq", "7", "--from", "tenant"], "whose lease");
    let nothing = ["tx", "market", "lease", "amend", "--dseq", "7", "--provider", &desk.provider, "--from", "tenant"];
    desk.refused(&nothing, "say what changes");
    desk.refused(&["provider", "lease-status", "--dseq", "7", "--from", "tenant"], "no such lease");
}
