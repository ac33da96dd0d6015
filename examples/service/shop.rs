//! What the service is about, without a word of HTTP: articles in a database, and the two annotated functions that read them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use larder::cached;
use serde::{Deserialize, Serialize};

/// It goes to the store, so it can be serialized and read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Article {
    pub(crate) name: String,
    pub(crate) cents: u32,
}

/// Stands for a database.
#[derive(Default)]
pub(crate) struct Shop {
    articles: Mutex<BTreeMap<u32, Article>>,
    n_queries: AtomicU64,
}

/// An article that is not there is looked up again: a `None` is not kept, unless the attribute has a `none_timeout`.
#[cached(key = "article:{id}", skip(shop), timeout = "5m")]
pub(crate) async fn article(shop: &Shop, id: u32) -> Option<Article> {
    shop.query(|articles| articles.get(&id).cloned())
}

#[cached(key = "cheapest:{n_articles}", skip(shop), timeout = "1m")]
pub(crate) async fn cheapest(shop: &Shop, n_articles: usize) -> Vec<Article> {
    let mut all = shop.query(|articles| articles.values().cloned().collect::<Vec<_>>());
    all.sort_by_key(|article| article.cents);
    all.truncate(n_articles);
    all
}

/// Changes an article, and clears what was made of it: the write first, so that nobody computes the old value once more.
pub(crate) async fn change(shop: &Shop, id: u32, article: Article) -> larder::Result<()> {
    shop.query(|articles| articles.insert(id, article));
    article::clear(id).await?;
    cheapest::clear_all().await
}

impl Shop {
    pub(crate) fn with_some_articles() -> Self {
        let shop = Self::default();
        for (id, name, cents) in [(1, "sencha", 490), (2, "assam", 390), (3, "mate", 290)] {
            shop.query(|articles| articles.insert(id, Article { name: name.into(), cents }));
        }
        shop.n_queries.store(0, Ordering::Relaxed);
        shop
    }

    /// How often it was asked, which is what the cache is for.
    pub(crate) fn n_queries(&self) -> u64 {
        self.n_queries.load(Ordering::Relaxed)
    }

    fn query<T>(&self, query: impl FnOnce(&mut BTreeMap<u32, Article>) -> T) -> T {
        self.n_queries.fetch_add(1, Ordering::Relaxed);
        query(&mut self.articles.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
