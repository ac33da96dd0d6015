//! Generated code gives no lint cause to speak, used or not.
#![deny(warnings, future_incompatible, keyword_idents, let_underscore, nonstandard_style, rust_2018_idioms)]
#![deny(rust_2021_compatibility, rust_2024_compatibility, unused, missing_docs, missing_debug_implementations)]
#![deny(elided_lifetimes_in_paths, single_use_lifetimes, unused_lifetimes, unused_qualifications, unused_results)]
#![deny(unused_import_braces, unused_macro_rules, explicit_outlives_requirements, redundant_lifetimes)]
#![deny(trivial_casts, trivial_numeric_casts, variant_size_differences, unit_bindings, meta_variable_misuse)]
#![deny(missing_copy_implementations, unnameable_types, ambiguous_negative_literals, let_underscore_drop)]
#![forbid(unsafe_code)]

use std::pin::Pin;
use std::sync::Arc;

use larder::{KeyPart, cached};

/// An argument.
#[derive(Clone, Copy, Debug, KeyPart)]
pub enum Page {
    /// A variant.
    First,
    /// Another.
    Other(u64),
}

/// An error that borrows.
#[derive(Debug)]
pub struct Refused<'a>(pub &'a str);

/// A function.
#[cached(skip(_log))]
pub fn synchronous(_log: &str, page: Page, (mut left, _): (u64, u64)) -> Result<u64, Refused<'_>> {
    left += 1;
    if let Page::Other(number) = page { Ok(number) } else { Ok(left) }
}

/// An asynchronous one.
#[cached(timeout = number, err_timeout = 5)]
pub async fn asynchronous(number: u64, name: &str) -> Result<u64, String> {
    if name.is_empty() { Err(String::new()) } else { Ok(number) }
}

/// A generic one.
#[cached(key = "generic:{value}:{N}:{T}", skip(D))]
pub fn generic<T: KeyPart, D, const N: usize>(value: &T) -> Option<usize>
where
    D: Default,
{
    let _unused = (D::default(), value);
    Some(N)
}

/// A future in a box.
#[cached]
pub fn boxed(number: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { number })
}

/// A future in a box, that borrows.
#[cached]
pub fn boxed_borrowed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

/// A body that is one expression.
#[cached(helpers = false, key = "free:{number}")]
#[rustfmt::skip]
pub async fn free(number: u64) -> u64 { number }

/// The same with a pattern.
#[cached(helpers = false, key = "pattern:{left}:{right}")]
#[rustfmt::skip]
pub fn pattern((left, right): (u64, u64)) -> u64 { left + right }

/// A future behind some preparation.
#[cached]
pub fn returning(number: u64) -> impl Future<Output = u64> + Send {
    let twice = number * 2;
    async move { twice }
}

#[cached]
fn private(number: u64) -> u64 {
    number
}

/// Something with methods.
#[derive(Clone, Copy, Debug)]
pub struct Shop {
    /// A part of keys.
    pub id: u64,
}

impl Shop {
    /// A method.
    #[cached(key = "method:{self.id}:{number}")]
    pub fn method(&self, number: u64) -> u64 {
        number + self.id
    }

    /// An asynchronous one.
    #[cached(skip(self), timeout = self.id)]
    pub async fn asynchronous(self: Arc<Self>, number: u64) -> u64 {
        number
    }

    /// No receiver.
    #[cached(local)]
    pub fn open(id: u64) -> Self {
        Self { id }
    }
}

trait Prices {
    fn price(&self, number: u64) -> u64;
    async fn price_async(&self, number: u64) -> u64;
}

impl Prices for Shop {
    #[cached(key = "price:{self.id}:{number}", helpers = false)]
    fn price(&self, mut number: u64) -> u64 {
        number += self.id;
        number
    }

    #[cached(key = "price-async:{self.id}:{number}", helpers = false)]
    async fn price_async(&self, number: u64) -> u64 {
        if number == 0 {
            return self.id;
        }
        number
    }
}

fn main() {
    let shop = Shop { id: 1 };
    assert_eq!(private(1) + shop.price(1), 3);
    drop(shop.price_async(1));
}
