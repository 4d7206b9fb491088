use std::{os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Arc};

use aliquot_runner::runtime::{
    Credentials, Runtime, State,
    podman::{Network, Podman, PodmanConfig, Pull},
};
use axum::{
    Router,
    extract::{Request, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::podman::{Cleaned, config, image, lease, podman, script, until, workload};

const PASSWORD: &str = "hunter-two";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An image of one layer, as a registry has it.
struct Image {
    manifest: Vec<u8>,
    blobs: Vec<(String, Vec<u8>)>,
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn packed(dir: &Path) -> Image {
    std::fs::create_dir_all(dir.join("root/bin")).unwrap();
    std::fs::copy("/bin/busybox", dir.join("root/bin/sh")).expect("apt-get install busybox-static");
    std::fs::copy("/bin/busybox", dir.join("root/bin/sleep")).unwrap();
    // A file that no other image has, so that nothing of it is on the machine.
    std::fs::write(dir.join("root/own"), format!("{}", std::process::id())).unwrap();
    let layer = Command::new("tar").arg("-C").arg(dir.join("root")).args(["-cf", "-", "."]).output().unwrap().stdout;
    let about = json!({ "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] } });
    let about = about.to_string().into_bytes();
    let part = |kind: &str, bytes: &[u8]| {
        let kind = format!("application/vnd.oci.image.{kind}");
        json!({ "mediaType": kind, "digest": digest(bytes), "size": bytes.len() })
    };
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": part("config.v1+json", &about),
        "layers": [part("layer.v1.tar", &layer)] });
    let blobs = vec![(digest(&layer), layer), (digest(&about), about)];
    Image { manifest: manifest.to_string().into_bytes(), blobs }
}

/// A registry that opens to one password.
async fn registry(Shared(image): Shared<Arc<Image>>, request: Request) -> Response {
    let wanted = format!("Basic {}", STANDARD.encode(format!("bot:{PASSWORD}")));
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    if shown != Some(&wanted) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"test\"")]).into_response();
    }
    let path = request.uri().path();
    if path == "/v2/" {
        return StatusCode::OK.into_response();
    }
    if path == "/v2/private/manifests/1" {
        return ([(header::CONTENT_TYPE, MANIFEST)], image.manifest.clone()).into_response();
    }
    match image.blobs.iter().find(|(digest, _)| path.ends_with(digest.as_str())) {
        Some((_, bytes)) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn credentials_open_an_image_and_are_neither_told_nor_left_behind() {
    image();
    let dir = tempfile::tempdir().unwrap();
    let lease = lease("secret");
    let _cleaned = Cleaned(lease.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let router = Router::new().fallback(registry).with_state(Arc::new(packed(dir.path())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    // The registry has no certificate; podman is told so by a file, through a program of the test's own.
    let conf = dir.path().join("registries.conf");
    std::fs::write(&conf, format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n")).unwrap();
    let program = dir.path().join("podman");
    let text = format!("#!/bin/sh\nCONTAINERS_REGISTRIES_CONF={} exec podman \"$@\"\n", conf.display());
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();

    let image = format!("{host}/private:1");
    let start = async |pull: Pull, password: Option<&str>| {
        let credentials =
            |password: &str| Credentials { host: host.clone(), username: "bot".into(), password: password.into() };
        let mut service = script("web", "sleep 1000", 1);
        (service.image, service.credentials) = (image.clone(), password.map(credentials));
        let work = workload(&lease, vec![service]);
        let program = program.to_string_lossy().into_owned();
        let podman = Podman::new(PodmanConfig { pull, program, ..config(Network::None) }, &lease.provider);
        podman.remove(&lease).await.unwrap();
        let told = podman.start(&work).await.map_err(|e| format!("{e} {e:?} {work:?}"));
        told.map(|()| podman)
    };
    for (pull, password) in [(Pull::Missing, None), (Pull::Missing, Some("hunter-one"))] {
        let error = start(pull, password).await.unwrap_err();
        assert!(error.starts_with("pulling image localhost:") && !error.contains("hunter"), "{error}");
    }
    let running = start(Pull::Missing, Some(PASSWORD)).await.unwrap();
    until(&running, &lease, |all| all.iter().all(|c| c.state == State::Running).then_some(())).await;
    // It is on the machine now: only a provider that pulls each time keeps it from those without the password.
    assert!(start(Pull::Missing, Some("hunter-one")).await.is_err(), "credentials are shown where there are some");
    assert!(start(Pull::Always, None).await.is_err());
    running.remove(&lease).await.unwrap();
    podman(&["rmi", "-f", &image]).unwrap();
    let mine = format!("aliquot-auth-{}-", std::process::id());
    let left = std::fs::read_dir(std::env::temp_dir()).unwrap();
    let left = left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(&mine)).count();
    assert_eq!(left, 0);
}
