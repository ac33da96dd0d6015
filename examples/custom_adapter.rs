//! How is a store of one's own plugged in? By this contract: here it is kept by a map behind a mutex, which makes every
//! verb atomic. The test at the end is all that such an adapter needs: `cargo test --example custom_adapter`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use larder::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Left, Living, Permitted,
    Release, StoreKey, Sweep, Token, layout, random_epoch,
};
use larder::{Cache, Error, ErrorKind, Result, Timeout, cached};

#[cached(key = "length:{text}")]
fn length(text: &str) -> usize {
    println!("counting");
    text.chars().count()
}

pub(crate) fn main() -> Result<()> {
    // From here on `adapter_set("pantry")` and `#[cached(adapter = "pantry")]` know it too.
    let pantry = Pantry::default();
    larder::register_adapter("pantry", move || Ok(Cache::far(pantry.clone())));
    larder::adapter_set("pantry")?;

    println!("{} {}", length("seven"), length("seven"));
    println!("cleared: {}", length::clear("seven")?);
    println!("{} in {}", length("seven"), larder::adapter_get().adapter());
    Ok(())
}

/// Clones are one store.
#[derive(Clone, Default)]
pub(crate) struct Pantry(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    jars: HashMap<StoreKey, Jar>,
    permits: HashMap<StoreKey, Permit>,
    epochs: HashMap<EpochName, u64>,
}

struct Permit {
    token: Token,
    until: Instant,
    epochs: Vec<u64>,
    /// The claims that share it and have not released it.
    holders: Vec<u64>,
}

impl Permit {
    fn new(epochs: &[u64]) -> Self {
        let token = Token::random();
        Self { token, until: Instant::now() + Token::LIFETIME, epochs: epochs.into(), holders: vec![token.holder()] }
    }

    fn share(&mut self) -> Token {
        let token = self.token.shared();
        self.holders.push(token.holder());
        token
    }
}

struct Jar {
    record: Vec<u8>,
    /// `None` is never.
    deadline: Option<Instant>,
    gone: Option<Instant>,
}

/// When a timeout that begins now is over; one that no clock reaches is never.
fn end(timeout: Timeout) -> Option<Instant> {
    Instant::now().checked_add(timeout.as_duration()?)
}

impl Jar {
    fn new(entry: &Entry) -> Self {
        Self { record: entry.record.clone(), deadline: end(entry.timeout), gone: end(entry.kept_for()) }
    }

    fn left(&self) -> Left {
        let Some(deadline) = self.deadline else { return Left::Never };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Left::Expired } else { Left::For(left) }
    }

    fn fetched(&self) -> Fetched {
        Fetched { record: self.record.clone(), left: self.left() }
    }

    fn head(&self) -> Option<Head> {
        Head::of(&self.record, self.left())
    }
}

impl Shelves {
    fn jar(&mut self, key: &StoreKey) -> Option<&mut Jar> {
        self.jars.get_mut(key).filter(|jar| jar.gone.is_none_or(|gone| gone > Instant::now()))
    }

    fn live(&mut self, key: &StoreKey, living: &Living) -> Option<&mut Jar> {
        self.jar(key).filter(|jar| jar.head().is_some_and(|head| head.is_live(living)))
    }

    fn store(&mut self, key: &StoreKey, entry: &Entry) {
        self.jars.insert(key.clone(), Jar::new(entry));
        self.permits.remove(key);
    }

    fn permit(&mut self, key: &StoreKey, token: &Token) -> Option<&mut Permit> {
        self.permits.get_mut(key).filter(|permit| permit.token == *token && permit.until > Instant::now())
    }

    fn epoch(&mut self, name: &EpochName) -> u64 {
        *self.epochs.entry(name.clone()).or_insert_with(random_epoch)
    }
}

impl Pantry {
    fn with<T>(&self, change: impl FnOnce(&mut Shelves) -> T) -> T {
        change(&mut self.0.lock().expect("nothing panics while it is held"))
    }

    fn check(&self, entry: &Entry) -> Result<()> {
        if entry.record.len() <= self.capability().largest_entry {
            return Ok(());
        }
        Err(Error::with_kind(ErrorKind::TooLarge, "the entry does not fit the pantry"))
    }
}

impl CacheAdapter for Pantry {
    fn name(&self) -> &'static str {
        "pantry"
    }

    fn capability(&self) -> Capability {
        Capability::new()
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        Ok(self.with(|shelves| shelves.jar(key).map(|jar| jar.fetched())))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        Ok(self.with(|shelves| keys.iter().map(|key| shelves.jar(key).map(|jar| jar.fetched())).collect()))
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        Ok(self.with(|shelves| {
            let epochs: Vec<_> = groups.iter().map(|name| shelves.epoch(name)).collect();
            let found = shelves.jar(key).map(|jar| jar.fetched());
            if claim == Claim::Shared && shelves.live(key, living).is_some() {
                return Permitted { token: None, found, epochs };
            }
            let is_shared = |permit: &&mut Permit| {
                // As far as both have read any: the first is the namespace's, and some claims read no other.
                let agrees = permit.epochs.iter().zip(&epochs).all(|(one, other)| one == other);
                let is_of_epochs = permit.epochs.is_empty() == epochs.is_empty() && agrees;
                claim == Claim::Shared && permit.until > Instant::now() && is_of_epochs
            };
            let token = match shelves.permits.get_mut(key).filter(is_shared) {
                Some(permit) => permit.share(),
                None => {
                    let permit = Permit::new(&epochs);
                    shelves.permits.entry(key.clone()).insert_entry(permit).get().token
                }
            };
            Permitted { token: Some(token), found, epochs }
        }))
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.check(entry)?;
        Ok(self.with(|shelves| {
            let holds = match condition {
                Condition::Always => true,
                Condition::IfAbsent(living) => shelves.live(key, living).is_none(),
                Condition::IfPermit(token) => shelves.permit(key, token).is_some(),
            };
            if holds {
                shelves.store(key, entry);
            }
            holds
        }))
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        Ok(self.with(|shelves| {
            let Some(permit) = shelves.permit(key, token) else { return false };
            permit.holders.retain(|holder| *holder != token.holder());
            if permit.holders.is_empty() {
                shelves.permits.remove(key);
            }
            if release == Release::Remove {
                shelves.jars.remove(key);
            }
            true
        }))
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(_, entry)| self.check(entry))?;
        self.with(|shelves| entries.iter().for_each(|(key, entry)| shelves.store(key, entry)));
        Ok(())
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        Ok(self.with(|shelves| {
            let removed = keys.iter().map(|key| {
                let head = shelves.jar(key).and_then(|jar| jar.head());
                shelves.jars.remove(key);
                shelves.permits.remove(key);
                head
            });
            removed.collect()
        }))
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        Ok(self.with(|shelves| {
            let jar = shelves.jar(key).filter(|jar| living.admits(&jar.record))?;
            let moved = Jar::new(&Entry { record: std::mem::take(&mut jar.record), timeout, grace });
            *jar = moved;
            Some(jar.fetched())
        }))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        Ok(self.with(|shelves| shelves.jar(key).and_then(|jar| jar.head())))
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.with(|shelves| {
            let Some(jar) = shelves.live(key, living) else {
                shelves.store(key, fresh);
                return Ok(Counted::Sum(delta));
            };
            if let Some(head) = jar.head().filter(|head| head.is_open(living)) {
                return Ok(Counted::Open(head));
            }
            let sum = layout::count(&mut jar.record, delta)?;
            shelves.permits.remove(key);
            Ok(Counted::Sum(sum))
        })
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        Ok(self.with(|shelves| names.iter().map(|name| shelves.epoch(name)).collect()))
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        let epoch = random_epoch();
        self.with(|shelves| shelves.epochs.insert(name.clone(), epoch));
        Ok(epoch)
    }

    async fn sweep(&self, namespace: &str, replaced: &[u64]) -> Result<u64> {
        let (prefix, sweep) = (StoreKey::prefix(namespace), Sweep::new(0, namespace, replaced));
        Ok(self.with(|Shelves { jars, epochs, .. }| {
            let n_before = jars.len();
            jars.retain(|key, jar| {
                let is_dead = || sweep.is_dead(&jar.record, |name| epochs.get(name).copied());
                !key.as_str().starts_with(&prefix) || !is_dead()
            });
            (n_before - jars.len()) as u64
        }))
    }

    async fn flush(&self) -> Result<()> {
        self.with(|shelves| *shelves = Shelves::default());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use larder::testing::conformance::{Subject, run_blocking};

    #[test]
    fn it_does_what_every_adapter_must() {
        run_blocking(&Subject::new("pantry", super::Pantry::default()).with_flush());
    }
}
