//! The service, asked in this process with a cache for each test, and once over a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use larder::{MemoryCache, scoped_async};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::shop::{Article, Shop};
use crate::{routes, serve};

/// What the service answers to one request.
async fn ask(service: &Router, method: Method, path: &str, article: Option<&Article>) -> (StatusCode, String) {
    let body = article.map_or_else(Body::empty, |article| Body::from(serde_json::to_vec(article).unwrap()));
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let response = service.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(service: &Router, path: &str) -> String {
    ask(service, Method::GET, path, None).await.1
}

#[tokio::test]
async fn what_was_asked_before_is_not_queried_again_until_it_is_written_or_cleared() {
    let shop = Arc::new(Shop::with_some_articles());
    let service = routes::service(Arc::clone(&shop));
    scoped_async(MemoryCache::new(), async {
        for _ in 0..3 {
            assert_eq!(get(&service, "/articles/3").await, r#"{"name":"mate","cents":290}"#);
            assert!(get(&service, "/cheapest/2").await.starts_with(r#"[{"name":"mate""#));
        }
        assert_eq!(shop.n_queries(), 2);

        let dear = Article { name: "mate".into(), cents: 900 };
        let (status, _) = ask(&service, Method::PUT, "/articles/3", Some(&dear)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(get(&service, "/articles/3").await, r#"{"name":"mate","cents":900}"#);
        assert!(get(&service, "/cheapest/2").await.starts_with(r#"[{"name":"assam""#));

        let n_queries = shop.n_queries();
        assert_eq!(ask(&service, Method::DELETE, "/cache", None).await.0, StatusCode::NO_CONTENT);
        get(&service, "/articles/3").await;
        assert_eq!(shop.n_queries(), n_queries + 1);
        assert_eq!(ask(&service, Method::GET, "/articles/9", None).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn while_the_store_is_down_articles_are_shown_and_a_write_says_that_it_did_not_clear() {
    let service = routes::service(Arc::new(Shop::with_some_articles()));
    // Nobody listens there.
    let down = larder::Cache::far(larder::RedisCache::open("redis://127.0.0.1:1").unwrap());
    scoped_async(down, async {
        assert_eq!(get(&service, "/articles/2").await, r#"{"name":"assam","cents":390}"#);
        let article = Article { name: "assam".into(), cents: 100 };
        let (status, said) = ask(&service, Method::PUT, "/articles/2", Some(&article)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(said.contains("try again") && !said.contains("127.0.0.1"));
    })
    .await;
}

#[tokio::test]
async fn over_a_socket_it_answers_until_it_is_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, async { drop(stopped.await) }));

    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /articles/1 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"name":"sencha","cents":490}"#), "{answer}");

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
