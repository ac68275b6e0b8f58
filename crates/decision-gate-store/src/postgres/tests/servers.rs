//! Servers that go away, come back, or ask who is there. Each test has a cluster of its own.

use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use decision_gate_runtime::ports::{Store as _, StoreError};
use decision_gate_services::{Cluster, NAME};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use super::super::{Host, Password, PostgresSettings, PostgresStore, Tls};
use crate::contract::build::{self, shelf, stream};
use crate::contract::started;

fn settings(cluster: &Cluster) -> PostgresSettings {
    PostgresSettings {
        connect_timeout: Duration::from_secs(2),
        ..PostgresSettings::socket(cluster.socket(), NAME, NAME)
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_said_and_comes_back_without_a_restart() {
    let Some(cluster) = Cluster::own(&[], &[]).unwrap() else { return };
    let store = PostgresStore::new(settings(&cluster)).unwrap();
    let stream = stream(shelf(1), "run-1");
    let mut state = started(&store, &stream).await;
    for (round, kill) in [false, true].into_iter().enumerate() {
        let before = build::step(&state, &format!("before-{round}"), 1);
        state = before.state.clone().unwrap();
        store.append(&before).await.unwrap();
        if kill {
            cluster.kill().unwrap();
        } else {
            cluster.stop().unwrap();
        }
        for _ in 0..3 {
            let refused = store.append(&build::step(&state, "nobody-there", 1)).await.unwrap_err();
            assert_eq!(refused.code(), "store_unavailable", "{refused}");
            assert!(refused.hint().contains("call again"), "{}", refused.hint());
            assert!(store.ready().await.is_err());
        }
        cluster.start().unwrap();
        let after = build::step(&state, &format!("after-{round}"), 1);
        state = after.state.clone().unwrap();
        store.append(&after).await.unwrap();
    }
    // Everything that was acknowledged is there, and nothing else.
    let page = store.events(&stream, 1, 10).await.unwrap();
    assert_eq!(page.events.len(), 5);
    assert_eq!(store.by_key(&stream, "step_decided", "nobody-there").await, Ok(None));
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_and_doubles_nothing() {
    const WRITERS: usize = 4;
    let Some(cluster) = Cluster::own(&[], &[]).unwrap() else { return };
    let patient = PostgresSettings { connect_timeout: Duration::from_secs(30), ..settings(&cluster) };
    let store = Arc::new(PostgresStore::new(patient).unwrap());
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (store, stream) = (Arc::clone(&store), stream(shelf(1), &format!("run-{writer}")));
        let mut state = started(&*store, &stream).await;
        writers.push(tokio::spawn(async move {
            for step in 0..60 {
                let append = build::step(&state, &format!("step-{step}"), 1);
                let after = append.state.clone().unwrap();
                // Whoever is told that it is not there calls again, as an agent would.
                while let Err(error) = store.append(&append.clone()).await {
                    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
                }
                state = after;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            stream
        }));
    }
    let restarts = tokio::task::spawn_blocking(move || {
        for kill in [false, true] {
            std::thread::sleep(Duration::from_millis(150));
            if kill {
                cluster.kill().unwrap();
            } else {
                cluster.stop().unwrap();
            }
            cluster.start().unwrap();
        }
        cluster
    });
    for writer in writers {
        let stream = writer.await.unwrap();
        let page = store.events(&stream, 1, 100).await.unwrap();
        assert_eq!((page.events.len(), page.values.len()), (61, 60));
    }
    drop(restarts.await.unwrap());
}

/// Stands between a store and its server, and can keep the next answer to itself.
fn go_between(folder: &Path, server: &Path, swallow: Arc<AtomicBool>) {
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    let server = server.join(".s.PGSQL.5432");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let there = UnixStream::connect(&server).await.unwrap();
            tokio::spawn(between(client, there, Arc::clone(&swallow)));
        }
    });
}

async fn between(client: UnixStream, server: UnixStream, swallow: Arc<AtomicBool>) -> io::Result<()> {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut bytes = vec![0; 65_536];
    loop {
        let length = from_server.read(&mut bytes).await?;
        if length == 0 || swallow.swap(false, Ordering::SeqCst) {
            asking.abort();
            return Ok(());
        }
        to_client.write_all(&bytes[..length]).await?;
    }
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_counts_once() {
    let Some(cluster) = Cluster::shared().unwrap() else { return };
    let (folder, swallow) = (TempDir::new().unwrap(), Arc::new(AtomicBool::new(false)));
    go_between(folder.path(), &cluster.socket(), Arc::clone(&swallow));
    let settings = PostgresSettings {
        pool_size: 1,
        schema: Cluster::fresh_name(),
        ..PostgresSettings::socket(folder.path(), NAME, NAME)
    };
    let store = PostgresStore::new(settings).unwrap();
    let stream = stream(shelf(1), "run-1");
    let mut state = started(&store, &stream).await;
    for (round, epoch) in [None, None, Some(0), Some(0)].into_iter().enumerate() {
        let mut append = build::step(&state, &format!("step-{round}"), 2);
        append.policy_epoch = epoch;
        state = append.state.clone().unwrap();
        // The statements are prepared in the even rounds; in the odd ones the first answer is the append's own.
        swallow.store(round % 2 == 1, Ordering::SeqCst);
        assert_eq!(store.append(&append).await.map(|it| it.seq), Ok(state.seq), "{round}");
        assert!(!swallow.load(Ordering::SeqCst));
    }
    let page = store.events(&stream, 1, 10).await.unwrap();
    assert_eq!((page.events.len(), page.values.len()), (5, 8));
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        pem("CERTIFICATE", self.0.der())
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_server_far_away_must_show_who_it_is_and_asks_for_a_password() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority.0).unwrap();
    let port = free_port();
    let entries = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
    let cluster = Cluster::own(
        &[("ssl", "on"), ("listen_addresses", "127.0.0.1"), ("port", &port.to_string())],
        &[
            ("server.crt", &pem("CERTIFICATE", certificate.der())),
            ("server.key", &pem("PRIVATE KEY", &key.serialize_der())),
            ("pg_hba.conf", entries),
        ],
    );
    let Some(cluster) = cluster.unwrap() else { return };
    cluster.sql("ALTER ROLE gate PASSWORD 'a b\"c'").unwrap();

    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let open = file("open", "a b\"c");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (ours, theirs) = (file("ours.pem", &authority.pem()), file("theirs.pem", &Authority::new().pem()));
    let (right, wrong) = (file("right", "a b\"c\n"), file("wrong", "guess"));
    let verify = |ca: &Path| Tls::Verify { ca_file: Some(ca.to_owned()) };
    let secret = |path: &Path| Password::File(path.to_owned());
    let unset = Password::Variable("DECISION_GATE_NO_SUCH_PASSWORD".to_owned());
    for (host, tls, password, says) in [
        ("localhost", verify(&ours), secret(&right), None),
        ("127.0.0.1", Tls::Encrypt, secret(&right), None),
        ("127.0.0.1", verify(&ours), secret(&right), Some("certificate")),
        ("localhost", verify(&theirs), secret(&right), Some("certificate")),
        ("localhost", Tls::Verify { ca_file: None }, secret(&right), Some("certificate")),
        ("localhost", verify(&right), secret(&right), Some("authorities")),
        ("localhost", Tls::Off, secret(&right), Some("no encryption")),
        ("localhost", verify(&ours), secret(&wrong), Some("password authentication failed")),
        ("localhost", verify(&ours), secret(&open), Some("others may read it (mode 644)")),
        ("localhost", verify(&ours), Password::None, Some("password missing")),
        ("localhost", verify(&ours), unset, Some("is not set")),
    ] {
        let case = format!("{host} {tls:?} {password:?}");
        let settings = PostgresSettings { host: Host::Tcp(host.to_owned()), port, tls, password, ..settings(&cluster) };
        let began = Instant::now();
        let said = PostgresStore::new(settings).unwrap().ready().await.err().map(|error| {
            assert_eq!(error.code(), "store_unavailable", "{case}: {error}");
            error.to_string()
        });
        assert!(began.elapsed() < Duration::from_secs(10), "{case}");
        match (&said, says) {
            (None, None) => {}
            (Some(said), Some(says)) => {
                assert!(said.contains(says), "{case}: {said}");
                assert!(!said.contains("a b\"c") && !said.contains("guess"), "{case}: {said}");
            }
            other => panic!("{case}: {other:?}"),
        }
    }
}
