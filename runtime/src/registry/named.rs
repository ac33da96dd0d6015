//! Caches by name: what makes them, and the one instance of each.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Entry, Factory, IntoCache, Registry, Standing, VERSION, alias, change, registry};
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};

/// Each is one in which something else has changed the registry. A factory that does so itself would be run for ever.
pub(super) const MOST_ATTEMPTS: usize = 100;

/// Lets `adapter_set` and `#[cached(adapter = "…")]` know a name of your own.
///
/// `make` runs at the name's first use, and again at the next if it fails: there is one instance of a name. One that asks for
/// itself fails. A name that is taken is taken over, and what it stood for is made anew.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, cached};
///
/// larder::register_adapter("sessions", || MemoryCache::builder().max_entries(50).build());
///
/// #[cached(adapter = "sessions", key = "greeting:{name}")]
/// fn greeting(name: &str) -> String { format!("hello {name}") }
///
/// assert_eq!(greeting("ada"), "hello ada");
/// assert_eq!(greeting("ada"), "hello ada");
/// assert_eq!(greeting::stats().hits, 1);
/// ```
pub fn register_adapter<C: IntoCache>(name: &str, make: impl Fn() -> Result<C> + Send + Sync + 'static) {
    let name = name.to_ascii_lowercase();
    let factory: Factory = Arc::new(move || make()?.into_cache());
    let standing = Standing::Registered(factory);
    drop(change(|registry| (registry.known.insert(name.clone(), standing), registry.named.remove(&name))));
}

/// The one instance that goes by `name`, made at its first use.
pub(crate) fn named(name: &str) -> Result<Cache> {
    let name = alias::canonical(name);
    for _ in 0..MOST_ATTEMPTS {
        let standing = {
            let registry = registry();
            if let Some(cache) = registry.named.get(&name) {
                return Ok(cache.clone());
            }
            registry.known.get(&name).cloned()
        };
        // Made and dropped with the lock released, as it may be the user's code. If two make it, the first to be back
        // wins; if the name was given another meaning meanwhile, what was made is out of date.
        let made = alias::make(&name)?;
        let mut registry = registry();
        let is_as_it_was = match (registry.known.get(&name), &standing) {
            (Some(now), Some(then)) => now.is(then),
            (now, then) => now.is_none() && then.is_none(),
        };
        if is_as_it_was {
            let kept = registry.named.entry(name).or_insert_with(|| made.clone()).clone();
            drop(registry);
            return Ok(kept);
        }
    }
    Err(changing())
}

/// A new cache of what `name` stands for.
pub(crate) fn create(name: &str) -> Result<Cache> {
    alias::make(name)
}

/// Lets each entry's name stand for it. One that stands already as it is written keeps its instance. All, or none if one is
/// wrong.
pub(crate) fn configure(entries: Vec<Entry>) -> Result<()> {
    let entries: Vec<_> = entries.into_iter().map(Arc::new).collect();
    settle(|| {
        let changed = entries.iter().filter(|entry| !stands(entry));
        let changes = changed.map(|entry| {
            let standing = Standing::Configured(Arc::clone(entry));
            Ok(Change { name: entry.name.clone(), standing, cache: entry.make(entry.standing().as_ref())? })
        });
        all(changes)
    })
}

fn stands(entry: &Entry) -> bool {
    matches!(registry().known.get(&entry.name), Some(Standing::Configured(known)) if **known == *entry)
}

/// All of them, or what is wrong with each that is.
fn all<T>(made: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    made.for_each(|made| match made {
        Ok(made) => good.push(made),
        Err(error) => wrong.push(error),
    });
    if wrong.is_empty() { Ok(good) } else { Err(Entry::wrong(&wrong)) }
}

/// What a name is to stand for, and the first cache of it.
pub(super) struct Change {
    pub(super) name: String,
    pub(super) standing: Standing,
    pub(super) cache: Cache,
}

/// Makes changes in one step, prepared with the lock released, as that may run code of the user's; and anew if the registry has
/// changed meanwhile. What they replace follows where it is the current cache, and is closed behind the caller. Calls under way
/// end where they began.
pub(super) fn settle(prepare: impl Fn() -> Result<Vec<Change>>) -> Result<()> {
    for attempt in 1.. {
        let version = VERSION.load(Ordering::Acquire);
        let changes = prepare()?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut registry = registry();
        if VERSION.load(Ordering::Acquire) != version {
            if attempt == MOST_ATTEMPTS {
                return Err(changing());
            }
            continue;
        }
        let replaced: Vec<_> = changes.into_iter().map(|change| registry.stand(change)).collect();
        VERSION.fetch_add(1, Ordering::Release);
        drop(registry);
        replaced.iter().filter_map(|(cache, _)| cache.as_ref()).for_each(Cache::retire);
        return Ok(());
    }
    unreachable!("the last attempt is answered")
}

pub(super) fn changing() -> Error {
    let message = "the registry is changed all the time: what makes an adapter must not change it itself";
    Error::new(ErrorKind::Config, message)
}

impl Registry {
    /// What it replaces, to be dropped with the lock released.
    fn stand(&mut self, change: Change) -> (Option<Cache>, Option<Standing>) {
        let Change { name, standing, cache } = change;
        let known = self.known.insert(name.clone(), standing);
        let old = self.named.insert(name, cache.clone());
        if let Some(old) = &old {
            cache.succeed(old);
            let current = [&mut self.current, &mut self.current_async];
            for slot in current.into_iter().flatten().filter(|slot| slot.is(old)) {
                *slot = cache.clone();
            }
        }
        // Another handle of one store would close it for both.
        (old.filter(|old| !old.shares_store_with(&cache)), known)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{configure, create, named, register_adapter};
    use crate::config::Value;
    use crate::registry::{Entry, set_caching};

    fn entry(name: &str, n_entries: u64) -> Entry {
        let fields = vec![("max_entries".to_owned(), Value::Number(n_entries))];
        Entry { name: name.to_owned(), adapter: "memory".into(), fields }
    }

    #[test]
    fn many_configure_at_once_and_each_gets_through() {
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                scope.spawn(move || {
                    for round in 1..=50 {
                        let own = format!("settles-{thread}");
                        configure(vec![entry(&own, round), entry("settles-all", 100 * thread + round)]).unwrap();
                        // Whatever else changes the registry.
                        set_caching(true);
                        named(&own).unwrap();
                    }
                });
            }
        });
        let all = named("settles-all").unwrap();
        assert!(all.is(&named("SETTLES-ALL").unwrap()) && !all.is(&create("settles-all").unwrap()));
        assert!(named("settles-0").unwrap().is(&named("settles-0").unwrap()));
    }

    #[test]
    fn a_factory_that_changes_the_registry_makes_one_instance() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        register_adapter("meddles", || {
            MADE.fetch_add(1, Ordering::Relaxed);
            set_caching(true);
            Ok(crate::MemoryCache::new())
        });
        assert!(named("meddles").unwrap().is(&named("meddles").unwrap()));
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn of_several_none_is_configured_if_one_is_wrong() {
        configure(vec![entry("together-a", 1)]).unwrap();
        let before = named("together-a").unwrap();
        assert!(configure(vec![entry("together-a", 2), entry("together-b", 0)]).is_err());
        assert!(named("together-a").unwrap().is(&before) && named("together-b").is_err());
        configure(vec![entry("together-a", 2), entry("together-b", 3)]).unwrap();
        assert!(!named("together-a").unwrap().is(&before));
    }
}
