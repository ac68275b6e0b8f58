//! An address that somebody speaks a protocol of their own with.

use std::sync::Arc;

use super::server::{Server, path, send, told};
use super::{Names, Resolve};
use crate::BuildError;
use crate::http::{Endpoint, EndpointFault, EndpointSettings, Method, Outgoing};

/// The one variable with a text of some length that every test process has.
const TOKEN: &str = "CARGO_MANIFEST_DIR";

fn settings(server: &Server, url: &str) -> EndpointSettings {
    EndpointSettings {
        url: url.replace("PORT", &server.address.port().to_string()),
        allow_private: true,
        ca_file: Some(server.ca_file()),
        ..EndpointSettings::default()
    }
}

fn endpoint(server: &Server, settings: &EndpointSettings) -> Endpoint {
    let names: Arc<dyn Resolve> = Names::leading_to(server);
    Endpoint::with_names(settings, names).unwrap()
}

/// The status and the body of the answer to a POST.
fn post(endpoint: &Endpoint) -> Result<(u16, Vec<u8>), EndpointFault> {
    let outgoing = Outgoing { method: Method::Post, headers: vec![("x-own", "1".to_owned())], body: b"hello".to_vec() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut reply = endpoint.send(&outgoing).await?;
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok((reply.status(), body))
    })
}

fn unreachable(reason: &'static str) -> Result<(u16, Vec<u8>), EndpointFault> {
    Err(EndpointFault::Unreachable { reason })
}

#[test]
fn a_token_goes_over_tls_to_its_own_address_and_no_further() {
    let token = std::env::var(TOKEN).unwrap();
    let server = Server::start(&["mcp.test", "other.test"], |head, wire| match path(head) {
        "/away" => drop(send(wire, told("307 There", "location: https://other.test/\r\n", ""))),
        "/down" => drop(send(wire, told("307 There", "location: http://mcp.test/\r\n", ""))),
        "/get" => drop(send(wire, told("303 There", "location: /\r\n", ""))),
        "/round" => drop(send(wire, told("308 There", "location: /round\r\n", ""))),
        "/here" => drop(send(wire, told("307 There", "location: /\r\n", ""))),
        _ => drop(send(wire, told("200 OK", "", "{}"))),
    });
    let with = |url: &str| EndpointSettings {
        bearer_token_env: Some(TOKEN.to_owned()),
        header_env: vec![("X-Team".to_owned(), TOKEN.to_owned())],
        ..settings(&server, url)
    };
    let here = endpoint(&server, &with("https://mcp.test:PORT/here"));
    assert_eq!(post(&here), Ok((200, b"{}".to_vec())));
    let heads = server.heads();
    assert_eq!(heads.len(), 2, "{heads:?}");
    for head in &heads {
        assert!(head.starts_with("POST /") && head.contains("x-own: 1\r\n"), "{head}");
        assert!(head.contains(&format!("authorization: Bearer {token}\r\nx-team: {token}\r\n")), "{head}");
    }
    assert!(!format!("{here:?}").contains(&token));
    for (url, reason) in [
        ("https://mcp.test:PORT/away", "http_redirect_refused"),
        ("https://mcp.test:PORT/down", "http_redirect_refused"),
        ("https://mcp.test:PORT/get", "http_redirect_refused"),
        ("https://mcp.test:PORT/round", "http_too_many_redirects"),
        ("https://unknown.test/", "http_name_unknown"),
        ("https://third.test:PORT/", "http_tls"),
    ] {
        assert_eq!(post(&endpoint(&server, &with(url))), unreachable(reason), "{url}");
    }
    let asked = server.heads().len();
    let unset = EndpointSettings {
        bearer_token_env: Some("DECISION_GATE_NO_SUCH_TOKEN".to_owned()),
        ..settings(&server, "https://mcp.test:PORT/")
    };
    assert_eq!(post(&endpoint(&server, &unset)), unreachable("http_token_missing"));
    let closed = EndpointSettings { allow_private: false, ..settings(&server, "https://mcp.test:PORT/") };
    assert_eq!(post(&endpoint(&server, &closed)), unreachable("http_private_address"));
    assert_eq!(server.heads().len(), asked, "nobody was asked");
}

#[test]
fn an_address_that_can_not_be_used_is_refused_before_anybody_is_asked() {
    let server = Server::plain(|_, wire| {
        send(wire, told("200 OK", "", "{}"));
    });
    let plain = |url: &str| EndpointSettings { public_roots: true, ca_file: None, ..settings(&server, url) };
    let code = |settings: &EndpointSettings| Endpoint::new(settings).map(|_| ()).map_err(|error| error.code());
    for url in ["http://mcp.test/", "ftp://mcp.test/", "https://user@mcp.test/", "https://mcp.test/#a", "mcp.test", ""]
    {
        assert_eq!(code(&plain(url)), Err("http_address_invalid"), "{url}");
    }
    let open = EndpointSettings { allow_http: true, ..plain("http://mcp.test:PORT/") };
    assert_eq!(post(&endpoint(&server, &open)), Ok((200, b"{}".to_vec())));
    let secret = EndpointSettings { bearer_token_env: Some(TOKEN.to_owned()), ..open.clone() };
    assert!(matches!(Endpoint::new(&secret), Err(BuildError::Url { .. })), "a secret over plain http");
    for name in ["Host", "accept", "Mcp-Session-Id", "content-length", "a b", ""] {
        let header = EndpointSettings { header_env: vec![(name.to_owned(), TOKEN.to_owned())], ..plain("https://a/") };
        assert_eq!(code(&header), Err("http_header_invalid"), "{name}");
    }
}
