//! An image of busybox for services on this machine, and the containers that providers run.

use anyhow::{Context, Result, ensure};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

/// What SDL files of a local network name.
pub const IMAGE: &str = "localhost/aliquot-market:1";
/// Words before each command of podman: they work in sandboxes too.
pub const GLOBAL: [&str; 4] = ["--runtime", "runc", "--storage-driver", "vfs"];
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
const APPLETS: [&str; 5] = ["sh", "cat", "echo", "httpd", "sleep"];

fn podman(words: &[&str]) -> Result<String> {
    let done = Command::new("podman").args(GLOBAL).args(words).output();
    let done = done.context("podman does not run: apt-get install podman runc")?;
    ensure!(done.status.success(), "podman {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim());
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Makes the image from the machine's static busybox, unless it is there. `folder`: where it is put together.
pub fn make_image(folder: &Path) -> Result<()> {
    if podman(&["image", "exists", IMAGE]).is_ok() {
        return Ok(());
    }
    let busybox = BUSYBOX.into_iter().find(|path| Path::new(path).is_file());
    let busybox = busybox.context("busybox is missing: apt-get install busybox-static")?;
    let root = folder.join("image");
    for part in ["bin", "tmp", "dev", "proc", "sys", "etc", "www"] {
        fs::create_dir_all(root.join(part))?;
    }
    fs::copy(busybox, root.join("bin/busybox"))?;
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet))?;
    }
    let tar = folder.join("image.tar");
    let packed = Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&tar).arg(".").status()?;
    ensure!(packed.success(), "tar failed");
    podman(&["import", &tar.to_string_lossy(), IMAGE]).map(drop)
}

/// The containers of a provider, by name.
pub fn of_provider(address: &str) -> Result<Vec<String>> {
    let filter = format!("label=aliquot.provider={address}");
    let names = podman(&["ps", "--all", "--format", "{{.Names}}", "--filter", &filter])?;
    Ok(names.split_whitespace().map(String::from).collect())
}

/// Removes what is left of providers when a story ends, however it ends.
pub struct Cleared(pub Vec<String>);

impl Cleared {
    pub fn clear(&self) -> Result<()> {
        for address in &self.0 {
            let filter = format!("label=aliquot.provider={address}");
            for (list, remove) in [
                (&["ps", "--all", "--quiet"][..], &["rm", "--force", "--time", "0"][..]),
                (&["volume", "ls", "--quiet"], &["volume", "rm", "--force"]),
                (&["network", "ls", "--quiet"], &["network", "rm", "--force"]),
            ] {
                let left = podman(&[list, &["--filter", &filter]].concat())?;
                let left: Vec<&str> = left.split_whitespace().collect();
                if !left.is_empty() {
                    podman(&[remove, &left].concat())?;
                }
            }
        }
        Ok(())
    }
}

impl Drop for Cleared {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            eprintln!("containers are left: {error:#}");
        }
    }
}
