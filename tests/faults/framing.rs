//! D: the head of an answer, and its framing.

use paypos::{
    ErrorKind::{BadResponse, Interrupted},
    Outcome::Unknown,
};

use super::{
    Bed,
    support::{
        canary::{HEADER, TEXT},
        server::{echo_after, reply},
    },
};

#[tokio::test]
async fn d01_a_garbage_status_line_is_unknown() {
    for line in [TEXT, "HTTP/1.1 abc\r\n\r\n", "HTTP/7.1 200 OK\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n"] {
        Bed::plain().await.fails(reply(line), Interrupted, Unknown).await;
    }
}

#[tokio::test]
async fn d02_a_body_without_a_head_is_unknown() {
    Bed::plain().await.fails(reply(format!("{{\"message\": \"{TEXT}\"}}")), Interrupted, Unknown).await;
}

#[tokio::test]
async fn d03_a_negative_content_length_is_unknown() {
    let answer = format!("HTTP/1.1 200 OK\r\nx-canary: {HEADER}\r\ncontent-length: -1\r\n\r\n{TEXT}");
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn d04_a_content_length_beyond_u64_is_unknown() {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{TEXT}");
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn two_content_lengths_that_differ_are_unknown() {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{TEXT}");
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn d07_more_than_a_hundred_headers_are_unknown() {
    let headers = format!("x-canary: {HEADER}\r\n").repeat(101);
    let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}");
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn d08_a_header_of_two_megabytes_is_unknown() {
    let header = TEXT.repeat((2 << 20) / TEXT.len());
    let answer = format!("HTTP/1.1 200 OK\r\nx-canary: {header}\r\ncontent-length: 2\r\n\r\n{{}}");
    Bed::plain().await.fails(reply(answer), Interrupted, Unknown).await;
}

#[tokio::test]
async fn d10_an_informational_answer_before_the_success_is_passed_over() {
    for before in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"] {
        Bed::plain().await.succeeds(echo_after(before)).await;
    }
}

#[tokio::test]
async fn d12_switching_protocols_is_a_bad_response() {
    let answer = format!("HTTP/1.1 101 {TEXT}\r\nupgrade: {HEADER}\r\nconnection: upgrade\r\n\r\n{TEXT}");
    let error = Bed::plain().await.fails(reply(answer), BadResponse, Unknown).await;
    assert_eq!(error.status(), Some(101));
}

#[tokio::test]
async fn d13_a_status_of_999_is_a_bad_response() {
    let answer = format!("HTTP/1.1 999 {TEXT}\r\ncontent-length: 0\r\n\r\n");
    let error = Bed::plain().await.fails(reply(answer), BadResponse, Unknown).await;
    assert_eq!(error.status(), Some(999));
}
