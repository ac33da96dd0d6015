//! What does a web service look like? Its handlers call functions that happen to be annotated. Which store serves them stands in
//! `LARDER_URL` (`redis`, `sqlite:/path/of/file`; memory if it is not set); what a write changes is cleared by the write.
//!
//! ```text
//! LARDER_URL=sqlite::memory: cargo run --example service -- 127.0.0.1:8080
//! curl -i 127.0.0.1:8080/articles/1
//! curl -i -X PUT 127.0.0.1:8080/articles/1 -H 'content-type: application/json' -d '{"name": "tea", "cents": 250}'
//! curl -i -X DELETE 127.0.0.1:8080/cache
//! curl 127.0.0.1:8080/stats
//! ```

mod routes;
mod shop;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;

use shop::Shop;
use tokio::net::TcpListener;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // A wrong LARDER_URL would fail no call: they would all compute. This program would rather not start.
    larder::check_environment()?;
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("cannot listen at {address}: {error}"))?;
    println!("http://{}, cached in {}", listener.local_addr()?, larder::async_adapter_get().adapter());
    Ok(serve(listener, asked_to_stop()).await?)
}

/// Answers until `stop`, and then those who have asked already.
pub(crate) async fn serve(listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let service = routes::service(Arc::new(Shop::with_some_articles()));
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    // Nobody is left who calls. A store that cannot be told so is no reason to fail.
    if let Err(error) = larder::async_cache().close().await {
        eprintln!("the cache was not closed: {error}");
    }
    Ok(())
}

/// By Ctrl-C, or by whoever runs services.
#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        },
        Err(_) => interrupted().await,
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
