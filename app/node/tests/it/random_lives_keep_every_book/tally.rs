//! What came of the messages, by type: a run of some length in which one of the chain's messages never succeeded, fails.

use aliquot::runtime;
use std::{collections::BTreeMap, fmt, sync::LazyLock};

/// Every RPC of the services named Msg of which at least one is served, as type URLs, and whether it is served.
static MESSAGES: LazyLock<BTreeMap<String, bool>> = LazyLock::new(|| {
    let routes = runtime::routes().unwrap();
    let mut all = BTreeMap::new();
    for service in aliquot_proto::descriptors().services().filter(|service| service.name() == "Msg") {
        let urls = service.methods().map(|method| format!("/{}", method.input().full_name()));
        let known: Vec<(String, bool)> = urls.map(|url| (url.clone(), routes.has_msg(&url))).collect();
        if known.iter().any(|(_, served)| *served) {
            all.extend(known);
        }
    }
    assert!(routes.msg_urls().all(|url| all.contains_key(url)), "a message is served that no Msg service names");
    all
});

pub fn unserved_messages() -> Vec<String> {
    MESSAGES.iter().filter(|(_, served)| !**served).map(|(url, _)| url.clone()).collect()
}

#[derive(Default)]
struct Count {
    good: u64,
    bad: u64,
}

#[derive(Default)]
pub struct Tally {
    messages: BTreeMap<String, Count>,
    /// Refusals by codespace and code.
    errors: BTreeMap<(String, u32), u64>,
    pub operations: u64,
    pub transactions: u64,
}

impl Tally {
    pub fn message(&mut self, url: &str, succeeded: bool) {
        let count = self.messages.entry(url.into()).or_default();
        *(if succeeded { &mut count.good } else { &mut count.bad }) += 1;
    }

    pub fn error(&mut self, codespace: &str, code: u32) {
        *self.errors.entry((codespace.into(), code)).or_default() += 1;
    }

    /// Holds what succeeded against the descriptors.
    pub fn check(&self) {
        let succeeded = |url: &str| self.messages.get(url).is_some_and(|count| count.good > 0);
        let never: Vec<_> = MESSAGES.iter().filter(|(url, served)| **served && !succeeded(url)).collect();
        assert!(never.is_empty(), "messages that never succeeded in {} operations: {never:?}", self.operations);
        let forbidden: Vec<_> = MESSAGES.iter().filter(|(url, served)| !**served && succeeded(url)).collect();
        assert!(forbidden.is_empty(), "messages that nothing serves succeeded: {forbidden:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9} {:>8}  message", "succeeded", "refused")?;
        for (url, Count { good, bad }) in &self.messages {
            writeln!(f, "{good:>9} {bad:>8}  {url}")?;
        }
        let (good, bad) = self.messages.values().fold((0, 0), |(good, bad), c| (good + c.good, bad + c.bad));
        writeln!(f, "{good:>9} {bad:>8}  of {} in {} transactions", self.operations, self.transactions)?;
        let errors: Vec<_> = self.errors.iter().map(|((space, code), n)| format!("{space} {code}: {n}")).collect();
        write!(f, "refusals by code: {}", errors.join(", "))
    }
}
