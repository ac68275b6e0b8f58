//! What a server, a name service or an asker could try.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use decision_gate_core::evidence::Answer;
use serde_json::json;

use super::server::{Certificate, Server, hold, path, send, told};
use super::{Names, ask, over, own, settings, status};
use crate::http::{HttpHost, HttpProvider, HttpSettings};
use crate::tests::{code, value};

fn page() -> Server {
    Server::start(&["ci.test", "other.test"], |_, wire| {
        send(wire, told("200 OK", "", "{}"));
    })
}

/// Over one server, with these hosts.
fn provider(server: &Server, hosts: Vec<HttpHost>) -> HttpProvider {
    HttpProvider::with_names(&settings(server, hosts), Names::leading_to(server)).unwrap()
}

/// A detail of a fault.
fn detail(answer: &Answer, name: &str) -> String {
    let Answer::Fault(fault) = answer else { panic!("not a fault: {answer:?}") };
    fault.details.as_ref().unwrap()[name].as_str().unwrap().to_owned()
}

#[test]
fn hosts_that_nobody_opened_are_never_asked() {
    let server = page();
    let http = provider(&server, vec![own("ci.test"), own("other.test:8443")]);
    for (url, expected) in [
        ("https://evil.test/", "http_host_not_allowed"),
        ("https://ci.test.evil.test/", "http_host_not_allowed"),
        ("https://sub.ci.test/", "http_host_not_allowed"),
        ("https://ci.test:8443/", "http_host_not_allowed"),
        ("https://other.test/", "http_host_not_allowed"),
        ("https://127.0.0.1/", "http_host_not_allowed"),
        ("https://[::1]/", "http_host_not_allowed"),
        ("https://169.254.169.254/latest/meta-data/", "http_host_not_allowed"),
        ("http://ci.test/", "http_scheme_not_allowed"),
        ("http://ci.test:443/", "http_host_not_allowed"),
        ("https://ci.test@evil.test/", "http_url_invalid"),
        ("https://evil.test\\@ci.test/", "http_url_invalid"),
        ("https://ci.test#@evil.test/", "http_url_invalid"),
        ("file:///etc/passwd", "http_url_invalid"),
        ("https://ci.test/\r\nHost: evil.test", "http_url_invalid"),
    ] {
        assert_eq!(code(&status(&http, url)), expected, "{url}");
    }
    assert_eq!(value(&status(&http, "https://ci.test/")), 200);
    assert_eq!(value(&status(&http, "https://other.test:8443/")), 200);
    assert_eq!(server.heads().len(), 2);
}

#[test]
fn a_name_that_leads_inside_is_refused() {
    let server = page();
    for (addresses, kind) in [
        (&["127.0.0.1"][..], "loopback"),
        (&["::1"], "loopback"),
        (&["::ffff:127.0.0.1"], "loopback"),
        (&["10.1.2.3"], "private"),
        (&["fd00::1"], "private"),
        (&["169.254.169.254"], "metadata"),
        (&["::ffff:169.254.169.254"], "metadata"),
        (&["0.0.0.0"], "reserved"),
        (&["93.184.216.34", "10.1.2.3"], "private"),
    ] {
        let names = Names::leading_to(&server).tell("public.test", addresses);
        let settings = settings(&server, vec![HttpHost::named("public.test")]);
        let answer = status(&HttpProvider::with_names(&settings, names).unwrap(), "https://public.test/");
        assert_eq!(
            (code(&answer), detail(&answer, "address").as_str()),
            ("http_private_address", kind),
            "{addresses:?}"
        );
    }
    let names = Names::leading_to(&server).tell("ci.test", &["169.254.169.254"]);
    let http = HttpProvider::with_names(&settings(&server, vec![own("ci.test")]), names).unwrap();
    assert_eq!(code(&status(&http, "https://ci.test/")), "http_private_address", "not even with `allow_private`");
    assert_eq!(server.heads().len(), 0);
}

#[test]
fn a_literal_address_is_checked_like_a_name() {
    let server = page();
    let http = provider(&server, vec![HttpHost::named("127.0.0.1"), HttpHost::named("[::ffff:7f00:1]")]);
    for url in ["https://127.0.0.1/", "https://[::ffff:127.0.0.1]/"] {
        assert_eq!(code(&status(&http, url)), "http_private_address", "{url}");
    }
}

#[test]
fn a_name_is_looked_up_once_and_the_checked_address_is_used() {
    let server = page();
    // The second look-up would lead elsewhere; there is none.
    let names = Names::leading_to(&server).tell("ci.test", &["127.0.0.1"]).tell("ci.test", &["169.254.169.254"]);
    let http = HttpProvider::with_names(&settings(&server, vec![own("ci.test")]), Arc::clone(&names) as _).unwrap();
    assert_eq!(value(&status(&http, "https://ci.test/")), 200);
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    assert_eq!(code(&status(&http, "https://ci.test/")), "http_private_address", "the next request asks anew");
}

#[test]
fn redirects_never_leave_what_is_open() {
    for (location, reason) in [
        ("https://127.0.0.1/", "host_not_allowed"),
        ("https://evil.test/", "host_not_allowed"),
        ("//evil.test/", "host_not_allowed"),
        ("https://ci.test:8443/", "host_not_allowed"),
        ("http://ci.test/", "downgrade"),
        ("http://plain.test/", "downgrade"),
        ("https://user:secret@ci.test/", "url_invalid"),
        ("file:///etc/passwd", "url_invalid"),
        ("https://ci.test\\@evil.test/", "url_invalid"),
        ("", "too_many"),
    ] {
        let header = format!("location: {location}\r\n");
        let server = Server::start(&["ci.test"], move |_, wire| {
            send(wire, told("302 Found", &header, "secret"));
        });
        let plain = HttpHost { allow_http: true, ..own("plain.test") };
        let answer = status(&provider(&server, vec![own("ci.test"), plain]), "https://ci.test/");
        if reason == "too_many" {
            assert_eq!(code(&answer), "http_too_many_redirects", "a page that leads to itself");
            assert_eq!(server.heads().len(), 4);
            continue;
        }
        assert_eq!(
            (code(&answer), detail(&answer, "reason").as_str()),
            ("http_redirect_refused", reason),
            "{location}"
        );
        assert_eq!(server.heads().len(), 1, "{location}");
        assert!(!format!("{answer:?}").contains("secret"));
    }
}

#[test]
fn a_redirect_is_checked_by_its_address_too() {
    let server = Server::start(&["ci.test"], |_, wire| {
        send(wire, told("307 Temporary Redirect", "location: https://public.test/\r\n", ""));
    });
    let http = provider(&server, vec![own("ci.test"), HttpHost::named("public.test")]);
    assert_eq!(code(&status(&http, "https://ci.test/")), "http_private_address");
}

#[test]
fn a_public_host_does_not_lead_to_one_inside() {
    use crate::http::client::Client;
    use crate::http::url::Target;

    let server = page();
    let settings = settings(&server, vec![HttpHost::named("public.test"), own("ci.test")]);
    let client = Client::new(&settings, Names::leading_to(&server)).unwrap();
    let there = Target::parse("https://public.test/").unwrap();
    let refused = client.hop(&settings.hosts[0], &there, "https://ci.test/admin").unwrap_err();
    assert_eq!(refused.to_string(), "a redirect to `ci.test` is refused: public_to_private");
}

#[test]
fn without_redirects_a_redirect_is_an_answer() {
    let server = Server::start(&["ci.test"], |_, wire| {
        send(wire, told("302 Found", "location: https://evil.test/\r\n", "{}"));
    });
    let settings = HttpSettings { max_redirects: 0, ..settings(&server, vec![own("ci.test")]) };
    let http = HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap();
    assert_eq!(value(&status(&http, "https://ci.test/")), 302);
    assert_eq!(code(&ask(&http, "json", json!({ "url": "https://ci.test/" }))), "http_status_unexpected");
}

#[test]
fn a_certificate_that_does_not_fit_is_refused() {
    let ok = |_: &str, wire: &mut dyn super::server::Wire| {
        send(wire, told("200 OK", "", "{}"));
    };
    for (server, reason) in [
        (Server::start(&["elsewhere.test"], ok), "wrong_name"),
        (Server::with(&["ci.test"], Certificate::Expired, ok), "certificate_expired"),
        (Server::with(&["ci.test"], Certificate::NotYetValid, ok), "certificate_not_yet_valid"),
        (Server::plain(ok), "no_tls"),
    ] {
        let answer = status(&over(&server), "https://ci.test/");
        assert_eq!((code(&answer), detail(&answer, "reason").as_str()), ("http_tls", reason));
        assert!(!format!("{answer:?}").contains("elsewhere"));
    }
    let (server, stranger) = (page(), page());
    let settings = HttpSettings { ca_file: Some(stranger.ca_file()), ..settings(&server, vec![own("ci.test")]) };
    let http = HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap();
    assert_eq!(detail(&status(&http, "https://ci.test/"), "reason"), "certificate_invalid", "one of the same name");
    let settings = HttpSettings { ca_file: None, ..settings };
    let http = HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap();
    assert_eq!(detail(&status(&http, "https://ci.test/"), "reason"), "unknown_authority");
}

/// Asks a server that keeps the client waiting, with a short limit.
fn hurried(script: impl Fn(&str, &mut dyn super::server::Wire) + Send + Sync + 'static) -> Answer {
    let server = Server::start(&["ci.test"], script);
    let settings = HttpSettings { timeout: Duration::from_millis(700), ..settings(&server, vec![own("ci.test")]) };
    let http = HttpProvider::with_names(&settings, Names::leading_to(&server)).unwrap();
    let begun = Instant::now();
    let answer = status(&http, "https://ci.test/");
    assert!(begun.elapsed() < Duration::from_secs(10));
    answer
}

#[test]
fn a_server_that_takes_its_time_is_left() {
    let says_nothing = hurried(|_, wire| hold(wire));
    assert_eq!(code(&says_nothing), "http_timeout");
    let half_a_head = hurried(|_, wire| {
        send(wire, "HTTP/1.1 200 OK\r\ncontent-le");
        hold(wire);
    });
    assert_eq!(code(&half_a_head), "http_timeout");
    let drips = hurried(|_, wire| {
        send(wire, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while send(wire, "x") {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(code(&drips), "http_timeout");
    let interim = hurried(|_, wire| {
        while send(wire, "HTTP/1.1 103 Early Hints\r\n\r\n") {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    assert_eq!(code(&interim), "http_timeout");
}

#[test]
fn a_body_without_an_end_is_cut() {
    let left = Arc::new(AtomicBool::new(false));
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"] {
        let chunk =
            if head.contains("chunked") { format!("4000\r\n{}\r\n", "x".repeat(0x4000)) } else { "x".repeat(0x4000) };
        let noticed = Arc::clone(&left);
        let server = Server::start(&["ci.test"], move |_, wire| {
            send(wire, head);
            while send(wire, &chunk) {}
            noticed.store(true, Ordering::SeqCst);
        });
        let answer = status(&over(&server), "https://ci.test/");
        assert_eq!(code(&answer), "http_too_large", "{head}");
    }
    let announced = Server::start(&["ci.test"], |_, wire| {
        send(wire, "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
        hold(wire);
    });
    assert_eq!(code(&status(&over(&announced), "https://ci.test/")), "http_too_large", "before it is read");
}

#[test]
fn headers_without_an_end_are_cut() {
    for header in ["x: y\r\n", "x"] {
        let server = Server::start(&["ci.test"], move |_, wire| {
            send(wire, "HTTP/1.1 200 OK\r\n");
            while send(wire, header.repeat(1_000)) {}
        });
        assert_eq!(code(&status(&over(&server), "https://ci.test/")), "http_protocol", "{header}");
    }
}

#[test]
fn a_compressed_body_is_never_unpacked() {
    // What it says it is counts, so there need be no bomb in it.
    let server = Server::start(&["ci.test"], |head, wire| {
        let coding = path(head).trim_start_matches('/').to_owned();
        send(wire, told("200 OK", &format!("content-encoding: {coding}\r\n"), b"\x1f\x8b\x08\x00bomb"));
    });
    let http = over(&server);
    for coding in ["gzip", "br", "zstd", "deflate", "identity,%20gzip"] {
        for check in ["json", "body_hash"] {
            let answer = ask(&http, check, json!({ "url": format!("https://ci.test/{coding}") }));
            assert_eq!(code(&answer), "http_body_encoded", "{coding}");
        }
    }
    let plain = ask(&http, "body_hash", json!({ "url": "https://ci.test/identity" }));
    assert!(matches!(plain, Answer::Found(_)));
}

#[test]
fn what_breaks_off_is_not_whole() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "{}",
        "",
    ] {
        let server = Server::start(&["ci.test"], move |_, wire| {
            send(wire, bytes);
        });
        let answer = ask(&over(&server), "json", json!({ "url": "https://ci.test/" }));
        assert_eq!(code(&answer), "http_protocol", "{bytes}");
    }
}

#[test]
fn no_fault_shows_what_a_server_sent() {
    let secret = "s3cret";
    for sent in [
        told("200 OK", "x-token: s3cret\r\n", "{\"s3cret\":1,\"s3cret\":2}"),
        told("200 OK", "", "s3cret"),
        told("500 Oops s3cret", "set-cookie: s3cret\r\n", "s3cret"),
        told("302 Found", "location: https://evil.test/?s3cret\r\n", ""),
        told("200 OK", "content-encoding: s3cret\r\n", ""),
    ] {
        let server = Server::start(&["ci.test"], move |_, wire| {
            send(wire, &sent);
        });
        let answer = ask(&over(&server), "json", json!({ "url": "https://ci.test/" }));
        assert!(matches!(answer, Answer::Fault(_)));
        assert!(!serde_json::to_string(&answer).unwrap().contains(secret), "{answer:?}");
    }
    let answer = status(&over(&page()), "https://user:s3cret@ci.test/");
    assert!(code(&answer) == "http_url_invalid" && !format!("{answer:?}").contains(secret));
}

#[test]
fn the_query_of_a_redirect_is_not_kept() {
    let server = Server::start(&["ci.test"], |head, wire| match path(head) {
        "/" => drop(send(wire, told("302 Found", "location: /file?signature=s3cret\r\n", ""))),
        _ => drop(send(wire, told("200 OK", "", "{}"))),
    });
    let answer = status(&over(&server), "https://ci.test/");
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.contains("https://ci.test/file") && !text.contains("s3cret"), "{text}");
}

#[test]
fn nobody_at_home_is_a_fault() {
    let server = page();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let http = provider(&server, vec![own("unknown.test"), own(&format!("127.0.0.1:{}", closed.port()))]);
    assert_eq!(code(&status(&http, "https://unknown.test/")), "http_name_unknown");
    assert_eq!(code(&status(&http, &format!("https://{closed}/"))), "http_unreachable");
}
