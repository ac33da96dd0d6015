//! Where the names of the standard library mean something else.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, reason = "names that are in the way")]
#![allow(unused_macros, unused_imports, reason = "nothing of these is meant by generated code")]

use larder::cached;

use crate::{check, check_async};

mod core {}
mod std {}
mod alloc {}
mod larder_macros {}

struct Option;
struct Result;
struct String;
struct Box;
struct Key;
struct Site;
struct Future;
struct Timeout;
struct Vec;
const Some: () = ();
const None: () = ();
const Ok: () = ();
const Err: () = ();

trait Into {}
trait From {}
trait Clone {}
trait Send {}
trait Fn {}

macro_rules! concat {
    ($($any:tt)*) => {
        compile_error!("not the one that is meant")
    };
}

macro_rules! module_path {
    ($($any:tt)*) => {
        compile_error!("not the one that is meant")
    };
}

macro_rules! format_args {
    ($($any:tt)*) => {
        compile_error!("not the one that is meant")
    };
}

pub(crate) use {concat, format_args, module_path};

#[cached]
fn synchronous(id: u64) -> u64 {
    crate::tick_of(id)
}

#[cached(key = "shadowed:{amount:.2}", timeout = 60, wait = 5, none_timeout = "1m")]
fn with_options(amount: f64) -> ::std::option::Option<u64> {
    ::std::option::Option::Some(crate::tick_of(amount))
}

#[cached(timeout = id, cache_if = |_| true)]
async fn asynchronous(id: u64) -> u64 {
    crate::tick_of(id)
}

#[cached(key = of_number)]
fn by_function(id: u64) -> u64 {
    crate::tick_of(id)
}

fn of_number(id: &u64) -> ::std::string::String {
    ::std::format!("shadowed-number:{id}")
}

#[cached]
fn boxed(id: u64) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u64>>> {
    ::std::boxed::Box::pin(async move { crate::tick_of(id) })
}

#[cached(key = "shadowed-place:{id}", helpers = false)]
async fn in_place(id: u64) -> u64 {
    crate::tick_of(id)
}

#[derive(::larder::KeyPart)]
struct Part(u64);

#[cached]
fn derived(part: Part) -> u64 {
    crate::tick_of(part.0)
}

#[test]
fn generated_code_means_the_names_of_the_standard_library() {
    check(|| synchronous(1), || synchronous(2));
    check(|| with_options(1.0).unwrap(), || with_options(2.0).unwrap());
    check(|| by_function(1), || by_function(2));
    check(|| derived(Part(1)), || derived(Part(2)));
    check_async(|| asynchronous(60), || asynchronous(61));
    check_async(|| boxed(1), || boxed(2));
    check_async(|| in_place(1), || in_place(2));
}
