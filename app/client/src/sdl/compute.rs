//! `profiles.compute:`: what one instance of a service needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Result, document::Cursor, gpu, limits, names, quantity};
use crate::manifest::{Attribute, Cpu, Memory, Resources, Storage};

/// Compute profiles by name; their resources have no id and no endpoints yet.
pub type Profiles<'a> = BTreeMap<&'a str, Resources>;

/// Volumes of these kinds keep their content as long as the lease: hard disk, solid state, NVMe, or what the
/// provider has.
const PERSISTENT_CLASSES: &[&str] = &["default", "beta1", "beta2", "beta3"];
const RAM: &str = "ram";
/// How Akash names the root volume where it is named at all.
const ROOT: &str = "default";

pub fn profiles<'a>(at: &Cursor<'a>) -> Result<Profiles<'a>> {
    let mut profiles = Profiles::new();
    for (name, at) in at.entries()? {
        let fields =
            at.fields(&["resources"], &[])?.required("resources")?.fields(&["cpu", "memory", "storage", "gpu"], &[])?;
        let memory = fields.required("memory")?.fields(&["size"], &[])?;
        let resources = Resources {
            cpu: cpu(&fields.required("cpu")?)?,
            memory: Memory { size: quantity::bytes(&memory.required("size")?, limits::MEMORY)? },
            storage: storage(&fields.required("storage")?)?,
            gpu: fields.given("gpu").map(|at| gpu::gpu(&at)).transpose()?.unwrap_or_default(),
            ..Resources::default()
        };
        let attributes =
            resources.storage.iter().flat_map(|volume| &volume.attributes).chain(&resources.cpu.attributes);
        if attributes.chain(&resources.gpu.attributes).count() > limits::ATTRIBUTES {
            return Err(
                at.error(&format!("has more than {} attributes: name fewer models or volumes", limits::ATTRIBUTES))
            );
        }
        profiles.insert(name, resources);
    }
    Ok(profiles)
}

fn cpu(at: &Cursor) -> Result<Cpu> {
    let fields = at.fields(&["units", "attributes"], &[])?;
    let mut attributes = Vec::new();
    if let Some(at) = fields.given("attributes")
        && let Some(arch) = at.fields(&["arch"], &[])?.given("arch")
    {
        attributes.push(Attribute { key: "arch".into(), value: names::attribute(&arch, arch.text()?)?.into() });
    }
    Ok(Cpu { units: quantity::milli_cores(&fields.required("units")?)?, attributes })
}

/// One volume or a list of them. In the order of their names, so that the order in the file changes no hash.
fn storage(at: &Cursor) -> Result<Vec<Storage>> {
    let volumes = match at.is_list() {
        true => at.items()?,
        false => vec![at.clone()],
    };
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for at in volumes {
        let volume = volume(&at)?;
        if !seen.insert(volume.name.clone()) {
            return Err(at.error(&match volume.name.is_empty() {
                true => "a second volume has no name: one alone is the root".into(),
                false => format!("a second volume has the name {:?}", volume.name),
            }));
        }
        all.push(volume);
    }
    if all.len() > limits::VOLUMES {
        return Err(at.error(&format!("has more than {} volumes", limits::VOLUMES)));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    match seen.contains("") {
        true => Ok(all),
        false => Err(at.error("no volume is the root: add one without a name")),
    }
}

fn volume(at: &Cursor) -> Result<Storage> {
    let fields = at.fields(&["size", "name", "attributes"], &[])?;
    let name = match fields.given("name") {
        None => "",
        Some(at) if at.text()? == ROOT => "",
        Some(at) => names::label(&at, at.text()?)?,
    };
    let size = quantity::bytes(&fields.required("size")?, limits::VOLUME)?;
    let Some(at) = fields.given("attributes") else {
        return Ok(Storage { name: name.into(), size, attributes: Vec::new() });
    };
    let fields = at.fields(&["persistent", "class"], &[])?;
    let persistent = fields.given("persistent").map(|at| at.flag()).transpose()?;
    let class = fields.given("class");
    let name_of_class = class.as_ref().map(|at| at.one_of(&[PERSISTENT_CLASSES, &[RAM]].concat())).transpose()?;
    let is_ram = name_of_class == Some(RAM);
    if let (Some(class), false) = (&class, is_ram || persistent == Some(true)) {
        return Err(class.error("is of persistent volumes: add persistent: true, or take the class out"));
    }
    if is_ram && persistent == Some(true) {
        return Err(at.error("a volume in ram goes with its container: it cannot be persistent"));
    }
    if name.is_empty() && (is_ram || persistent == Some(true)) {
        return Err(at.error("the root volume goes with its container: give the volume a name, and a root beside it"));
    }
    let of = |class: &str, persistent: &str| {
        vec![
            Attribute { key: "class".into(), value: class.into() },
            Attribute { key: "persistent".into(), value: persistent.into() },
        ]
    };
    let attributes = match persistent {
        _ if is_ram => of(RAM, "false"),
        Some(true) => of(name_of_class.unwrap_or(ROOT), "true"),
        _ => Vec::new(),
    };
    Ok(Storage { name: name.into(), size, attributes })
}
