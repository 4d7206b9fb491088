//! `gpu:` of a compute profile: how many, and of which makers and models.
//!
//! On the chain each acceptable device is one attribute with the value `true`, and any one of them fits:
//! `vendor/<vendor>/model/<model>[/ram/<N>Gi][/interface/<interface>]`. A vendor without a list takes every model.

use super::{Result, document::Cursor, limits, names};
use crate::manifest::{Attribute, Gpu};

pub fn gpu(at: &Cursor) -> Result<Gpu> {
    let fields = at.fields(&["units", "attributes"], &[])?;
    let units = fields.required("units")?;
    let count = units.number(0, limits::GPUS)?;
    let attributes = match fields.given("attributes") {
        Some(at) if count == 0 => return Err(at.error("says which GPUs, of which units asks for none")),
        Some(at) => devices(&at)?,
        None if count > 0 => {
            return Err(units.error("asks for GPUs but not which: add attributes.vendor, as vendor: { nvidia: }"));
        }
        None => Vec::new(),
    };
    Ok(Gpu { units: count, attributes })
}

fn devices(at: &Cursor) -> Result<Vec<Attribute>> {
    let vendors = at.fields(&["vendor"], &[])?.required("vendor")?;
    let mut keys = Vec::new();
    for (vendor, models) in vendors.entries()? {
        part(&models, vendor, false)?;
        let list = if models.is_null() { Vec::new() } else { models.items()? };
        if list.is_empty() {
            keys.push(format!("vendor/{vendor}/model/*"));
        }
        for model in list {
            keys.push(format!("vendor/{vendor}/{}", device(&model, vendor)?));
        }
    }
    if keys.is_empty() {
        return Err(vendors.error("names no vendor, as nvidia, amd or intel"));
    }
    keys.sort();
    keys.dedup();
    Ok(keys.into_iter().map(|key| Attribute { key, value: "true".into() }).collect())
}

fn device(at: &Cursor, vendor: &str) -> Result<String> {
    let fields = at.fields(&["model", "ram", "interface"], &[])?;
    let model = fields.required("model")?;
    let mut key = format!("model/{}", part(&model, model.text()?, true)?);
    if let Some(ram) = fields.given("ram") {
        let text = ram.text()?;
        let number = text.strip_suffix("Gi").unwrap_or_default();
        if number.starts_with('0') || number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ram.error("is not a device's memory in whole Gi, as 80Gi"));
        }
        key.push_str(&format!("/ram/{text}"));
    }
    if let Some(interface) = fields.given("interface") {
        let text = match vendor {
            "nvidia" => interface.one_of(&["pcie", "sxm"])?,
            _ => part(&interface, interface.text()?, false)?,
        };
        key.push_str(&format!("/interface/{text}"));
    }
    names::attribute(at, &key)?;
    Ok(key)
}

/// One part of an attribute's key.
fn part<'a>(at: &Cursor, text: &'a str, glob: bool) -> Result<&'a str> {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b) || (glob && b == b'*');
    match !text.is_empty() && text.len() <= 64 && text.bytes().all(letters) {
        true => Ok(text),
        false => Err(at.error(&format!(
            "{text:?} is not a name of hardware: write small letters, digits, -, _ and ., as rtx4090"
        ))),
    }
}
