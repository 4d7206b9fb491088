//! `expose:`: the ports of a service, who may call them, and how the HTTP proxy treats them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Result, document::Cursor, names};
use crate::manifest::{Expose, HttpOptions, Protocol};

const NEXT_CASES: &[&str] = &["error", "timeout", "500", "502", "503", "504", "403", "404", "429", "off"];
const MAX_BODY: u32 = 100 << 20;
const MAX_BUFFER: u32 = 1 << 20;
const MAX_TIMEOUT_MS: u32 = 60_000;

/// What the ports of all services have in common.
pub struct Scope<'a> {
    /// Names of services with an image, and of jobs.
    containers: BTreeSet<&'a str>,
    jobs: BTreeSet<&'a str>,
    /// Leased addresses by name: where each is declared, and its number, from 1 in the order of names.
    endpoints: BTreeMap<&'a str, (Cursor<'a>, u32)>,
    /// Ports of leased addresses that are taken, and by which key.
    taken: BTreeMap<(String, u16, Protocol), String>,
}

impl<'a> Scope<'a> {
    pub fn new(containers: BTreeSet<&'a str>, jobs: BTreeSet<&'a str>, endpoints: Option<&Cursor<'a>>) -> Result<Self> {
        let mut declared = BTreeMap::new();
        for (name, at) in endpoints.map(Cursor::entries).transpose()?.unwrap_or_default() {
            names::endpoint(&at, name)?;
            at.fields(&["kind"], &[])?.required("kind")?.one_of(&["ip"])?;
            declared.insert(name, (at, 0));
        }
        for ((_, number), n) in declared.values_mut().zip(1..) {
            *number = n;
        }
        Ok(Scope { containers, jobs, endpoints: declared, taken: BTreeMap::new() })
    }

    /// The name of another service, which must have an image.
    pub fn service(&self, at: &Cursor) -> Result<String> {
        let name = at.text()?;
        match name {
            _ if self.containers.contains(name) => Ok(name.into()),
            _ if self.jobs.contains(name) => {
                Err(at.error(&format!("{name:?} is a job, which has no ports and no start")))
            }
            _ => Err(at.error(&format!("there is no service {name:?} under services"))),
        }
    }

    /// Refuses leased addresses that no port uses.
    pub fn finish(&self) -> Result<()> {
        let used = |name: &str| self.taken.keys().any(|(ip, ..)| ip == name);
        match self.endpoints.iter().find(|(name, _)| !used(name)) {
            Some((_, (at, _))) => {
                Err(at.error("no port is opened on this address: use it under expose.to.ip, or take it out"))
            }
            None => Ok(()),
        }
    }
}

/// The ports of a service; one entry for each caller of each.
pub fn ports(list: &Cursor, scope: &mut Scope) -> Result<Vec<Expose>> {
    let mut all = Vec::new();
    for entry in list.items()? {
        let fields = entry.fields(&["port", "as", "proto", "accept", "to", "http_options"], &[])?;
        let port = fields.required("port")?.number(1, u16::MAX)?;
        let external_port = fields.given("as").map(|at| at.number(1, u16::MAX)).transpose()?.unwrap_or(port);
        let proto = match fields.given("proto").map(|at| at.one_of(&["tcp", "udp", "TCP", "UDP"])).transpose()? {
            Some("udp" | "UDP") => Protocol::Udp,
            _ => Protocol::Tcp,
        };
        let hosts = match fields.given("accept") {
            Some(accept) => accept.items()?.iter().map(names::host).collect::<Result<Vec<_>>>()?,
            None => Vec::new(),
        };
        let http_options = fields.given("http_options").map(|at| http_options(&at)).transpose()?.unwrap_or_default();
        let port = Expose { port, external_port, proto, hosts, http_options, ..Expose::default() };
        let Some(to) = fields.given("to") else {
            all.push(port);
            continue;
        };
        for caller in to.items()? {
            all.push(opened_to(&caller, port.clone(), scope)?);
        }
    }
    Ok(all)
}

fn opened_to(caller: &Cursor, mut port: Expose, scope: &mut Scope) -> Result<Expose> {
    let fields = caller.fields(&["service", "global", "ip"], &[])?;
    if let Some(service) = fields.given("service") {
        port.service = scope.service(&service)?;
    }
    port.global = fields.given("global").map(|at| at.flag()).transpose()?.unwrap_or(false);
    if let Some(ip) = fields.given("ip") {
        let name = ip.text()?;
        if !port.global {
            return Err(ip.error("a leased address is open to the world: add global: true"));
        }
        let Some((_, number)) = scope.endpoints.get(name) else {
            return Err(ip.error(&format!("there is no address {name:?} under endpoints")));
        };
        port.ip = name.into();
        port.endpoint_sequence_number = *number;
        let place = (port.ip.clone(), port.external_port, port.proto);
        if let Some(other) = scope.taken.insert(place, ip.key().into()) {
            let proto = if port.proto == Protocol::Tcp { "tcp" } else { "udp" };
            let message = format!("{proto} port {} of address {name:?} is taken by {other}", port.external_port);
            return Err(ip.error(&message));
        }
    }
    match port.global || !port.service.is_empty() {
        true => Ok(port),
        false => Err(caller.error("names nobody: write service: and a name, or global: true")),
    }
}

fn http_options(at: &Cursor) -> Result<HttpOptions> {
    let known = [
        "max_body_size",
        "proxy_buffer_size",
        "read_timeout",
        "send_timeout",
        "next_tries",
        "next_timeout",
        "next_cases",
    ];
    let fields = at.fields(&known, &[])?;
    let number = |name: &str, min: u32, max: u32, default: u32| {
        fields.given(name).map(|at| at.number(min, max)).transpose().map(|n| n.unwrap_or(default))
    };
    let default = HttpOptions::default();
    let options = HttpOptions {
        max_body_size: number("max_body_size", 1, MAX_BODY, default.max_body_size)?,
        proxy_buffer_size: number("proxy_buffer_size", 0, MAX_BUFFER, default.proxy_buffer_size)?,
        read_timeout: number("read_timeout", 1, MAX_TIMEOUT_MS, default.read_timeout)?,
        send_timeout: number("send_timeout", 1, MAX_TIMEOUT_MS, default.send_timeout)?,
        next_tries: number("next_tries", 0, u32::MAX, default.next_tries)?,
        next_timeout: number("next_timeout", 0, MAX_TIMEOUT_MS, default.next_timeout)?,
        next_cases: fields.given("next_cases").map(|at| next_cases(&at)).transpose()?.unwrap_or(default.next_cases),
    };
    Ok(options)
}

fn next_cases(at: &Cursor) -> Result<Vec<String>> {
    let mut cases: Vec<String> = Vec::new();
    for item in at.items()? {
        let case = item.one_of(NEXT_CASES)?;
        if cases.iter().any(|other| other == case) {
            return Err(item.error(&format!("{case:?} stands twice")));
        }
        cases.push(case.into());
    }
    match cases.len() > 1 && cases.iter().any(|case| case == "off") {
        true => Err(at.error("off must stand alone")),
        false => Ok(cases),
    }
}
