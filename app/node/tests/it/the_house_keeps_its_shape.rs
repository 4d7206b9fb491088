//! The rules of the house, held by machine: which crate may use which, and which module which.

use std::{collections::BTreeMap, fs, path::Path};

#[test]
fn crates_use_only_the_crates_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("aliquot-proto", &[] as &[&str]),
        ("aliquot-store", &[]),
        ("aliquot-kernels", &[]),
        ("aliquot-sdk", &["aliquot-proto", "aliquot-store"]),
        ("aliquot-client", &["aliquot-proto"]),
        ("aliquot", &["aliquot-client", "aliquot-kernels", "aliquot-proto", "aliquot-sdk", "aliquot-store"]),
        ("aliquot-runner", &["aliquot-client", "aliquot-kernels", "aliquot-proto"]),
        ("aliquot-localnet", &["aliquot-client", "aliquot-kernels", "aliquot-proto"]),
    ]);
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().unwrap();
    assert!(metadata.packages.len() <= 8, "at most eight crates");
    for package in &metadata.packages {
        let may = allowed.get(package.name.as_str()).unwrap_or_else(|| panic!("{} is not in the house", package.name));
        for dependency in &package.dependencies {
            let ours = dependency.name == "aliquot" || dependency.name.starts_with("aliquot-");
            let normal = dependency.kind == cargo_metadata::DependencyKind::Normal;
            assert!(
                !ours || !normal || may.contains(&dependency.name.as_str()),
                "{} may not use {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn modules_use_only_the_modules_above_them() {
    let order: Vec<&str> = aliquot::runtime::MODULES.iter().map(|module| module.name).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules");
    for (place, module) in order.iter().enumerate() {
        for file in fs::read_dir(root.join(module)).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            for (below, other) in order.iter().enumerate().skip(place + 1) {
                let _ = below;
                let direct = text.contains(&format!("modules::{other}"));
                let grouped =
                    text.split("modules::{").nth(1).and_then(|rest| rest.split("};").next()).is_some_and(|list| {
                        list.split([',', '{', '}', ' ', '\n'])
                            .any(|word| word == *other || word.starts_with(&format!("{other}::")))
                    });
                assert!(!direct && !grouped, "{} uses {other}, which stands below {module}", path.display());
            }
        }
    }
}
