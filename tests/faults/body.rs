//! E: the body of an answer.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    ErrorKind::{BadResponse, Interrupted, Timeout},
    Outcome::Unknown,
};

use super::{
    Bed, builder,
    support::{
        canary::{ENCRYPTION_KEY, TEXT},
        server::{Server, answer, drip, echo_cut, flood, reply, reply_and_stall},
    },
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// The cap on the body of an answer, in bytes.
const CAP: usize = 64 * 1024;

/// What the buffers of two sockets may take, and far less than would hurt.
const BUFFERS: usize = 64 << 20;

fn begun() -> String {
    format!("{{\"encryption_key\": \"{ENCRYPTION_KEY}\", \"message\": \"{TEXT}")
}

#[tokio::test]
async fn e01_a_truncated_body_is_unknown() {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", begun());
    let error = Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
    assert_eq!(error.status(), Some(200));
}

#[tokio::test]
async fn e02_a_truncated_chunked_body_is_unknown() {
    let body = begun();
    let answer = format!("{CHUNKED}{:x}\r\n{body}\r\n", body.len());
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn e03_an_invalid_chunk_size_is_unknown() {
    for size in [TEXT, "-1", "fffffffffffffffff", ""] {
        let answer = format!("{CHUNKED}{size}\r\n{TEXT}\r\n0\r\n\r\n");
        Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
    }
}

#[tokio::test]
async fn e05_a_body_that_stalls_is_unknown_at_the_deadline() {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", begun());
    let error = Bed::impatient().await.fails(reply_and_stall(answer), Timeout, Unknown).await;
    assert_eq!(error.status(), Some(200));
}

#[tokio::test]
async fn e06_a_body_that_drips_is_unknown_at_the_deadline() {
    let answer = answer("200 OK", begun().repeat(20));
    let (head, body) = answer.split_at(answer.len() - 500);
    let slow = [head, body].concat();
    Bed::impatient().await.fails(drip(slow, Duration::from_millis(20)), Timeout, Unknown).await;
}

#[tokio::test]
async fn e07_an_endless_body_is_refused_at_the_cap_and_its_connection_dropped() {
    let block = [b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat();
    let taken = Arc::new(AtomicUsize::new(0));
    let error =
        Bed::plain().await.fails(flood(CHUNKED, block, Arc::clone(&taken)), BadResponse, Unknown).await;
    assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
    let taken = taken.load(Ordering::SeqCst);
    assert!(taken < BUFFERS, "{taken} bytes were taken");
}

#[tokio::test]
async fn e08_a_body_of_the_cap_is_read_and_one_byte_more_is_not() {
    for (length, reads) in [(CAP, true), (CAP + 1, false)] {
        for chunked in [false, true] {
            let script = echo_cut(move |answer| padded(&answer, length, chunked));
            let bed = Bed::plain().await;
            if reads {
                bed.succeeds(script).await;
            } else {
                bed.fails(script, BadResponse, Unknown).await;
            }
        }
    }
}

/// The answer with blanks after its body, up to the length.
fn padded(answer: &[u8], length: usize, chunked: bool) -> Vec<Vec<u8>> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let mut body = answer[body..].to_vec();
    body.resize(length, b' ');
    if !chunked {
        return vec![super::support::server::answer("200 OK", body)];
    }
    let mut pieces = vec![CHUNKED.into()];
    pieces.extend(
        body.chunks(1000).map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()),
    );
    pieces.push(b"0\r\n\r\n".to_vec());
    pieces
}

#[tokio::test]
async fn e09_a_declared_length_of_ten_gigabytes_is_refused_before_anything_is_read() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
    // Nothing of the body comes, and the answer is refused all the same.
    let error = Bed::plain().await.fails(reply_and_stall(head), BadResponse, Unknown).await;
    assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
}

#[tokio::test]
async fn e11_a_gzip_bomb_is_capped_as_decoded_where_the_caller_enables_gzip() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 40 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < CAP);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let server = Server::plain().await;
    let client = builder(server.http()).http(|http| http.gzip(true)).build().unwrap();
    let bed = Bed { server, client };
    let error = bed.fails(reply([head.as_bytes(), &bomb].concat()), BadResponse, Unknown).await;
    assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
}

#[tokio::test]
async fn e13_an_empty_success_is_a_bad_response() {
    let error = Bed::plain().await.fails(reply(answer("200 OK", "")), BadResponse, Unknown).await;
    assert_eq!(error.status(), Some(200));
}

#[tokio::test]
async fn e14_a_204_with_or_without_a_body_is_a_bad_response() {
    for body in ["", "{}"] {
        let error =
            Bed::plain().await.fails(reply(answer("204 No Content", body)), BadResponse, Unknown).await;
        assert_eq!(error.status(), Some(204));
    }
}
