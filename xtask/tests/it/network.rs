//! Pages over the network, from real servers on loopback.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use crate::{Documents, Ran, Workspace, documents, page};
use serde_json::json;

/// A server with a certificate for localhost, and what trusts it.
struct Server {
    port: u16,
    certificate: String,
}

/// Serves by the path of the request: the whole response, head and body.
fn serve(response: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (config, response) = (Arc::new(config), Arc::new(response));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, response) = (Arc::clone(&config), Arc::clone(&response));
            thread::spawn(move || {
                let connection = rustls::ServerConnection::new(config).unwrap();
                respond(rustls::StreamOwned::new(connection, stream), &*response);
            });
        }
    });
    Server { port, certificate: cert.pem() }
}

fn respond(
    mut stream: rustls::StreamOwned<rustls::ServerConnection, TcpStream>,
    response: &dyn Fn(&str) -> Vec<u8>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        // A client that does not trust the server goes away.
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let response = response(head.split(' ').nth(1).unwrap());
    if response.is_empty() {
        thread::park();
    }
    let _ = stream.write_all(&response);
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Runs without pages, with those of the server in `openapi/sources.toml`.
fn spec(workspace: &Workspace, server: &Server, command: &str) -> Ran {
    let file = workspace.path().join("openapi/sources.toml");
    let sources = fs::read_to_string(&file).unwrap();
    let ours = format!("https://localhost:{}/", server.port);
    fs::write(&file, sources.replace("https://docs.iyzico.com/", &ours)).unwrap();
    let trusted = workspace.path().join("trusted.pem");
    fs::write(&trusted, &server.certificate).unwrap();
    workspace.spec_with(&[command], "", |run| {
        run.env("SSL_CERT_FILE", &trusted);
    })
}

fn published(documents: &Documents, path: &str) -> Vec<u8> {
    if path == "/llms.txt" {
        return ok(
            "# Docs\n\n- [Logout](/en/end-session.md)\n- [New](/en/partial-refund.md): a page\n- [Other](/tr/x.md)\n\
                   - [Away](https://evil.example/en/x.md)\n",
        );
    }
    let file = path.rsplit('/').next().unwrap().replace(".md", ".json");
    ok(&page(&[documents[&file].to_string()]))
}

#[test]
fn the_pages_of_the_sources_are_read_over_https_if_none_is_given() {
    let mut changed = documents();
    changed.get_mut("retrieve-payment.json").unwrap()["components"]["schemas"]["Transaction"]["properties"]
        ["corpus_note"] = json!({ "type": "string" });
    let server = serve(move |path| published(&changed, path));
    let workspace = Workspace::new();
    let ran = spec(&workspace, &server, "update");
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains("new field `Transaction.corpus_note: String`"), "{}", ran.stdout);
    assert!(workspace.read("openapi/retrieve-payment.json").contains("corpus_note"));
    assert!(!workspace.read("openapi/sources.toml").contains("transcribed ="));
    // Of the vendor's index, a page of the same folder that nothing is stored of.
    let new = format!("https://localhost:{}/en/partial-refund.md", server.port);
    let note = format!(
        "Note: {new}: it is in the vendor's index, and nothing is stored of it; read it with `cargo xtask spec update {new}`"
    );
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("Note: ")).collect::<Vec<_>>(), [&note]);
    assert!(workspace.read("openapi/sources.toml").contains(&format!("seen = [\n    \"{new}\"\n]")));
    let again = spec(&workspace, &server, "update");
    assert_eq!((again.code, &*again.stdout), (0, "Nothing changed.\n"));
}

#[track_caller]
fn assert_fails(response: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static, message: &str) {
    let server = serve(response);
    let workspace = Workspace::new();
    let before = workspace.read("openapi/refund-cancel.json");
    let ran = spec(&workspace, &server, "update");
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    for page in ["create-session", "end-session", "initialize-payment", "refund-cancel", "retrieve-payment"] {
        let line = format!("error: https://localhost:{}/en/{page}.md: {message}", server.port);
        assert!(ran.stderr.lines().any(|other| other.starts_with(&line)), "{}", ran.stderr);
    }
    assert_eq!(workspace.read("openapi/refund-cancel.json"), before);
}

const SAVE: &str = "check the network, or save the page and give the file";

#[test]
fn a_response_other_than_200_is_not_a_page() {
    assert_fails(
        |_| b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(),
        "the server responded with 404; check the address in openapi/sources.toml, or save the page and give the file",
    );
}

#[test]
fn a_page_that_is_too_large_is_not_read_to_its_end() {
    assert_fails(
        |_| ok(&" ".repeat(5 * 1024 * 1024)),
        "it is larger than 4194304 bytes; expected a page with a document or two",
    );
}

#[test]
fn a_page_is_not_read_over_http_wherever_its_server_redirects() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    let location = format!("location: http://127.0.0.1:{port}/");
    assert_fails(
        move |_| {
            format!("HTTP/1.1 302 Found\r\n{location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                .into()
        },
        &format!("the page cannot be fetched; {SAVE}: "),
    );
    plain.set_nonblocking(true).unwrap();
    assert!(plain.accept().is_err(), "nobody came");
}

#[test]
fn a_page_that_never_comes_is_not_waited_for() {
    assert_fails(|_| Vec::new(), &format!("it took longer than 30 s; {SAVE}"));
}

#[test]
fn a_server_that_is_not_trusted_or_not_there_fails_in_one_sentence() {
    let server = serve(|_| ok("# A page"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for port in [server.port, closed] {
        let url = format!("https://localhost:{port}/a.md");
        let ran = Workspace::new().spec(&["check", &url]);
        assert_eq!(ran.code, 2);
        assert!(
            ran.stderr.starts_with(&format!("error: {url}: the page cannot be fetched; {SAVE}: ")),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stderr.lines().count(), 1);
    }
}
