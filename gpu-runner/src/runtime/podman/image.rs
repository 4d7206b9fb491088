//! Images: which reference a tenant means, whether it is run here, and getting it.

use std::{io::Write as _, os::unix::fs::OpenOptionsExt, path::PathBuf, time::Duration};

use serde_json::json;

use super::{Podman, Pull};
use crate::{
    globs::matches,
    runtime::{Credentials, Result, RuntimeError, Service},
};

const PATIENCE: Duration = Duration::from_secs(1800);
const MAX: usize = 512;

/// A reference with its registry, as `docker.io/library/nginx:1.27` for `nginx:1.27`. `None` for what is no reference
/// to a registry: podman would read `dir:/etc` from the provider's disk.
pub fn full_reference(image: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    if image.len() > MAX || !image.starts_with(|c: char| c.is_ascii_alphanumeric()) || !image.chars().all(plain) {
        return None;
    }
    let full = match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => image.to_string(),
        Some(_) => format!("docker.io/{image}"),
        None => format!("docker.io/library/{image}"),
    };
    let (host, path) = full.split_once('/')?;
    let port = host.split_once(':').is_none_or(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok());
    let (path, digest) = path.split_once('@').map_or((path, None), |(path, digest)| (path, Some(digest)));
    let digest = digest.is_none_or(|d| {
        d.strip_prefix("sha256:").is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    let (path, tag) = path.split_once(':').map_or((path, None), |(path, tag)| (path, Some(tag)));
    let tag = tag.is_none_or(|tag| !tag.is_empty() && !tag.contains([':', '/']));
    let parts = path.split('/').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric()));
    (port && digest && tag && parts).then_some(full)
}

impl Podman {
    /// Sees to it that a service's image is on the machine; gives its full reference.
    pub(super) async fn image(&self, service: &Service) -> Result<String> {
        let image = full_reference(&service.image).ok_or_else(|| RuntimeError::BadImage(service.image.clone()))?;
        if !self.config.images.is_empty() && !self.config.images.iter().any(|glob| matches(glob, &image)) {
            return Err(RuntimeError::ForeignImage(image));
        }
        // Credentials are shown each time: another tenant's pull must not open a private image.
        let pull = match self.config.pull {
            Pull::Always => true,
            Pull::Missing => service.credentials.is_some() || !self.exists("image", &image).await?,
            Pull::Never if self.exists("image", &image).await? => false,
            Pull::Never => return Err(RuntimeError::AbsentImage(image)),
        };
        if pull {
            self.pull(&image, service.credentials.as_ref()).await?;
        }
        Ok(image)
    }

    async fn pull(&self, image: &str, credentials: Option<&Credentials>) -> Result<()> {
        let file = credentials.map(AuthFile::write).transpose()?;
        let mut words = vec!["pull".to_string(), "--quiet".into()];
        words.extend(file.iter().map(|f| format!("--authfile={}", f.path.display())));
        words.extend(["--".into(), image.into()]);
        self.call(&format!("pulling image {image}"), &words, PATIENCE).await.map(drop)
    }
}

/// Credentials in a file that only this user reads; removed when dropped.
struct AuthFile {
    path: PathBuf,
}

impl AuthFile {
    fn write(credentials: &Credentials) -> Result<Self> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let auth = STANDARD.encode(format!("{}:{}", credentials.username, credentials.password));
        let host = credentials.host.as_str();
        let host = host.split_once("://").map_or(host, |(_, host)| host).trim_end_matches('/');
        let text = json!({ "auths": { host: { "auth": auth } } }).to_string();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("aliquot-auth-{}-{number}.json", std::process::id()));
        let failed =
            |e: std::io::Error| RuntimeError::Failed { doing: "writing credentials".into(), reason: e.to_string() };
        // What a killed process left there would refuse the new one.
        let _ = std::fs::remove_file(&path);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let written = AuthFile { path };
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(written)
    }
}

impl Drop for AuthFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "a file with credentials was not removed");
        }
    }
}
