//! Downloads from a provider's gateway.
//!
//! The provider's record on the chain names the gateway and the SHA-256 of its certificate: that hash is all that is
//! believed, neither a certificate authority nor a host name. Plain http is for gateways on loopback. What comes back
//! is bytes; that they are the result which the provider committed to is for the caller to check, leaf by leaf.

use std::{sync::Arc, time::Duration};

use aliquot_proto::{market::v1::LeaseId, provider::v1::Provider};
use reqwest::{Response, StatusCode};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{jwt::gateway_token, key::Key};

const CONNECT: Duration = Duration::from_secs(10);
/// How long the gateway may be silent.
const SILENCE: Duration = Duration::from_secs(30);
const HASH: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("gateway {uri} of provider {provider} cannot be used: {reason}")]
    Gateway { provider: String, uri: String, reason: String },
    #[error("the gateway does not answer: {0}")]
    Unreachable(String),
    #[error("the gateway shows another certificate than the provider's record names")]
    Certificate,
    #[error("the gateway refused: {message} (status {status})")]
    Refused { status: u16, message: String },
    #[error("the answer is longer than the {0} bytes that the job has")]
    TooLong(u64),
    #[error("the answer has {got} bytes where the job has {wanted}")]
    WrongSize { got: u64, wanted: u64 },
    #[error("the answer is not understood: {0}")]
    Malformed(String),
}

type Result<T> = std::result::Result<T, FetchError>;

/// What a gateway has of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The hash of each chunk's leaf, in order.
    pub leaves: Vec<[u8; HASH]>,
    /// The outputs of all chunks, one after the other.
    pub result: Vec<u8>,
}

/// The gateway of one provider, as its record on the chain describes it.
#[derive(Clone, Debug)]
pub struct Gateway {
    http: reqwest::Client,
    base: String,
    provider: String,
}

/// Downloads leaf hashes and result of a lease. `chunks` and `output_len` say how much is expected (the job on the
/// chain has the one, its kernel the other), so that a gateway cannot send more. `now`: seconds since 1970.
pub async fn fetch_result(
    provider: &Provider,
    lease: &LeaseId,
    key: &Key,
    chunks: u32,
    output_len: usize,
    now: u64,
) -> Result<Artifacts> {
    let gateway = Gateway::new(provider)?;
    let chunks = u64::from(chunks);
    let leaves = gateway.download(lease, key, "leaves", chunks * HASH as u64, now).await?;
    let (leaves, _) = leaves.as_chunks::<HASH>();
    let leaves = leaves.to_vec();
    let result = gateway.download(lease, key, "result", chunks.saturating_mul(output_len as u64), now).await?;
    Ok(Artifacts { leaves, result })
}

impl Gateway {
    /// Reads the provider's record; connects with the first call.
    pub fn new(provider: &Provider) -> Result<Self> {
        let unusable = |reason: &str| FetchError::Gateway {
            provider: provider.owner.clone(),
            uri: provider.host_uri.clone(),
            reason: reason.into(),
        };
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let uri = provider.host_uri.trim_end_matches('/');
        let builder = if uri.starts_with("https://") {
            let hash = <[u8; HASH]>::try_from(provider.certificate_hash.as_slice());
            let hash = hash.map_err(|_| unusable("its record has no certificate hash"))?;
            builder.use_preconfigured_tls(pinned(hash).map_err(|e| unusable(&e.to_string()))?)
        } else if is_loopback(uri) {
            builder
        } else {
            return Err(unusable("it is neither https nor http on this very machine"));
        };
        let http = builder.build().map_err(|e| unusable(&e.to_string()))?;
        Ok(Gateway { http, base: uri.into(), provider: provider.owner.clone() })
    }

    /// What the gateway tells everyone about itself.
    pub async fn status(&self) -> Result<Value> {
        let response = self.http.get(format!("{}/status", self.base)).send().await;
        json(accepted(response.map_err(failure)?).await?).await
    }

    /// What the gateway tells the owner of a lease about it.
    pub async fn lease_status(&self, lease: &LeaseId, key: &Key, now: u64) -> Result<Value> {
        json(self.get(lease, key, "status", now).await?).await
    }

    /// One of a lease's files, which must have exactly `size` bytes.
    pub async fn download(&self, lease: &LeaseId, key: &Key, file: &str, size: u64, now: u64) -> Result<Vec<u8>> {
        let mut response = self.get(lease, key, file, now).await?;
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failure)? {
            if (bytes.len() + part.len()) as u64 > size {
                return Err(FetchError::TooLong(size));
            }
            bytes.extend_from_slice(&part);
        }
        let got = bytes.len() as u64;
        match got == size {
            true => Ok(bytes),
            false => Err(FetchError::WrongSize { got, wanted: size }),
        }
    }

    async fn get(&self, lease: &LeaseId, key: &Key, what: &str, now: u64) -> Result<Response> {
        let LeaseId { owner, dseq, gseq, oseq, .. } = lease;
        let url = format!("{}/lease/{owner}/{dseq}/{gseq}/{oseq}/{what}", self.base);
        let token = gateway_token(key, &self.provider, std::slice::from_ref(lease), now);
        let response = self.http.get(url).bearer_auth(token).send().await;
        accepted(response.map_err(failure)?).await
    }
}

async fn json(mut response: Response) -> Result<Value> {
    const MOST: usize = 1 << 20;
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failure)? {
        if bytes.len() + part.len() > MOST {
            return Err(FetchError::TooLong(MOST as u64));
        }
        bytes.extend_from_slice(&part);
    }
    serde_json::from_slice(&bytes).map_err(|e| FetchError::Malformed(e.to_string()))
}

async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let told = json(response).await.ok();
    let message = told.as_ref().and_then(|v| v["message"].as_str());
    Err(FetchError::Refused { status: status.as_u16(), message: message.unwrap_or("no reason given").into() })
}

fn failure(error: reqwest::Error) -> FetchError {
    // The reason is at the end of the chain: reqwest's own text says only that a request failed.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    match reason.contains(PIN_TEXT) {
        true => FetchError::Certificate,
        false => FetchError::Unreachable(reason),
    }
}

fn is_loopback(uri: &str) -> bool {
    ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|prefix| uri.starts_with(prefix))
}

/// What rustls says when the verifier below refuses.
const PIN_TEXT: &str = "ApplicationVerificationFailure";

fn pinned(hash: [u8; HASH]) -> std::result::Result<ClientConfig, rustls::Error> {
    let crypto = Arc::new(ring::default_provider());
    let verifier = Pinned { hash, crypto: crypto.clone() };
    Ok(ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Takes the one certificate whose hash is known. The handshake's signature still proves that the other side has
/// its key.
#[derive(Debug)]
struct Pinned {
    hash: [u8; HASH],
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        match <[u8; HASH]>::from(Sha256::digest(end_entity)) == self.hash {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
