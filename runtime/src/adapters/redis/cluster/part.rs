//! The contract for one shard of a cluster: each verb by the nodes that hold the shard's slots.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::map::SlotMap;
use super::redirect;
use super::router::{Answer, Router};
use super::slot::{shard_of, slot_of, slots_of, tag_of};
use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token, join_all, random_holder,
};
use crate::adapters::redis::clears::Confirmation;
use crate::adapters::redis::link::Link;
use crate::adapters::redis::sweep::{self, Dead, Kind, Walk};
use crate::adapters::redis::{check, command, reply};
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::timeout::Timeout;

/// How long a node may take before it is seen whether another has its slots by now.
const TURN: Duration = Duration::from_millis(300);
/// Between two looks at who has them.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it is looked for a master that answers.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A handle: clones are one.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) router: Arc<Router>,
    pub(super) shard: u16,
    pub(super) largest_entry: usize,
    pub(super) confirmation: Confirmation,
}

impl Part {
    async fn ask(&self, key: &StoreKey, command: &Cmd) -> Result<Answer> {
        self.router.ask(slot_of(key.as_str()), command).await
    }

    async fn ask_all(&self, commands: impl Iterator<Item = (&StoreKey, Cmd)>) -> Result<Vec<Answer>> {
        let commands: Vec<_> = commands.map(|(key, command)| (slot_of(key.as_str()), command)).collect();
        self.router.ask_all(&commands).await
    }

    /// A claim of these epochs; it reads none.
    async fn permit_of(&self, key: &StoreKey, claim: Claim, living: &Living, epochs: &[u64]) -> Result<Permitted> {
        let holder = random_holder();
        let permit = command::permit_of(key, claim, living, holder, (epochs, false));
        reply::permitted(self.ask(key, &permit).await?.reply, holder, 0)
    }

    /// The answer for the entry, and before it that for the permit.
    async fn remove_apart(&self, key: &StoreKey) -> Result<[Answer; 2]> {
        let [void, remove] = command::remove_apart(key);
        let void = self.ask(key, &void).await?;
        reply::integer(void.reply.clone())?;
        Ok([void, self.ask(key, &remove).await?])
    }

    /// Has what was changed in a namespace, that of `name`, confirmed where that is asked for.
    async fn confirm(&self, name: &str, answers: impl Iterator<Item = &Answer>, began: Instant) -> Result<()> {
        if !self.confirmation.is_asked() {
            return Ok(());
        }
        let done = answers.filter(|answer| !matches!(answer.reply, Value::ServerError(_)));
        let written = self.router.written(done, name)?;
        self.confirmation.of(written, began).await
    }

    fn epochs_command(&self, names: &[EpochName]) -> (u16, Cmd) {
        let tag = tag_of(self.shard);
        let names: Vec<_> = names.iter().map(|name| command::tagged(name, tag)).collect();
        (slot_of(tag), command::epochs(names.iter().map(String::as_str)))
    }

    /// The epochs of these names, by the answer to a command for all of them.
    async fn epochs_by(&self, reply: Value, names: &[EpochName]) -> Result<Vec<u64>> {
        if !redirect::is_split(&reply) {
            return reply::epochs(reply, names.len());
        }
        // As long as their slot is on its way, one at a time can be asked for.
        let each = names.iter().map(|name| async move {
            let (slot, command) = self.epochs_command(std::slice::from_ref(name));
            reply::epochs(self.router.ask(slot, &command).await?.reply, 1)
        });
        let epochs = join_all(each).await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(epochs.concat())
    }

    /// The epochs of these names, of whatever shards, where they have any.
    async fn current(&self, names: &[EpochName]) -> Result<Vec<Option<u64>>> {
        let commands: Vec<_> = names.iter().map(|name| (tag_of(name.shard()), name)).collect();
        let commands =
            commands.into_iter().map(|(tag, name)| (slot_of(tag), command::epoch(&command::tagged(name, tag))));
        let answers = self.router.ask_all(&commands.collect::<Vec<_>>()).await?;
        answers.into_iter().map(|answer| sweep::epoch(answer.reply)).collect()
    }

    /// Until those who hold the slots answer, whoever that comes to be: a failover ends this at once.
    async fn find(&self) -> Result<()> {
        self.router.open(self.shard);
        let until = Instant::now() + PATIENCE;
        loop {
            let map = self.router.renew().await?;
            let reached = timeout(TURN, self.reach(&map)).await;
            match reached {
                Ok(Ok(())) => return Ok(()),
                // It has said no; and who has the slots has not changed meanwhile.
                Ok(Err(error)) if self.router.known().as_ref() == Some(&map) || Instant::now() >= until => {
                    return Err(error);
                }
                Err(_) if Instant::now() >= until => {
                    let cause = "a master does not answer, and no other has its slots";
                    return Err(Error::unavailable("cannot reach a part of the redis cluster", cause));
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Each master of the shard answers, and each slot has one.
    async fn reach(&self, map: &SlotMap) -> Result<()> {
        if !map.covers(slots_of(self.shard)) {
            let cause = format!("some of its slots have no master: {}", map.lack());
            return Err(Error::unavailable("cannot reach a part of the redis cluster", cause));
        }
        let masters = map.masters_of(slots_of(self.shard));
        let reached = join_all(masters.into_iter().map(|address| async {
            let link = self.router.link(address).await?;
            link.learn().await.inspect(|()| self.router.health(address).answers())
        }));
        reached.await.into_iter().collect()
    }
}

impl CacheAdapter for Part {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn capability(&self) -> Capability {
        let confirms_within = self.confirmation.within();
        Capability { largest_entry: self.largest_entry, confirms_within, ..Capability::new() }
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        let (sender, outcome) = oneshot::channel();
        let part = self.clone();
        // On the I/O runtime, as whoever waits may have no timers.
        io::spawn(async move {
            let _ = sender.send(part.find().await);
        });
        outcome.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "the attempt was given up")))
    }

    async fn close(&self) -> Result<()> {
        self.router.close(self.shard)
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        fetched(self.ask(key, &command::get(key)).await?)
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        let answers = self.ask_all(keys.iter().map(|key| (key, command::get(key)))).await?;
        answers.into_iter().map(fetched).collect()
    }

    /// The epochs are read at the same time, as they may be on another node: the claim is one of those that are known, and
    /// shares any permit there is. Where that turns out to be of others than are read, it is made again, in a second trip.
    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        if groups.is_empty() {
            return self.permit_of(key, claim, living, &[]).await;
        }
        let (holder, known) = (random_holder(), living.known());
        let permit = command::permit_of(key, claim, living, holder, (&known, true));
        let commands = [self.epochs_command(groups), (slot_of(key.as_str()), permit)];
        let answers = self.router.ask_all(&commands).await?;
        let [read, permitted] = <[Answer; 2]>::try_from(answers).map_err(|_| reply::odd())?;
        let epochs = self.epochs_by(read.reply, groups).await?;
        let permitted = reply::permitted(permitted.reply, holder, 0)?;
        if permitted.token.is_none_or(|token| token.is_of_epochs(&epochs)) {
            return Ok(Permitted { epochs, ..permitted });
        }
        let permitted = self.permit_of(key, claim, living, &epochs).await?;
        Ok(Permitted { epochs, ..permitted })
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        check(self.largest_entry, key, entry)?;
        let began = Instant::now();
        let answer = self.ask(key, &command::put(key, entry, condition)?).await?;
        if matches!(condition, Condition::Always) {
            self.confirm(key.as_str(), std::iter::once(&answer), began).await?;
        }
        Ok(reply::integer(answer.reply)? == 1)
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        let answer = self.ask(key, &command::release(key, token, release)).await?;
        Ok(reply::integer(answer.reply)? == 1)
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        let Some((first, _)) = entries.first() else { return Ok(()) };
        entries.iter().try_for_each(|(key, entry)| check(self.largest_entry, key, entry))?;
        let began = Instant::now();
        let scripts = entries.iter().map(|(key, entry)| Ok((key, command::put(key, entry, Condition::Always)?)));
        let scripts = scripts.collect::<Result<Vec<_>>>()?;
        let stored = self.ask_all(scripts.into_iter()).await?;
        self.confirm(first.as_str(), stored.iter(), began).await?;
        stored.into_iter().try_for_each(|answer| reply::integer(answer.reply).map(drop))
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        let Some(first) = keys.first() else { return Ok(Vec::new()) };
        let began = Instant::now();
        let answers = self.ask_all(keys.iter().map(|key| (key, command::remove(std::slice::from_ref(key))))).await?;
        let removed = keys.iter().zip(answers).map(|(key, answer)| async move {
            // As long as a slot is on its way, which may be long, one key at a time can be asked for.
            let answers =
                if redirect::is_split(&answer.reply) { Vec::from(self.remove_apart(key).await?) } else { vec![answer] };
            let of_entry = answers.last().map(|answer| answer.reply.clone()).unwrap_or_default();
            let [head] = <[_; 1]>::try_from(reply::removed(of_entry, 1)?).unwrap_or_default();
            Ok((head, answers))
        });
        let removed = join_all(removed).await.into_iter().collect::<Result<Vec<_>>>()?;
        self.confirm(first.as_str(), removed.iter().flat_map(|(_, answers)| answers), began).await?;
        Ok(removed.into_iter().map(|(head, _)| head).collect())
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        let answer = self.ask(key, &command::touch(key, timeout, grace, living)).await?;
        let left = command::left(timeout);
        Ok(reply::bytes(answer.reply)?.map(|record| Fetched { record, left }))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        let Answer { reply, link, .. } = self.ask(key, &command::head(key)).await?;
        reply::head(reply, link.clock.now_ms())
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        check(self.largest_entry, key, fresh)?;
        let answer = self.ask(key, &command::increment(key, delta, fresh, living)?).await?;
        reply::incremented(answer.reply)
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (slot, command) = self.epochs_command(names);
        self.epochs_by(self.router.ask(slot, &command).await?.reply, names).await
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        let (mut epoch, slot) = (crate::adapter::random_epoch(), slot_of(tag_of(self.shard)));
        let (began, tagged) = (Instant::now(), command::tagged(name, tag_of(self.shard)));
        let mut answer = self.router.ask(slot, &command::renew(&tagged, epoch)).await?;
        if reply::is_full(&answer.reply) {
            answer = self.router.ask(slot, &command::forget(&tagged)).await?;
            reply::integer(answer.reply.clone())?;
            epoch = 0;
        } else {
            reply::done(answer.reply.clone())?;
        }
        self.confirm(name.as_str(), std::iter::once(&answer), began).await?;
        Ok(epoch)
    }

    /// Of the masters that begin in this shard, so that of all shards each master is walked by one.
    async fn sweep(&self, namespace: &str, replaced: &[u64]) -> Result<u64> {
        let map = self.router.map().await?;
        let masters = map.masters_that_begin_in(&slots_of(self.shard));
        let walks = masters.into_iter().map(|address| async {
            let (link, mut n_removed) = (self.router.link(address).await?, 0);
            let (pattern, mut walk) = (command::pattern(namespace), Walk::new(namespace, replaced));
            let mut cursor = "0".to_owned();
            loop {
                let (next, keys) = reply::scanned(link.ask(&command::scan(&cursor, &pattern)).await?)?;
                let (removed, kinds) = sweep_keys(&link, &keys, walk.dead()).await?;
                n_removed += removed;
                let names = walk.in_question(&kinds);
                let epochs = self.current(&names).await?;
                if walk.judge(names, epochs, &kinds) {
                    n_removed += sweep_keys(&link, &keys, walk.dead()).await?.0;
                }
                walk.forget();
                if next == "0" {
                    return Ok(n_removed);
                }
                cursor = next;
            }
        });
        join_all(walks).await.into_iter().sum()
    }

    /// Each master that has a slot of this shard, as a whole: the other shards do so too, and some part of it is this one's.
    async fn flush(&self) -> Result<()> {
        let map = self.router.renew().await?;
        let flushes = map.masters_of(slots_of(self.shard)).into_iter().map(|address| async {
            let link = self.router.link(address).await?;
            reply::done(link.ask(&command::flush()).await?)
        });
        join_all(flushes).await.into_iter().collect()
    }
}

/// Each by itself, as they are of many slots. What has moved meanwhile is left to the next sweep.
async fn sweep_keys(link: &Link, keys: &[String], dead: Dead<'_>) -> Result<(u64, Vec<Kind>)> {
    let sweeps: Vec<_> = keys.iter().map(|key| command::sweep(std::slice::from_ref(key), dead)).collect();
    let replies = if sweeps.is_empty() { Vec::new() } else { link.run_all(&sweeps).await? };
    let (mut n_removed, mut kinds) = (0, HashSet::new());
    for (key, reply) in keys.iter().zip(replies) {
        if let Ok((removed, met)) = sweep::swept(reply, shard_of(slot_of(key))) {
            n_removed += removed;
            kinds.extend(met);
        }
    }
    Ok((n_removed, kinds.into_iter().collect()))
}

fn fetched(answer: Answer) -> Result<Option<Fetched>> {
    let Answer { reply, link, .. } = answer;
    Ok(reply::bytes(reply)?.and_then(|record| reply::entry(record, link.clock.now_ms())))
}
