mod attacks;
mod endpoint;
mod server;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Comparator;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::evidence::Answer;
use decision_gate_runtime::ports::Provider as _;
use serde_json::{Value, json};

use self::server::{Server, path, send, told};
use super::resolve::Resolve;
use super::{HttpHost, HttpProvider, HttpSettings};
use crate::tests::{anchored, ask_at, cases, code, query, value};

/// A name service that leads every name to one place, or to the addresses that are told, one list after the other.
#[derive(Debug)]
struct Names {
    server: SocketAddr,
    told: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Names {
    fn leading_to(server: &Server) -> Arc<Self> {
        Arc::new(Self { server: server.address, told: Mutex::default(), asked: AtomicUsize::new(0) })
    }

    /// Of `host`, the next look-up gives `addresses`.
    fn tell(self: Arc<Self>, host: &str, addresses: &[&str]) -> Arc<Self> {
        let addresses = addresses.iter().map(|it| it.parse().unwrap()).collect();
        self.told.lock().unwrap().entry(host.to_owned()).or_default().push(addresses);
        self
    }
}

#[async_trait]
impl Resolve for Names {
    async fn addresses(&self, host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if host.starts_with("unknown.") {
            return Err(io::Error::other("no such name"));
        }
        let mut told = self.told.lock().unwrap();
        let next = told.get_mut(host).filter(|it| !it.is_empty()).map(|it| it.remove(0));
        let addresses = next.unwrap_or_else(|| vec![self.server.ip()]);
        Ok(addresses.into_iter().map(|it| SocketAddr::new(it, self.server.port())).collect())
    }
}

/// A host of this machine.
fn own(host: &str) -> HttpHost {
    HttpHost { allow_private: true, ..HttpHost::named(host) }
}

/// Settings that trust `server` and open `hosts`.
fn settings(server: &Server, hosts: Vec<HttpHost>) -> HttpSettings {
    let ca_file = Some(server.ca_file()).filter(|it| it.exists());
    HttpSettings { hosts, ca_file, max_redirects: 3, ..HttpSettings::default() }
}

fn ask(provider: &HttpProvider, check: &str, params: Value) -> Answer {
    ask_at(provider, &query(provider, check, Some(params)), Timestamp::UnixMillis(0))
}

fn status(provider: &HttpProvider, url: &str) -> Answer {
    ask(provider, "status", json!({ "url": url }))
}

/// A provider over `server` with the one host `ci.test`.
fn over(server: &Server) -> HttpProvider {
    HttpProvider::with_names(&settings(server, vec![own("ci.test")]), Names::leading_to(server)).unwrap()
}

#[test]
fn cases_are_answered_as_they_say() {
    for case in cases("http") {
        let pages = case.told.get("pages").cloned().unwrap_or_else(|| json!({}));
        let server = Server::start(&["ci.test", "other.test"], move |head, wire| {
            let Some(page) = pages.get(path(head)) else {
                send(wire, told("404 Not Found", "content-type: application/json\r\n", "{\"message\":\"not found\"}"));
                return;
            };
            let text = |name: &str| page.get(name).and_then(Value::as_str).unwrap_or_default();
            let status = page.get("status").and_then(Value::as_str).unwrap_or("200 OK");
            send(wire, told(status, text("headers"), text("body")));
        });
        let set = |name: &str| case.told.get("settings").and_then(|it| it.get(name)).and_then(Value::as_u64);
        let number = |name: &str, default: usize| set(name).map_or(default, |it| usize::try_from(it).unwrap());
        let settings = HttpSettings {
            max_redirects: number("max_redirects", 0),
            max_response_bytes: number("max_response_bytes", HttpSettings::DEFAULT_MAX_RESPONSE_BYTES),
            ..settings(&server, vec![own("ci.test"), HttpHost::named("public.test"), own("other.test")])
        };
        case.check(&HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap());
    }
}

#[test]
fn a_real_name_leads_to_a_real_server() {
    let server = Server::start(&["localhost", "127.0.0.1"], |_, wire| {
        send(wire, told("200 OK", "", r#"{"tests":{"failed":0}}"#));
    });
    let port = server.address.port();
    for host in ["localhost", "127.0.0.1"] {
        let host = format!("{host}:{port}");
        let provider = HttpProvider::new(&settings(&server, vec![own(&host)])).unwrap();
        let url = format!("https://{host}/report.json");
        let answer = ask(&provider, "json", json!({ "url": url, "jsonpath": "$.tests.failed" }));
        assert_eq!(value(&answer), 0, "{host}");
        assert_eq!(value(&status(&provider, &url)), 200);
    }
}

#[test]
fn d14_the_anchor_of_every_check_satisfies_a_policy() {
    let server = Server::start(&["ci.test"], |_, wire| {
        send(wire, told("200 OK", "", "{}"));
    });
    let provider = over(&server);
    for check in ["status", "body_hash", "json"] {
        let Answer::Found(found) = ask(&provider, check, json!({ "url": "https://ci.test/é".replace('é', "%C3%A9") }))
        else {
            panic!("`{check}` finds")
        };
        anchored(provider.contract(), found.anchor.as_ref());
        let anchor: Value = serde_json::from_str(&found.anchor.unwrap().anchor_value).unwrap();
        assert_eq!(anchor["status"], 200);
        assert_eq!(anchor["url"], "https://ci.test/%C3%A9");
        assert_eq!(anchor["body_sha256"], "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}

#[test]
fn d18_a_digest_of_a_body_can_be_compared() {
    let server = Server::start(&["ci.test"], |_, wire| {
        send(wire, told("200 OK", "", "{}"));
    });
    let provider = over(&server);
    let check = provider.contract().checks.iter().find(|it| it.check_id.as_str() == "body_hash").unwrap();
    let digest = value(&ask(&provider, "body_hash", json!({ "url": "https://ci.test/" })));
    assert!(Schema::compile(&check.result_schema).unwrap().fits(&digest));
    for comparator in ["equals", "not_equals", "in_set", "deep_equals"] {
        assert!(check.allowed_comparators.contains(&Comparator::named(comparator).unwrap()), "{comparator}");
    }
    assert_eq!(digest, serde_json::to_value(decision_gate_core::digest::Digest::of(b"{}")).unwrap());
}

#[test]
fn the_contract_says_what_the_settings_loosen() {
    let server = Server::plain(|_, _| {});
    let notes = |host: HttpHost| {
        let settings = settings(&server, vec![host]);
        HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap().contract().notes.join("\n")
    };
    assert!(!notes(HttpHost::named("a.test")).contains("a.test"));
    assert!(notes(own("a.test")).contains("`a.test` may be a loopback or private address"));
    let plain = HttpHost { allow_http: true, ..HttpHost::named("a.test") };
    assert!(notes(plain).contains("`a.test` may be asked over plain `http`"));
}

#[test]
fn a_token_goes_to_its_own_host_and_nowhere_else() {
    // The one variable with a text of some length that every test process has.
    let token = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let server = Server::start(&["ci.test", "other.test"], |head, wire| match path(head) {
        "/away" => drop(send(wire, told("302 Found", "location: https://other.test/\r\n", ""))),
        "/here" => drop(send(wire, told("302 Found", "location: /\r\n", ""))),
        _ => drop(send(wire, told("200 OK", "", "{}"))),
    });
    let with_token = |host: &str| HttpHost { bearer_token_env: Some("CARGO_MANIFEST_DIR".to_owned()), ..own(host) };
    let provider =
        |hosts: Vec<HttpHost>| HttpProvider::with_names(&settings(&server, hosts), Names::leading_to(&server)).unwrap();
    let carries = |from: usize| -> Vec<bool> {
        let expected = format!("authorization: Bearer {token}\r\n");
        server.heads().iter().skip(from).map(|head| head.contains(&expected)).collect()
    };
    let both = provider(vec![with_token("ci.test"), with_token("other.test")]);
    assert_eq!(value(&status(&both, "https://ci.test/away")), 200);
    assert_eq!(carries(0), [true, false], "where a redirect leads to is not the asker's choice");
    assert_eq!(value(&status(&both, "https://ci.test/here")), 200);
    assert_eq!(carries(2), [true, true], "the same host");

    let unset = HttpHost { bearer_token_env: Some("DECISION_GATE_NO_SUCH_TOKEN".to_owned()), ..own("ci.test") };
    assert_eq!(code(&status(&provider(vec![unset]), "https://ci.test/")), "http_token_missing");
    assert_eq!(server.heads().len(), 4, "without its token nothing is asked");
    assert!(!format!("{both:?}").contains(&token));
}

#[test]
fn a_token_never_goes_over_plain_http() {
    let server = Server::plain(|_, wire| {
        send(wire, told("200 OK", "", "{}"));
    });
    let host = HttpHost { allow_http: true, bearer_token_env: Some("CARGO_MANIFEST_DIR".to_owned()), ..own("ci.test") };
    let provider = HttpProvider::with_names(&settings(&server, vec![host]), Names::leading_to(&server)).unwrap();
    assert_eq!(value(&status(&provider, "http://ci.test/")), 200);
    assert!(!server.heads()[0].to_lowercase().contains("authorization"));
}

#[test]
fn a_request_says_what_it_must_and_no_more() {
    let server = Server::start(&["ci.test"], |_, wire| {
        send(wire, told("200 OK", "", "{}"));
    });
    status(&over(&server), "https://CI.test/a?b=c");
    let head = server.heads().remove(0);
    let (line, rest) = head.split_once("\r\n").unwrap();
    assert_eq!(line, "GET /a?b=c HTTP/1.1");
    let names: BTreeSet<_> = rest.trim().lines().map(|it| it.split(':').next().unwrap()).collect();
    assert_eq!(names, ["accept", "accept-encoding", "connection", "host", "user-agent"].into());
    assert!(rest.contains("host: ci.test\r\n") && rest.contains("accept-encoding: identity\r\n"));
}

#[test]
fn many_questions_at_once_are_all_answered() {
    let server = Server::start(&["ci.test"], |head, wire| {
        send(wire, told("200 OK", "", path(head).trim_start_matches('/')));
    });
    let provider = Arc::new(
        HttpProvider::with_names(
            &HttpSettings { timeout: Duration::from_secs(30), ..settings(&server, vec![own("ci.test")]) },
            Names::leading_to(&server),
        )
        .unwrap(),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answers = runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..40 {
            let provider = Arc::clone(&provider);
            let query = query(&*provider, "json", Some(json!({ "url": format!("https://ci.test/{number}") })));
            let context = crate::tests::context(Timestamp::UnixMillis(0));
            asked.spawn(async move { (number, provider.fetch(&query, &context).await) });
        }
        asked.join_all().await
    });
    assert_eq!(answers.len(), 40);
    for (number, answer) in answers {
        assert_eq!(value(&answer), number);
    }
}
