//! Generates `src/gen` from the .proto files: the types of our own packages, and one descriptor set of
//! everything that the node speaks.
//!
//! `cargo run -p aliquot-proto --example generate` writes; with `--check` it compares and exits with 1,
//! naming the files that differ. It needs Go, whose module cache is where the foreign .proto files come from:
//! pinned by version and checksum below, so that nobody keeps copies of them. Building the crate needs neither
//! Go nor protoc, because what this program writes is committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

/// A Go module that carries .proto files, and the folder in it that their imports start from.
struct Source {
    module: &'static str,
    /// Go's checksum of the module's content, as in a go.sum.
    sum: &'static str,
    root: &'static str,
    /// Folders below `root` whose files the descriptor set covers, with all they import.
    covers: &'static [&'static str],
}

// The SDK and wasmd versions are those of the crate cosmos-sdk-proto, which has the types of these packages.
// CometBFT stands before the SDK because the SDK carries older copies of the tendermint packages.
const SOURCES: &[Source] = &[
    Source {
        module: "github.com/cometbft/cometbft@v0.38.12",
        sum: "h1:OWsLZN2KcSSFe8bet9xCn07VwhBnavPea3VyPnNq1bg=",
        root: "proto",
        covers: &["tendermint/abci", "tendermint/crypto", "tendermint/p2p", "tendermint/types", "tendermint/version"],
    },
    Source {
        module: "github.com/cosmos/cosmos-sdk@v0.50.9",
        sum: "h1:gt2usjz0H0qW6KwAxWw7ZJ3XU8uDwmhN+hYG3nTLeSg=",
        root: "proto",
        covers: &[
            "amino",
            "cosmos/auth",
            "cosmos/authz",
            "cosmos/bank",
            "cosmos/base",
            "cosmos/consensus",
            "cosmos/crypto",
            "cosmos/distribution",
            "cosmos/evidence",
            "cosmos/feegrant",
            "cosmos/gov",
            "cosmos/mint",
            "cosmos/msg",
            "cosmos/params",
            "cosmos/query",
            "cosmos/slashing",
            "cosmos/staking",
            "cosmos/tx",
            "cosmos/upgrade",
        ],
    },
    Source {
        module: "github.com/CosmWasm/wasmd@v0.52.0",
        sum: "h1:VRylqes1AMXqIgz/jUH9EzhjBZKsRXrrjCTAni0ILRM=",
        root: "proto",
        covers: &["cosmwasm/wasm/v1"],
    },
    Source {
        module: "github.com/cosmos/cosmos-proto@v1.0.0-beta.5",
        sum: "h1:eNcayDLpip+zVLRLYafhzLvQlSmyab+RC5W7ZfmxJLA=",
        root: "proto",
        covers: &["cosmos_proto"],
    },
    Source {
        module: "github.com/cosmos/gogoproto@v1.7.0",
        sum: "h1:79USr0oyXAbxg3rspGh/m4SWNyoz/GLaAh0QlCe2fro=",
        root: "",
        covers: &["gogoproto"],
    },
    Source {
        module: "github.com/grpc-ecosystem/grpc-gateway@v1.16.0",
        sum: "h1:gmcG1KaJ57LophUzW0Hy8NmPhnMZb4M0+kPpLofRdBo=",
        root: "third_party/googleapis",
        covers: &["google/api"],
    },
];

fn main() -> Result<ExitCode> {
    let check = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => bail!("unknown argument {other}: the only one is --check"),
    };
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = home.join("src/gen");
    let ours = home.join("../../proto").canonicalize().context("the folder proto is missing")?;
    let wanted = generate(&ours)?;
    let found = read_generated(&target)?;
    if check {
        let differing: Vec<_> = differing(&wanted, &found);
        for name in &differing {
            eprintln!("app/proto/src/gen/{name} differs from what the .proto files give: run `make proto`");
        }
        return Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    fs::create_dir_all(&target)?;
    for name in differing(&wanted, &found) {
        match wanted.get(&name) {
            Some(bytes) => fs::write(target.join(&name), bytes)?,
            None => fs::remove_file(target.join(&name))?,
        }
        println!("app/proto/src/gen/{name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// All generated files by name.
type Files = BTreeMap<String, Vec<u8>>;

fn generate(ours: &Path) -> Result<Files> {
    let roots = download()?;
    let includes: Vec<PathBuf> = std::iter::once(ours.to_path_buf()).chain(roots.iter().cloned()).collect();
    let own = proto_files(ours, "aliquot")?;
    ensure!(!own.is_empty(), "no .proto file under {}", ours.display());

    let mut all = own.clone();
    for (source, root) in SOURCES.iter().zip(&roots) {
        for folder in source.covers {
            let files = proto_files(root, folder)?;
            ensure!(!files.is_empty(), "{} has no .proto file in {folder}", source.module);
            all.extend(files);
        }
    }
    let mut files = types(&own, &includes)?;
    files.insert("descriptors.bin".into(), descriptors(&all, &includes)?);
    Ok(files)
}

/// Prost types of our packages, one file per package.
fn types(own: &[String], includes: &[PathBuf]) -> Result<Files> {
    let mut compiler = protox::Compiler::new(includes)?;
    compiler.include_source_info(true).include_imports(true).open_files(own)?;
    let out = tempfile::tempdir()?;
    prost_build::Config::new()
        .out_dir(out.path())
        .enable_type_names()
        .btree_map(["."])
        // The Any and Timestamp of cosmos-sdk-proto's types are tendermint-proto's, not prost-types'.
        .compile_well_known_types()
        .extern_path(".google.protobuf", "::tendermint_proto::google::protobuf")
        .extern_path(".cosmos", "::cosmos_sdk_proto::cosmos")
        .extern_path(".cosmwasm", "::cosmos_sdk_proto::cosmwasm")
        .compile_fds(compiler.file_descriptor_set())?;
    let mut files = read_generated(out.path())?;
    // The packages of options come along as imports; nobody needs their types.
    files.retain(|name, _| name.starts_with("aliquot."));
    Ok(files)
}

/// One FileDescriptorSet without comments and positions. Options stay, custom ones too.
fn descriptors(all: &[String], includes: &[PathBuf]) -> Result<Vec<u8>> {
    let mut compiler = protox::Compiler::new(includes)?;
    compiler.include_source_info(false).include_imports(true).open_files(all)?;
    Ok(compiler.encode_file_descriptor_set())
}

/// Fetches the modules through Go's cache and returns their import roots, in the order of `SOURCES`.
fn download() -> Result<Vec<PathBuf>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Module {
        path: String,
        version: String,
        dir: Option<PathBuf>,
        sum: Option<String>,
        error: Option<String>,
    }
    // Go wants to stand in a module of its own, or it would write into the one that it finds above.
    let here = tempfile::tempdir()?;
    fs::write(here.path().join("go.mod"), "module generate\n\ngo 1.21\n")?;
    let output = Command::new("go")
        .args(["mod", "download", "-json"])
        .args(SOURCES.iter().map(|source| source.module))
        .current_dir(here.path())
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off")
        .output()
        .context("cannot run go: it is needed to fetch the Cosmos .proto files; install Go 1.21 or newer")?;
    let modules = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter::<Module>()
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("go mod download: {}", String::from_utf8_lossy(&output.stderr)))?;
    SOURCES
        .iter()
        .map(|source| {
            let module = modules
                .iter()
                .find(|module| format!("{}@{}", module.path, module.version) == source.module)
                .with_context(|| format!("go did not fetch {}", source.module))?;
            if let Some(error) = &module.error {
                bail!("go cannot fetch {}: {error}", source.module);
            }
            let sum = module.sum.as_deref().unwrap_or_default();
            ensure!(sum == source.sum, "{} has checksum {sum}, not {}", source.module, source.sum);
            let dir = module.dir.as_ref().with_context(|| format!("go gave no folder for {}", source.module))?;
            Ok(dir.join(source.root))
        })
        .collect()
}

/// Import names of all .proto files below `folder`, sorted.
fn proto_files(root: &Path, folder: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let path = root.join(folder);
    for entry in fs::read_dir(&path).with_context(|| format!("{} is missing", path.display()))? {
        let entry = entry?;
        let file = entry.file_name();
        let file = file.to_str().context("a file name is not UTF-8")?;
        let name = format!("{folder}/{file}");
        if entry.file_type()?.is_dir() {
            // `module` holds the configuration of the SDK's own dependency injection.
            if file != "module" {
                names.extend(proto_files(root, &name)?);
            }
        } else if file.ends_with(".proto") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_generated(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a file name is not UTF-8")?;
        files.insert(name.into(), fs::read(&path)?);
    }
    Ok(files)
}

fn differing(wanted: &Files, found: &Files) -> Vec<String> {
    let mut names: Vec<_> =
        wanted.keys().chain(found.keys()).filter(|name| wanted.get(*name) != found.get(*name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}
