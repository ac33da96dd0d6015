//! What the macros write takes the edition of the crate it lands in, whose prelude, captures and keywords differ.

use larder::cached;

#[cached(key = "double:{x}")]
fn double(x: u64) -> u64 {
    2 * x
}

#[cached(key = "first:{text}", local)]
async fn first(text: &str) -> Option<char> {
    text.chars().next()
}

/// In this edition such a function says itself that its future borrows.
#[cached(skip(text))]
fn eager(text: &str) -> impl std::future::Future<Output = usize> + '_ {
    let length = text.len();
    async move { length }
}

fn main() -> larder::Result<()> {
    assert_eq!((double(21), double(21)), (42, 42));
    assert_eq!(double::stats().computed, 1);
    assert!(double::clear(21)?);
    drop((first("x"), eager("x")));
    Ok(())
}
