//! The gateway's certificate: made once, kept in the home folder, known to tenants by its hash.

use std::path::Path;

use anyhow::{Context, Result};
use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};

use crate::store::{write_file, write_secret};

const CERTIFICATE: &str = "gateway.crt.pem";
const KEY: &str = "gateway.key.pem";

/// A certificate with its key, as PEM.
pub struct Certificate {
    pem: Vec<u8>,
    key: Vec<u8>,
    /// SHA-256 of the DER.
    pub hash: [u8; 32],
}

impl Certificate {
    /// Reads the certificate of a home folder; makes one for `name` (a host name or an IP address) if there is none.
    pub fn load_or_make(home: &Path, name: &str) -> Result<Self> {
        let (certificate, key) = (home.join(CERTIFICATE), home.join(KEY));
        // The certificate is written last: while it is not there, the pair is not.
        if !certificate.exists() {
            let made = rcgen::generate_simple_self_signed(vec![name.to_string()])
                .with_context(|| format!("cannot make a certificate for {name:?}"))?;
            write_secret(&key, made.signing_key.serialize_pem().as_bytes())?;
            write_file(&certificate, made.cert.pem().as_bytes())?;
        }
        let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
        let pem = read(&certificate)?;
        let der = CertificateDer::from_pem_slice(&pem)
            .with_context(|| format!("{} is no certificate", certificate.display()))?;
        Ok(Certificate { hash: Sha256::digest(&der).into(), key: read(&key)?, pem })
    }

    /// What the server takes.
    pub async fn server_config(&self) -> Result<RustlsConfig> {
        // Fails only where one was installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = RustlsConfig::from_pem(self.pem.clone(), self.key.clone()).await;
        config.context("the gateway's certificate and key do not go together: remove both to have new ones made")
    }
}
