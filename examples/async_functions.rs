//! What about `async fn`? The same attribute; and a hundred tasks that want one page at once fetch it once.

use std::time::Duration;

use larder::cached;
use tokio::task::JoinSet;

#[cached(key = "page:{path}", timeout = 60)]
async fn page(path: &str) -> String {
    tokio::time::sleep(Duration::from_millis(100)).await;
    format!("<h1>{path}</h1>")
}

#[tokio::main]
async fn main() -> larder::Result<()> {
    let pages = JoinSet::from_iter((0..100).map(|_| page("menu"))).join_all().await;
    let stats = page::stats();
    println!("{} tasks were served by {} computation", pages.len(), stats.computed);

    // The helpers of an async function are async too, and take its arguments.
    println!("cached: {:?}", page::get("menu").await?);
    page::clear("menu").await?;
    println!("after the clear: {:?}", page::get("menu").await?);
    Ok(())
}
