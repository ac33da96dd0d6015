//! Where calls are made from. Each place runs a job to its end there.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::thread;

use futures_lite::future;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// A synchronous call, or an asynchronous one.
#[derive(Clone, Copy)]
pub(crate) enum Job {
    Sync(fn()),
    Async(fn() -> Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Job {
    async fn run(self) {
        match self {
            Self::Sync(call) => call(),
            Self::Async(call) => call().await,
        }
    }

    /// Where there is no executor, an asynchronous call is driven by the smallest.
    fn run_here(self) {
        future::block_on(self.run());
    }
}

pub(crate) type Place = fn(Job);

/// Each runs the job twice: once to compute, once to hit.
pub(crate) const PLACES: &[(&str, Place)] = &[
    ("no runtime", |job| twice(|| job.run_here())),
    ("current_thread", |job| twice(|| current_thread().block_on(job.run()))),
    ("multi_thread", |job| twice(|| multi_thread().block_on(async { tokio::spawn(job.run()).await.unwrap() }))),
    ("spawn_blocking", |job| twice(|| in_spawn_blocking(job))),
    ("LocalSet", |job| twice(|| in_local_set(job))),
    ("inside Drop", |job| twice(|| drop(OnDrop(job)))),
    ("thread-local destructor", |job| twice(|| in_a_thread_that_ends(job))),
    ("two runtimes in turn", two_runtimes),
    ("dropped runtime", |job| twice(|| after_the_runtime_is_gone(job))),
    ("async-executor", |job| twice(|| future::block_on(async_executor::LocalExecutor::new().run(job.run())))),
];

fn twice(run: impl Fn()) {
    run();
    run();
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn in_spawn_blocking(job: Job) {
    multi_thread().block_on(async { tokio::task::spawn_blocking(move || job.run_here()).await.unwrap() });
}

fn in_local_set(job: Job) {
    LocalSet::new().block_on(&current_thread(), async { tokio::task::spawn_local(job.run()).await.unwrap() });
}

/// Runs its job in its destructor.
struct OnDrop(Job);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.run_here();
    }
}

/// The job runs among the destructors of a thread's locals, when those of larder and of tokio may be gone.
fn in_a_thread_that_ends(job: Job) {
    thread_local! {
        static LAST: RefCell<Option<OnDrop>> = const { RefCell::new(None) };
    }
    let thread = thread::spawn(move || {
        LAST.set(Some(OnDrop(job)));
        // The destructors of what is used after it run before its own.
        current_thread().block_on(async {});
    });
    thread.join().unwrap();
}

/// What the first has left behind must be of no harm to the second.
fn two_runtimes(job: Job) {
    for _ in 0..2 {
        let runtime = current_thread();
        runtime.block_on(job.run());
        drop(runtime);
    }
}

/// A call begins in a runtime, and goes on when that is gone.
fn after_the_runtime_is_gone(job: Job) {
    let runtime = multi_thread();
    let mut call = pin!(job.run());
    let begun = runtime.block_on(poll_fn(|context| Poll::Ready(call.as_mut().poll(context))));
    drop(runtime);
    if begun.is_pending() {
        future::block_on(call);
    }
}
