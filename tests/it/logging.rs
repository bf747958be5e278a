//! One span for each call, with what became of it and nothing that was sent or received.

use std::sync::{Arc, Mutex};

use tracing::{Instrument, instrument::WithSubscriber};
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use crate::{
    Fixture, call,
    support::{
        canary::Log,
        server::{gate, reply, reply_and_keep, response},
    },
};

/// The lines that a program's own subscriber writes when a span closes, at INFO as in production.
async fn closed_spans(filter: &str, call: impl Future<Output = ()>) -> String {
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::registry().with(tracing_subscriber::EnvFilter::new(filter)).with(
        tracing_subscriber::fmt::layer()
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || writer.clone()),
    );
    call.with_subscriber(subscriber).await;
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// A success and a refusal.
async fn in_a_span_of_the_callers(fixture: &Fixture) {
    let own = tracing::info_span!("shop", status = tracing::field::Empty, outcome = tracing::field::Empty);
    async {
        call(&fixture.client).await.1.unwrap();
        fixture.server.next(reply_and_keep(response("404 No", "{\"code\": 77}")));
        call(&fixture.client).await.1.unwrap_err();
    }
    .instrument(own)
    .await;
}

#[tokio::test]
async fn a_call_records_its_end_in_its_own_span_and_never_in_the_callers() {
    let fixture = Fixture::plain().await;
    let lines = closed_spans("info", in_a_span_of_the_callers(&fixture)).await;
    let closed: Vec<_> = lines.lines().collect();
    let [success, failure, shop] = closed.as_slice() else { panic!("{lines}") };
    for field in
        ["operation=\"init_reversal_transaction\"", "status=200", "code=0", "outcome=\"Ok\"", "elapsed_ms="]
    {
        assert!(success.contains(field), "{field}: {success}");
    }
    assert!(!success.contains("kind="), "{success}");
    for field in ["status=404", "code=77", "kind=\"Refused\"", "outcome=\"Rejected\"", "elapsed_ms="] {
        assert!(failure.contains(field), "{field}: {failure}");
    }
    assert!(!shop.contains("status=") && !shop.contains("outcome="), "{shop}");
}

#[tokio::test]
async fn a_span_that_is_filtered_out_leaves_the_callers_alone() {
    let fixture = Fixture::plain().await;
    let lines = closed_spans("paypos=off,info", in_a_span_of_the_callers(&fixture)).await;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(!lines.contains("status=") && !lines.contains("outcome="), "{lines}");
}

#[tokio::test]
async fn a_call_that_is_dropped_is_recorded_as_unknown() {
    Log::captured();
    let fixture = Fixture::plain().await;
    let (waiting, mut gate) = gate(reply(""));
    fixture.server.next(waiting);
    let client = fixture.client.clone();
    let dropped = tokio::spawn(async move { call(&client).await.1.map(drop) });
    gate.reached().await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    let cancelled = |line: &str| line.contains("kind=\"Cancelled\"") && line.contains("outcome=\"Unknown\"");
    assert!(Log::text().lines().any(cancelled));
}
