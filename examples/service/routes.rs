//! What can be asked of the service. Only handlers that clear know that there is a cache: theirs is the failure that must be seen.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};

use crate::shop::{Article, Shop, article, change, cheapest};

pub(crate) fn service(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/articles/{id}", get(show).put(replace))
        .route("/cheapest/{n_articles}", get(list))
        .route("/cache", delete(clear))
        .route("/stats", get(stats))
        .with_state(shop)
}

async fn show(State(shop): State<Arc<Shop>>, Path(id): Path<u32>) -> Result<Json<Article>, StatusCode> {
    article(&shop, id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn list(State(shop): State<Arc<Shop>>, Path(n_articles): Path<usize>) -> Json<Vec<Article>> {
    Json(cheapest(&shop, n_articles).await)
}

async fn replace(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<u32>,
    Json(article): Json<Article>,
) -> Result<StatusCode, NotCleared> {
    change(&shop, id, article).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear() -> Result<StatusCode, NotCleared> {
    article::clear_all().await?;
    cheapest::clear_all().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn stats(State(shop): State<Arc<Shop>>) -> String {
    let (articles, lists) = (article::stats(), cheapest::stats());
    let line = |name, stats: larder::Stats| format!("{name}: {} hits, {} misses\n", stats.hits, stats.misses);
    format!("{}{}{} queries\n", line("article", articles), line("cheapest", lists), shop.n_queries())
}

/// The database has the new article, and the store may still have the old one. Saying so gets the request repeated, which clears.
struct NotCleared(larder::Error);

impl From<larder::Error> for NotCleared {
    fn from(error: larder::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for NotCleared {
    fn into_response(self) -> Response {
        // For the log alone: where the store is is nothing to tell the world.
        eprintln!("not cleared: {}", self.0);
        (StatusCode::SERVICE_UNAVAILABLE, "stored, but an old copy may be shown for a while: try again\n")
            .into_response()
    }
}
