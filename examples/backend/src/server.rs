//! Accepts connections: as many as there is memory for, none that does not say what it wants, and none once it stops.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::sleep};
use tokio_util::sync::CancellationToken;

const MAX_CONNECTIONS: usize = 12_000;
/// Of a connection, in bytes: thousands are held while they wait.
const BUFFER: usize = 16 * 1024;

/// Serves until it is told to stop, and then finishes what has begun.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MAX_CONNECTIONS)));
    let mut http = http1::Builder::new();
    // With a timer, hyper waits 30 seconds for the head of a request.
    // Guard: day::whoever_sends_half_a_request_is_not_waited_for
    http.timer(TokioTimer::new()).max_buf_size(BUFFER);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async { (place.await, listener.accept().await) };
        let Some((place, accepted)) = stop.run_until_cancelled(accepted).await else { break };
        match accepted {
            Ok((stream, _)) => {
                let service = TowerToHyperService::new(router.clone());
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                tokio::spawn(async move {
                    // Whoever hangs up is gone.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Of files, for one, there may be none left for a while.
                tracing::error!(%error, "a connection cannot be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    graceful.shutdown().await;
}
