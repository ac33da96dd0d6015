//! Generated code brings all that it names.
#![no_implicit_prelude]

use ::larder::{KeyPart, cached};

#[derive(KeyPart)]
enum Page {
    First,
    Other { number: u64 },
}

#[cached(timeout = number, none_timeout = "never", cache_if = |value| *value > 0)]
fn synchronous(number: u64, page: Page) -> ::std::option::Option<u64> {
    let Page::Other { number } = page else { return ::std::option::Option::Some(number) };
    ::std::option::Option::Some(number)
}

#[cached(key = "asynchronous:{number:>3}")]
async fn asynchronous(number: u64) -> u64 {
    number
}

#[cached(key = "in-place:{number}", helpers = false)]
async fn in_place(number: u64) -> u64 {
    number
}

#[cached]
fn boxed(number: u64) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u64>>> {
    ::std::boxed::Box::pin(async move { number })
}

fn main() {
    synchronous(1, Page::First);
    synchronous(1, Page::Other { number: 2 });
    ::std::mem::drop((asynchronous(1), asynchronous::clear(1), in_place(1), boxed(1)));
}
