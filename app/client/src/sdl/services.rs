//! `services:`: containers with an image, and jobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use aliquot_proto::deployment::v1::JobSpec;

use super::{
    Result, Version,
    document::{Cursor, Fields},
    expose::{self, Scope},
    job, names,
};
use crate::manifest::{Credentials, Mount, Params, Service};

pub struct Declared<'a> {
    pub at: Cursor<'a>,
    pub kind: Kind<'a>,
}

pub enum Kind<'a> {
    Job(JobSpec),
    Container(Box<Container<'a>>),
}

/// A service as far as it is known before a compute profile is chosen for it.
pub struct Container<'a> {
    /// Without resources and count.
    pub service: Service,
    /// Where each entry of `service.params.storage` stands.
    pub mounts: Vec<Cursor<'a>>,
    pub tee: Option<Cursor<'a>>,
}

pub type Services<'a> = BTreeMap<&'a str, Declared<'a>>;

pub fn services<'a>(
    at: &Cursor<'a>,
    endpoints: Option<&Cursor<'a>>,
    version: Version,
    sdl: &Path,
    block_ms: u32,
) -> Result<Services<'a>> {
    let (jobs, containers): (Vec<_>, Vec<_>) = at.entries()?.into_iter().partition(|(_, at)| job::is_job(at));
    let names = |list: &[(&'a str, Cursor)]| list.iter().map(|(name, _)| *name).collect();
    let mut scope = Scope::new(names(&containers), names(&jobs), endpoints)?;
    let mut services = Services::new();
    for (name, at) in jobs {
        let kind = Kind::Job(job::job(&at, sdl, block_ms)?);
        services.insert(name, Declared { at, kind });
    }
    for (name, at) in containers {
        let kind = Kind::Container(Box::new(container(names::label(&at, name)?, &at, version, &mut scope)?));
        services.insert(name, Declared { at, kind });
    }
    scope.finish()?;
    no_circles(&services)?;
    Ok(services)
}

fn container<'a>(name: &str, at: &Cursor<'a>, version: Version, scope: &mut Scope) -> Result<Container<'a>> {
    let known = ["image", "command", "args", "env", "expose", "dependencies", "params", "credentials"];
    let fields = at.fields(&known, &[])?;
    let Some(image) = fields.optional("image") else {
        return Err(at.error("the key image is missing; a job has kernel instead"));
    };
    let text = image.text()?;
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(image.error("is not the name of an image, as docker.io/library/nginx:1.27"));
    }
    let texts = |key: &str| fields.given(key).map(|at| at.texts()).transpose().map(Option::unwrap_or_default);
    let mut service = Service {
        name: name.into(),
        image: text.into(),
        command: texts("command")?,
        args: texts("args")?,
        env: fields.given("env").map(|at| env(&at)).transpose()?.unwrap_or_default(),
        expose: fields.given("expose").map(|at| expose::ports(&at, scope)).transpose()?.unwrap_or_default(),
        credentials: fields.given("credentials").map(|at| credentials(&at, version)).transpose()?,
        dependencies: fields.given("dependencies").map(|at| dependencies(&at, scope)).transpose()?.unwrap_or_default(),
        ..Service::default()
    };
    let (mut mounts, mut tee) = (Vec::new(), None);
    if let Some(at) = fields.given("params") {
        let fields = at.fields(&["storage", "permissions", "tee"], &[])?;
        tee = fields.given("tee");
        service.params = Some(params(&fields, &mut mounts)?);
    }
    Ok(Container { service, mounts, tee })
}

fn env(at: &Cursor) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    for item in at.items()? {
        let name = item.text()?.split('=').next().unwrap_or_default();
        // A star would stand for several variables where containers are started.
        if name.is_empty() || name.contains(|c: char| c == '*' || c.is_whitespace() || c.is_control()) {
            return Err(item.error("is not a variable: write NAME=value"));
        }
        if !names.insert(name) {
            return Err(item.error(&format!("the variable {name} is set twice")));
        }
    }
    at.texts()
}

fn dependencies(at: &Cursor, scope: &Scope) -> Result<Vec<String>> {
    at.items()?.iter().map(|item| scope.service(&item.fields(&["service"], &[])?.required("service")?)).collect()
}

/// 2.0 knows no email of a registry and takes the rest as it stands.
fn credentials(at: &Cursor, version: Version) -> Result<Credentials> {
    let fields = at.fields(&["host", "username", "password", "email"], &[])?;
    let text = |at: Cursor| -> Result<String> {
        let text = at.text()?;
        let text = if version == Version::V2_1 { text.trim() } else { text };
        match text.is_empty() {
            true => Err(at.error("is empty")),
            false => Ok(text.into()),
        }
    };
    let email = fields.given("email").map(&text).transpose()?.filter(|_| version == Version::V2_1);
    let credentials = Credentials {
        host: text(fields.required("host")?)?,
        username: text(fields.required("username")?)?,
        password: text(fields.required("password")?)?,
        email: email.unwrap_or_default(),
    };
    match credentials.password.chars().count() < 6 {
        true => {
            Err(fields.required("password")?.error("is too short: registries' passwords have 6 characters or more"))
        }
        false => Ok(credentials),
    }
}

fn params<'a>(fields: &Fields<'a>, at: &mut Vec<Cursor<'a>>) -> Result<Params> {
    let mut storage: Vec<(Mount, Cursor)> = Vec::new();
    for (name, at) in fields.given("storage").map(|s| s.entries()).transpose()?.unwrap_or_default() {
        let fields = at.fields(&["mount", "readOnly"], &[])?;
        let mount = match fields.given("mount") {
            Some(mount) => absolute(&mount)?,
            None => String::new(),
        };
        let read_only = fields.given("readOnly").map(|at| at.flag()).transpose()?.unwrap_or(false);
        if let Some((other, _)) = storage.iter().find(|(other, _)| other.mount == mount && !mount.is_empty()) {
            return Err(at.error(&format!("{mount} is where volume {:?} is mounted", other.name)));
        }
        storage.push((Mount { name: name.into(), mount, read_only }, at));
    }
    storage.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let mut permissions = Vec::new();
    if let Some(read) = fields.given("permissions") {
        if let Some(list) = read.fields(&["read"], &[])?.given("read") {
            for item in list.items()? {
                permissions.push(item.one_of(&["deployment", "logs", "events"])?.to_string());
            }
        }
        permissions.sort();
        permissions.dedup();
    }
    let tee = fields.given("tee").map(|at| at.one_of(&["cpu", "cpu-gpu"])).transpose()?.map(String::from);
    let (mounts, cursors) = storage.into_iter().unzip();
    *at = cursors;
    Ok(Params { storage: mounts, permissions, tee })
}

fn absolute(at: &Cursor) -> Result<String> {
    let path = at.text()?.trim_end_matches('/');
    let letters = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let is_name = |part: &str| !matches!(part, "" | "." | "..");
    let inside = path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(is_name));
    match inside && path.chars().all(letters) {
        true => Ok(path.into()),
        false => Err(at.error("is not an absolute path of letters, digits, ., _ and -, as /data")),
    }
}

/// Services start after those that they depend on, so there must be a first one.
fn no_circles(services: &Services) -> Result<()> {
    for (name, declared) in services {
        let mut seen = BTreeSet::new();
        let mut ahead = vec![*name];
        while let Some(Declared { kind: Kind::Container(next), .. }) = ahead.pop().and_then(|next| services.get(next)) {
            for other in &next.service.dependencies {
                if other == name {
                    return Err(declared.at.error("depends on itself, directly or through others"));
                }
                if seen.insert(other) {
                    ahead.push(other);
                }
            }
        }
    }
    Ok(())
}
