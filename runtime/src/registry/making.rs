//! Factories at work. One that asks for what it is to make, by its name or because `LARDER_URL` is that name and it wants the
//! current cache, would ask itself without end.

use std::cell::RefCell;

use crate::cache::Cache;
use crate::config::shown;
use crate::error::{Error, ErrorKind, Result};

thread_local! {
    /// The names whose factories this thread is running.
    static MAKING: RefCell<Vec<Making>> = const { RefCell::new(Vec::new()) };
}

struct Making {
    name: String,
    /// Has it asked for itself?
    is_ring: bool,
}

/// What `factory` makes for `name`.
///
/// # Errors
/// Its own; or that it asks for itself, whatever it has made of that.
pub(super) fn once(name: &str, factory: &dyn Fn() -> Result<Cache>) -> Result<Cache> {
    let is_ring = changed(|making| {
        let known = making.iter_mut().find(|making| making.name == name);
        let is_ring = known.map(|making| making.is_ring = true).is_some();
        if !is_ring {
            making.push(Making { name: name.to_owned(), is_ring });
        }
        is_ring
    });
    if is_ring {
        return Err(ring(name));
    }
    let begun = Begun;
    let made = factory();
    if begun.end() { Err(ring(name)) } else { made }
}

/// Ends with a panic of the factory too.
struct Begun;

impl Begun {
    /// Was it a ring?
    fn end(self) -> bool {
        changed(|making| making.last().is_some_and(|making| making.is_ring))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // The name of a factory is dropped with nothing borrowed.
        drop(changed(Vec::pop));
    }
}

/// Nothing in a thread that is ending: its rings end with its stack.
fn changed<T: Default>(change: impl FnOnce(&mut Vec<Making>) -> T) -> T {
    MAKING.try_with(|making| change(&mut making.borrow_mut())).unwrap_or_default()
}

fn ring(name: &str) -> Error {
    let message = format!(
        "the adapter `{}` asks for itself while it is made, by its name or as the current cache that it is itself",
        shown(name)
    );
    Error::new(ErrorKind::Config, message)
}
