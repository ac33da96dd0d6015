//! The commands behind the verbs; pure.

use std::time::Duration;

use redis::Cmd;

use super::scripts::{HEAD_END, SCRIPTS};
use super::sweep::Dead;
use crate::adapter::{
    Claim, Condition, Entry, EpochName, Left, Living, Release, StoreKey, Token, layout, random_epoch,
};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

/// So many milliseconds and more, 8,900 years, are never: below it, sums are exact in the doubles of Lua.
const NEVER_MS: u64 = 1 << 48;

/// How long what replicas confirmed last is kept.
const MARK_MS: u32 = 60_000;

/// How many keys a walk looks at in one step.
const STEP: usize = 500;

pub(super) fn get(key: &StoreKey) -> Cmd {
    const NAME: &str = "GET";
    // At once as large as it will be: a hit is this and little else.
    let mut command = Cmd::with_capacity(2, NAME.len() + key.as_str().len());
    command.arg(NAME).arg(key.as_str());
    command
}

pub(super) fn get_many(keys: &[StoreKey]) -> Cmd {
    let mut command = redis::cmd("MGET");
    for key in keys {
        command.arg(key.as_str());
    }
    command
}

/// What a head is read from.
pub(super) fn head(key: &StoreKey) -> Cmd {
    let mut command = redis::cmd("GETRANGE");
    command.arg(key.as_str()).arg(0).arg(HEAD_END - 1);
    command
}

/// A claim that reads the epochs of `groups` in the same step.
pub(super) fn permit(key: &StoreKey, claim: Claim, living: &Living, holder: u64, groups: &[EpochName]) -> Cmd {
    let permit = permit_key(key);
    let names = groups.iter().map(EpochName::as_str);
    let keys: Vec<_> = [key.as_str(), &permit].into_iter().chain(names).collect();
    let mut command = SCRIPTS.permit.on(keys);
    add_claim(&mut command, how(claim, "0"), living, holder);
    add_epochs(&mut command, groups.iter().map(|_| random_epoch()));
    command
}

/// A claim of these epochs, which it does not read; `shares_any`: they may no longer be so, and void no permit of others.
pub(super) fn permit_of(
    key: &StoreKey,
    claim: Claim,
    living: &Living,
    holder: u64,
    (epochs, shares_any): (&[u64], bool),
) -> Cmd {
    let mut command = SCRIPTS.permit.on([key.as_str(), &permit_key(key)]);
    add_claim(&mut command, how(claim, if shares_any { "2" } else { "0" }), living, holder);
    add_epochs(&mut command, epochs.iter().copied());
    command
}

pub(super) fn release(key: &StoreKey, token: &Token, release: Release) -> Cmd {
    let removes = match release {
        Release::Keep => "0",
        Release::Remove => "1",
    };
    let mut command = SCRIPTS.release.on([key.as_str(), &permit_key(key)]);
    command.arg(token.as_bytes().as_slice()).arg(token.holder().to_le_bytes().as_slice()).arg(removes);
    command
}

pub(super) fn put(key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<Cmd> {
    let mut command = SCRIPTS.put.on([key.as_str(), &permit_key(key)]);
    add_entry(&mut command, entry)?;
    match condition {
        Condition::Always => {
            command.arg("always");
        }
        Condition::IfAbsent(living) => {
            command.arg("absent");
            add_living(&mut command, living);
        }
        Condition::IfPermit(token) => {
            command.arg("permit").arg(token.as_bytes().as_slice());
        }
    }
    Ok(command)
}

pub(super) fn remove(keys: &[StoreKey]) -> Cmd {
    let pairs: Vec<_> = keys.iter().flat_map(|key| [key.as_str().to_owned(), permit_key(key)]).collect();
    SCRIPTS.remove.on(pairs.iter().map(String::as_str))
}

/// What [`remove`] does, in two steps, each on one key: for where the two may be in two places. The permit goes first, so that
/// nothing that was computed before is stored after.
pub(super) fn remove_apart(key: &StoreKey) -> [Cmd; 2] {
    let mut void = redis::cmd("UNLINK");
    void.arg(permit_key(key));
    [void, SCRIPTS.remove.on([key.as_str(), key.as_str()])]
}

pub(super) fn touch(key: &StoreKey, timeout: Timeout, grace: Timeout, living: &Living) -> Cmd {
    let kept = Timeout::from_millis(timeout.as_millis().saturating_add(grace.as_millis()));
    let mut command = SCRIPTS.touch.on([key.as_str()]);
    add_living(&mut command, living);
    command.arg(ms(timeout)).arg(ms(kept));
    command
}

pub(super) fn increment(key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Cmd> {
    let mut command = SCRIPTS.increment.on([key.as_str(), &permit_key(key), &beside(key, "sum")]);
    command.arg(delta);
    add_living(&mut command, living);
    add_entry(&mut command, fresh)?;
    Ok(command)
}

pub(super) fn epochs<'a>(names: impl IntoIterator<Item = &'a str, IntoIter: ExactSizeIterator>) -> Cmd {
    let names = names.into_iter();
    let n_names = names.len();
    let mut command = SCRIPTS.epochs.on(names);
    add_epochs(&mut command, (0..n_names).map(|_| random_epoch()));
    command
}

pub(super) fn renew(name: &str, epoch: u64) -> Cmd {
    let mut command = redis::cmd("SET");
    command.arg(name).arg(epoch.to_le_bytes().as_slice());
    command
}

/// What a full server takes in the place of [`renew`]: what carries an epoch that is gone is dead.
pub(super) fn forget(name: &str) -> Cmd {
    let mut command = redis::cmd("UNLINK");
    command.arg(name);
    command
}

/// Where a mark of a namespace stands: beside its epochs, in the slot of `tag` where there is one.
pub(super) fn mark_key(namespace: &str, tag: &str) -> String {
    format!("{namespace}!epoch!w{tag}")
}

/// The namespace in the name of an entry or an epoch.
pub(super) fn namespace_in(name: &str) -> &str {
    name.split([':', '!']).next().unwrap_or_default()
}

/// Changes what nobody reads, so that there is something for replicas to confirm. It needs no room; 0 is that it is not there.
pub(super) fn mark(key: &str) -> Cmd {
    let mut command = redis::cmd("PEXPIRE");
    command.arg(key).arg(MARK_MS);
    command
}

pub(super) fn scan(cursor: &str, pattern: &str) -> Cmd {
    let mut command = redis::cmd("SCAN");
    command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(STEP);
    command
}

/// An epoch, if there is one.
pub(super) fn epoch(name: &str) -> Cmd {
    let mut command = redis::cmd("GET");
    command.arg(name);
    command
}

pub(super) fn sweep(keys: &[String], Dead { replaced, found }: Dead<'_>) -> Cmd {
    let mut command = SCRIPTS.sweep.on(keys.iter().map(String::as_str));
    command.arg(replaced.len());
    add_epochs(&mut command, replaced.iter().chain(found).copied());
    command
}

pub(super) fn flush() -> Cmd {
    let mut command = redis::cmd("FLUSHDB");
    command.arg("ASYNC");
    command
}

/// What matches all keys of a namespace, and those of others only where that cannot be told; epochs can.
pub(super) fn pattern(namespace: &str) -> String {
    let mut pattern = String::new();
    for char in StoreKey::prefix(namespace).chars() {
        if matches!(char, '*' | '?' | '[' | ']' | '\\' | '^' | '-') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern + "*"
}

/// How much is left of an entry just now timed.
pub(super) fn left(timeout: Timeout) -> Left {
    match timeout.as_millis() {
        NEVER_MS.. => Left::Never,
        ms => Left::For(Duration::from_millis(ms)),
    }
}

/// Where an epoch stands in a cluster: in the slot of `tag`, and in no namespace.
pub(super) fn tagged(name: &EpochName, tag: &str) -> String {
    format!("{}{{{tag}}}", name.as_str())
}

/// Where the key's permit stands: in the key's own slot, and in no namespace.
fn permit_key(key: &StoreKey) -> String {
    beside(key, "p")
}

fn beside(key: &StoreKey, what: &str) -> String {
    format!("{{{key}}}!{what}")
}

fn how(claim: Claim, shared: &'static str) -> &'static str {
    match claim {
        Claim::Shared => shared,
        Claim::Fresh => "1",
    }
}

fn add_claim(command: &mut Cmd, how: &str, living: &Living, holder: u64) {
    add_living(command, living);
    command.arg(holder.to_le_bytes().as_slice()).arg(how);
}

fn add_epochs(command: &mut Cmd, epochs: impl Iterator<Item = u64>) {
    for epoch in epochs {
        command.arg(epoch.to_le_bytes().as_slice());
    }
}

fn add_living(command: &mut Cmd, living: &Living) {
    command.arg(living.namespace.to_le_bytes().as_slice());
    match living.template {
        Some(template) => command.arg(template.to_le_bytes().as_slice()),
        None => command.arg(""),
    };
}

/// The record around its deadline, which the script writes.
fn add_entry(command: &mut Cmd, entry: &Entry) -> Result<()> {
    let record = &entry.record;
    let (Some(before), Some(after)) = (record.get(..layout::DEADLINE.start), record.get(layout::DEADLINE.end..)) else {
        return Err(Error::new(ErrorKind::Unsupported, "a record for redis has a head of 16 bytes"));
    };
    command.arg(before).arg(after).arg(ms(entry.timeout)).arg(ms(entry.kept_for()));
    Ok(())
}

/// Milliseconds as the scripts take them; nothing is never.
fn ms(timeout: Timeout) -> String {
    millis(timeout).map_or_else(String::new, |ms| ms.to_string())
}

/// Milliseconds as commands take them; `None` is never.
pub(super) fn millis(timeout: Timeout) -> Option<u64> {
    Some(timeout.as_millis()).filter(|ms| *ms < NEVER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_an_entry_share_its_slot_and_no_namespace() {
        let key = StoreKey::new("shop", "user:7");
        assert_eq!(permit_key(&key), "{shop:user:7}!p");
    }

    #[test]
    fn a_pattern_matches_nothing_but_the_beginning() {
        assert_eq!(pattern("shop"), "shop:*");
        assert_eq!(pattern("a-b"), "a\\-b:*");
        assert!(!pattern("a*[b]?").trim_end_matches('*').contains(['*', '?', '[']));
        let long = "n".repeat(300);
        let key = StoreKey::new(&long, "x");
        assert!(key.as_str().starts_with(pattern(&long).trim_end_matches('*')));
    }

    #[test]
    fn timeouts_past_what_lua_can_add_are_never() {
        assert_eq!(ms(Timeout::from_millis(1)), "1");
        assert_eq!(ms(Timeout::NEVER), "");
        assert_eq!(ms(Timeout::from_millis(NEVER_MS)), "");
        assert_eq!(left(Timeout::from_millis(NEVER_MS)), Left::Never);
        let kept = Entry { record: vec![], timeout: Timeout::from_secs(1), grace: Timeout::NEVER }.kept_for();
        assert_eq!(ms(kept), "");
    }
}
