use aliquot_runner::runtime::{
    Runtime, RuntimeError,
    podman::{Network, Podman, PodmanConfig, Pull, full_reference},
};

use crate::podman::{Cleaned, IMAGE, config, lease, script, workload};

#[tokio::test]
async fn only_images_on_the_list_are_started() {
    let lease = lease("images");
    let _cleaned = Cleaned(lease.clone());
    let start = async |config: PodmanConfig, image: &str| {
        let mut service = script("web", "sleep 1000", 1);
        service.image = image.into();
        Podman::new(config, &lease.provider).start(&workload(&lease, vec![service])).await
    };
    let base = || config(Network::None);
    let chosen = PodmanConfig { images: vec!["localhost/aliquot-*".into()], ..base() };
    start(chosen.clone(), IMAGE).await.unwrap();
    let foreign = start(chosen, "nginx:1").await;
    assert!(matches!(&foreign, Err(RuntimeError::ForeignImage(i)) if i == "docker.io/library/nginx:1"), "{foreign:?}");
    let absent = start(base(), "localhost/none:1").await;
    assert!(matches!(absent, Err(RuntimeError::AbsentImage(_))), "{absent:?}");
    let bad = start(base(), "dir:/etc").await;
    assert!(matches!(bad, Err(RuntimeError::BadImage(_))), "{bad:?}");
    let pulled = start(PodmanConfig { pull: Pull::Missing, ..base() }, "localhost:1/none:1").await.unwrap_err();
    assert!(pulled.to_string().starts_with("pulling image localhost:1/none:1 failed"), "{pulled}");
}

#[test]
fn references_are_read_as_registries_do() {
    let hash = "a".repeat(64);
    let good = [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("bitnami/redis:7", "docker.io/bitnami/redis:7"),
        ("ghcr.io/a/b:c", "ghcr.io/a/b:c"),
        ("localhost/x", "localhost/x"),
        ("registry.example.org:5000/a/b@sha256:H", "registry.example.org:5000/a/b@sha256:H"),
        // Podman would read a file of the machine; with a registry before it, it cannot.
        ("docker-archive:x", "docker.io/library/docker-archive:x"),
    ];
    for (image, full) in good {
        let (image, full) = (image.replace('H', &hash), full.replace('H', &hash));
        assert_eq!(full_reference(&image), Some(full), "{image}");
    }
    for bad in [
        "",
        "-v",
        "--privileged",
        "dir:/etc",
        "oci-archive:/x",
        "docker://a",
        "a b",
        "a@b",
        "a:b:c",
        "a/../b",
        "a;b",
        "/x",
    ] {
        assert_eq!(full_reference(bad), None, "{bad}");
    }
}
