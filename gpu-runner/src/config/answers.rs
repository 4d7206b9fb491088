//! What `init` asks, and the file that it writes.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{Config, FILE};

/// What `init` fills in.
#[derive(Clone, Debug)]
pub struct Answers {
    pub node: String,
    pub key: String,
    pub keyring: PathBuf,
    pub owner: String,
    pub auto_register: bool,
    pub device: String,
    pub bond: String,
    pub per_mega_op: f64,
    pub listen: SocketAddr,
    pub tls: bool,
    pub host_uri: String,
    pub attributes: BTreeMap<String, String>,
}

impl Answers {
    /// Makes the home folder and writes `config.toml`; an existing one is kept unless `force`.
    pub fn write(&self, home: &Path, force: bool) -> Result<PathBuf> {
        let path = home.join(FILE);
        if path.exists() && !force {
            bail!("{} exists: edit it, or write it anew with --force", path.display());
        }
        let text = self.render();
        Config::parse(&text).context("these settings do not go together")?;
        std::fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))?;
        crate::store::write_file(&path, text.as_bytes())?;
        Ok(path)
    }

    fn render(&self) -> String {
        // TOML's basic strings and JSON's agree on everything that can stand in a setting.
        let text = |s: &str| serde_json::Value::from(s).to_string();
        let number = |n: f64| format!("{n:?}");
        let attributes: String =
            self.attributes.iter().map(|(key, value)| format!("{} = {}\n", text(key), text(value))).collect();
        let values = [
            ("NODE", text(&self.node)),
            ("KEYRING", text(&self.keyring.to_string_lossy())),
            ("KEY", text(&self.key)),
            ("OWNER", text(&self.owner)),
            ("AUTO_REGISTER", self.auto_register.to_string()),
            ("DEVICE", text(&self.device)),
            ("BOND", text(&self.bond)),
            ("PER_MEGA_OP", number(self.per_mega_op)),
            ("LISTEN", text(&self.listen.to_string())),
            ("TLS", self.tls.to_string()),
            ("HOST_URI", text(&self.host_uri)),
            ("ATTRIBUTES", attributes),
        ];
        values.iter().fold(TEMPLATE.to_string(), |page, (name, value)| page.replace(&format!("{{{name}}}"), value))
    }
}

const TEMPLATE: &str = include_str!("../config.template.toml");
