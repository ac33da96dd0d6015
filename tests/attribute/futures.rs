//! Asynchronous functions in all their forms, and what their futures are.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use larder::cached;

use crate::{check_async, fresh_async, tick, tick_of};

#[cached]
async fn plain(id: u64) -> u64 {
    futures_lite::future::yield_now().await;
    tick_of(id)
}

#[cached]
async fn borrowing(name: &str, numbers: &[u64]) -> u64 {
    futures_lite::future::yield_now().await;
    tick_of(name.len() + numbers.len())
}

#[cached]
#[expect(clippy::manual_async_fn, reason = "this is what is tested")]
fn returning(id: u64) -> impl Future<Output = u64> {
    async move { tick_of(id) }
}

#[cached]
fn returning_borrowed<'a>(name: &'a str) -> impl Future<Output = u64> + Send + 'a {
    let length = name.len();
    async move { tick_of(length + name.len()) }
}

#[cached]
fn boxed(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { tick_of(id) })
}

#[cached]
fn boxed_borrowed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = u64> + Send + 'a>> {
    Box::pin(async move { tick_of(name.len()) })
}

#[test]
fn every_form_of_asynchronous_function_is_cached() {
    check_async(|| plain(1), || plain(2));
    check_async(|| borrowing("a", &[1]), || borrowing("a", &[2]));
    check_async(|| returning(1), || returning(2));
    check_async(|| returning_borrowed("a"), || returning_borrowed("b"));
    check_async(|| boxed(1), || boxed(2));
    check_async(|| boxed_borrowed("a"), || boxed_borrowed("b"));
}

thread_local! {
    static EAGER: Cell<u32> = const { Cell::new(0) };
}

#[cached]
fn eager(id: u64) -> impl Future<Output = u64> {
    EAGER.set(EAGER.get() + 1);
    async move { tick_of(id) }
}

#[test]
fn the_eager_part_runs_inside_the_future_and_once() {
    fresh_async(async {
        let (one, two) = (eager(1), eager(1));
        assert_eq!(EAGER.get(), 0);
        assert_eq!(one.await, two.await);
        assert_eq!(EAGER.get(), 1);
    });
}

#[cached]
async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
}

#[cached]
fn fib_boxed(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { if n < 2 { n } else { fib_boxed(n - 1).await + fib_boxed(n - 2).await } })
}

#[test]
fn recursion_computes_each_step_once() {
    fresh_async(async {
        assert_eq!(fib(60).await, 1_548_008_755_920);
        assert_eq!(fib::stats().computed, 61);
        assert_eq!(fib_boxed(60).await, 1_548_008_755_920);
        assert_eq!(fib_boxed::stats().computed, 61);
    });
}

fn is_send(_: impl Send) {}

#[test]
fn a_future_is_send_when_its_body_is() {
    is_send(plain(1));
    is_send(borrowing("a", &[1]));
    is_send(returning(1));
    is_send(returning_borrowed("a"));
    is_send(boxed(1));
    is_send(fib(1));
    is_send(plain::clear(1));
    is_send(plain::update_timeout(1, 60));
    is_send(plain::timeout_left(1));
    is_send(plain::get(1));
    is_send(plain::set(1, 5));
    is_send(plain::clear_all());
    is_send(plain::refresh(1));
    is_send(plain::uncached(1));
}

#[cached]
async fn with_rc(id: u64) -> u64 {
    let shared = Rc::new(Cell::new(id));
    futures_lite::future::yield_now().await;
    shared.set(tick());
    shared.get()
}

#[cached(skip(counter))]
async fn skipping_rc(counter: Rc<Cell<u64>>, id: u64) -> u64 {
    counter.set(counter.get() + 1);
    tokio::task::yield_now().await;
    tick_of(id)
}

#[test]
fn a_body_that_is_not_send_runs_where_that_is_not_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let counter = Rc::new(Cell::new(0));
    let counted = Rc::clone(&counter);
    let tasks = tokio::task::LocalSet::new();
    runtime.block_on(tasks.run_until(larder::scoped_async(larder::MemoryCache::new(), async move {
        assert_eq!(with_rc(1).await, with_rc(1).await);
        let task = tokio::task::spawn_local(skipping_rc(Rc::clone(&counter), 7));
        assert!(task.await.is_ok());
        let first = skipping_rc(Rc::clone(&counter), 8).await;
        assert_eq!(skipping_rc(counter, 8).await, first);
    })));
    assert_eq!(counted.get(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_may_call_a_cached_function() {
    let first = tokio::spawn(plain(70)).await.unwrap();
    assert_eq!(tokio::spawn(plain(70)).await.unwrap(), first);
}

#[cached(timeout = lifetime(name))]
async fn timed(name: &str) -> u64 {
    tick_of(name.len())
}

fn lifetime(name: &str) -> std::time::Duration {
    std::time::Duration::from_secs(name.len() as u64)
}

#[test]
fn a_timeout_may_read_borrowed_arguments() {
    check_async(|| timed("a"), || timed("b"));
    fresh_async(async {
        assert_ne!(timed("").await, timed("").await, "a timeout of 0 computed there stores nothing");
    });
}

#[cached]
async fn large(id: u64) -> u64 {
    let bytes = [id as u8; 4096];
    futures_lite::future::yield_now().await;
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

#[test]
fn a_future_that_hits_has_neither_the_key_in_it_nor_the_computation() {
    assert!(size_of_val(&large::uncached(1)) > 4096);
    for bytes in [size_of_val(&plain(1)), size_of_val(&large(1))] {
        assert!(bytes < 300, "{bytes} bytes");
    }
}
