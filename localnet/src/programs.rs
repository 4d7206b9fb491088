//! Where the programs of a network are.

use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const COMET: &str = "github.com/cometbft/cometbft/cmd/cometbft@v0.38.26";

#[derive(Clone, Debug)]
pub struct Programs {
    pub aliquotd: PathBuf,
    pub runner: PathBuf,
    pub cometbft: PathBuf,
}

impl Programs {
    /// Node and runner lie beside this program, where one build of the workspace puts them all.
    pub fn find() -> Result<Self> {
        static FOUND: OnceLock<Result<Programs, String>> = OnceLock::new();
        let found = FOUND.get_or_init(|| Self::search().map_err(|e| format!("{e:#}")));
        found.clone().map_err(anyhow::Error::msg)
    }

    fn search() -> Result<Self> {
        let folder = profile_folder()?;
        let beside = |name: &str| {
            let path = folder.join(name);
            ensure!(path.is_file(), "{} is not there: run `cargo build --workspace --all-targets`", path.display());
            Ok(path)
        };
        Ok(Programs { aliquotd: beside("aliquotd")?, runner: beside("aliquot-runner")?, cometbft: find_comet()? })
    }

    /// The runner that computes some chunks wrongly: an example of its crate, in no release.
    pub fn cheat() -> Result<PathBuf> {
        let path = profile_folder()?.join("examples/runner-cheat");
        ensure!(path.is_file(), "{} is not there: run `cargo build --workspace --all-targets`", path.display());
        Ok(path)
    }
}

/// The folder that this very program was built into: `target/debug`, or another profile's.
fn profile_folder() -> Result<PathBuf> {
    let own = env::current_exe()?;
    let folder = own.parent().context("this program lies in no folder")?;
    let tests = folder.ends_with("deps");
    let folder = if tests { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_path_buf())
}

/// CometBFT on PATH or in Go's folder; installed by Go where it is missing.
fn find_comet() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let go = go_bin();
    let search = |folders: &mut dyn Iterator<Item = PathBuf>| {
        folders.map(|folder| folder.join("cometbft")).find(|program| program.is_file())
    };
    if let Some(found) = search(&mut env::split_paths(&path).chain(go.clone())) {
        return Ok(found);
    }
    let Some(go) = go else {
        bail!(
            "neither cometbft nor Go is installed: install Go from https://go.dev/dl, or put CometBFT v0.38.26 on PATH"
        )
    };
    eprintln!("cometbft is not installed: go install {COMET}, about a minute");
    let status = Command::new("go").args(["install", COMET]).status()?;
    ensure!(status.success(), "`go install {COMET}` failed: see above");
    search(&mut std::iter::once(go)).context("go install put cometbft somewhere else: put it on PATH")
}

fn go_bin() -> Option<PathBuf> {
    let output = Command::new("go").args(["env", "GOBIN", "GOPATH"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let (gobin, gopath) = (lines.next()?.trim(), lines.next()?.trim());
    Some(if gobin.is_empty() { Path::new(gopath).join("bin") } else { gobin.into() })
}
