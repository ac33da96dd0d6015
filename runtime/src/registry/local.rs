//! What each thread remembers of the registry, so that a call costs one load of the version and no shared count.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::current::current;
use super::{Face, Target, VERSION, named, registry};
use crate::cache::Cache;

thread_local! {
    static REMEMBERED: RefCell<Remembered> = const { RefCell::new(Remembered::NOTHING) };
}

struct Remembered {
    /// Of the registry when the rest was read; 0 before that.
    version: u64,
    /// Of each face, in the order of [`Face`]; mostly one and the same. `None`: caching is off, and nothing below is filled;
    /// or none was set yet.
    current: [Option<Rc<Cache>>; 2],
    named: Vec<(&'static str, Rc<Cache>)>,
    /// What a scope has put in place of all of them.
    scope: Option<Rc<Cache>>,
}

impl Remembered {
    const NOTHING: Self = Self { version: 0, current: [const { None }; 2], named: Vec::new(), scope: None };
}

/// The cache is handed out in an `Rc`, so that nothing here is borrowed while code of the user's runs.
#[inline(always)]
pub(super) fn target(adapter: Option<&'static str>, face: Face) -> Target {
    match remembered(adapter, face) {
        Some(cache) => Target::Cache(cache),
        None => slow(adapter, face),
    }
}

/// The cache that a scope has put in place, or the current one; `None` if that is not known.
#[inline(always)]
fn remembered(adapter: Option<&'static str>, face: Face) -> Option<Rc<Cache>> {
    let cache = REMEMBERED.try_with(|remembered| {
        let remembered = remembered.borrow();
        match &remembered.scope {
            Some(cache) => Some(Rc::clone(cache)),
            None if adapter.is_some() || remembered.version != VERSION.load(Ordering::Acquire) => None,
            None => remembered.current[face as usize].clone(),
        }
    });
    cache.unwrap_or_default()
}

/// The cache, where this thread knows it. Nothing is made for it, nor looked for in the environment: a cache that cannot be had
/// is to be asked for once a call, and that is by who needs it.
#[inline(always)]
pub(super) fn known(adapter: Option<&'static str>, face: Face) -> Option<Rc<Cache>> {
    match remembered(adapter, face) {
        None => refreshed(adapter, face),
        cache => cache,
    }
}

/// For a named cache, after a change of the registry, while caching is off, or in a thread that is ending.
#[cold]
fn slow(adapter: Option<&'static str>, face: Face) -> Target {
    refreshed(adapter, face).map_or_else(|| ask(adapter, face), Target::Cache)
}

/// What this thread knows after a look at the registry.
#[cold]
fn refreshed(adapter: Option<&'static str>, face: Face) -> Option<Rc<Cache>> {
    let known = REMEMBERED.try_with(|remembered| {
        refresh(remembered);
        let remembered = remembered.borrow();
        match adapter {
            None => remembered.current[face as usize].clone(),
            Some(name) => remembered.named.iter().find(|(known, _)| *known == name).map(|(_, cache)| Rc::clone(cache)),
        }
    });
    known.unwrap_or_default()
}

/// Asks the registry itself.
fn ask(adapter: Option<&'static str>, face: Face) -> Target {
    if !is_caching() {
        return Target::Off;
    }
    match adapter {
        None => current(face).map_or(Target::Unknown, |cache| Target::Cache(Rc::new(cache))),
        Some(name) => match named(name) {
            Ok(cache) => Target::Cache(remember(name, cache)),
            Err(_) => Target::Unknown,
        },
    }
}

/// Reads the registry again if it has changed. What was remembered is dropped with nothing borrowed: it may be the last
/// handle of a cache.
fn refresh(remembered: &RefCell<Remembered>) {
    let version = VERSION.load(Ordering::Acquire);
    if remembered.borrow().version == version {
        return;
    }
    let (current, current_async) = {
        let registry = registry();
        let set = |cache: &Option<Cache>| cache.clone().filter(|_| registry.caching);
        (set(&registry.current), set(&registry.current_async))
    };
    let current = current.map(Rc::new);
    let current = [current.clone(), current_async.map(Rc::new).or(current)];
    let old = {
        let mut remembered = remembered.borrow_mut();
        let scope = remembered.scope.take();
        std::mem::replace(&mut *remembered, Remembered { version, current, named: Vec::new(), scope })
    };
    drop(old);
}

fn is_caching() -> bool {
    registry().caching
}

fn remember(name: &'static str, cache: Cache) -> Rc<Cache> {
    let cache = Rc::new(cache);
    let _ = REMEMBERED.try_with(|remembered| remembered.borrow_mut().named.push((name, Rc::clone(&cache))));
    cache
}

/// What a scope has put in place on this thread.
pub(super) fn scope() -> Option<Cache> {
    REMEMBERED.try_with(|remembered| remembered.borrow().scope.as_deref().cloned()).unwrap_or_default()
}

/// Puts `cache` in place of all caches on this thread, until the guard is dropped.
pub(super) fn enter(cache: Cache) -> Scope {
    let cache = Some(Rc::new(cache));
    let outer = REMEMBERED.try_with(|remembered| std::mem::replace(&mut remembered.borrow_mut().scope, cache));
    Scope { outer: outer.unwrap_or_default() }
}

pub(super) struct Scope {
    outer: Option<Rc<Cache>>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        let outer = self.outer.take();
        let inner = REMEMBERED.try_with(|remembered| std::mem::replace(&mut remembered.borrow_mut().scope, outer));
        drop(inner);
    }
}
