//! A store with one thing wrong, which can be chosen: a map with a clock of its own, and the flaw where it would be made.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use larder::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Left, Living, Permitted,
    Release, StoreKey, Sweep, Token, layout, random_epoch,
};
use larder::{Error, ErrorKind, Result, Timeout};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    AbsenceFills,
    AnyTokenFills,
    ClosedForGood,
    ConnectsOnce,
    CountsAnyCodec,
    CountsOpen,
    CountsText,
    CutsAtNul,
    CutsBatches,
    CutsLargeValues,
    EpochNamesAreCut,
    EpochsShareAPermit,
    EpochsThatAreKnownShareAPermit,
    FewerEpochsShareNoPermit,
    EpochsAreRandom,
    EpochsInTwoSteps,
    EpochsOfOneName,
    ExistsSeesExpired,
    FillKeepsPermit,
    FillsWithoutPermit,
    FlushKeeps,
    FreshIsShared,
    FreshYieldsToLive,
    FullIsAnOutage,
    FullPutsSayYes,
    FullRemovalsAreTooLarge,
    FullRemovalsSayYes,
    FullRenewsSayYes,
    GraceIsLife,
    HeadForgetsTemplate,
    HeadIsRemembered,
    HeadMixesEpochs,
    HoldersOutliveTheirPermit,
    IfAbsentAlwaysStores,
    IfAbsentInTwoSteps,
    IfAbsentSeesAll,
    IfAbsentVoidsAlways,
    IgnoresEpochs,
    IgnoresTemplates,
    IncrementConceals,
    IncrementExtends,
    IncrementForgetsTimeout,
    IncrementInFloats,
    IncrementInTwoSteps,
    IncrementKeepsPermits,
    IncrementMakesForever,
    IncrementRevives,
    IncrementStopsAtZero,
    IncrementWraps,
    KeepsOldDeadline,
    KeysAreCut,
    KeysIgnoreCase,
    KnowsNotItsShards,
    ManyDropsMisses,
    ManyUnordered,
    MonthsAreDates,
    NeverIsLong,
    NoGrace,
    NoPermitOverDead,
    NoPermitOverExpired,
    NoneIsAnError,
    OpenVoidsPermits,
    OverflowWraps,
    PermitForgetsGroups,
    PermitIsAStub,
    PermitLooksNotAgain,
    PermitOverLive,
    PermitsLastASecond,
    PermitsLastForever,
    PutKeepsPermits,
    PutManyAdds,
    PutManyKeepsPermits,
    PutSaysYes,
    ReleaseAlwaysRemoves,
    ReleaseCountsNumbers,
    ReleaseForgetsToRemove,
    ReleaseIsForOne,
    ReleaseKeepsPermit,
    ReleaseRemovesAnyway,
    ReleaseSaysWhetherItChanged,
    ReleaseSaysYes,
    ReleaseVoidsAny,
    RemoveAnswersBackwards,
    RemoveCountsTwice,
    RemoveForgetsTemplate,
    RemoveKeepsPermits,
    RemoveReads,
    RemoveSaysYes,
    RemoveSeesExpired,
    RemoveSparesExpired,
    RenewDoesNothing,
    SecondsForMillis,
    SharedIsFresh,
    ShortHasAHead,
    SwapsReplies,
    SweepsAll,
    SweepsByOldEpochs,
    SweepsForeign,
    SweepsNeighbours,
    SweepsNoTemplates,
    SweepsOnlyWhatItIsTold,
    TimeoutsCutToSeconds,
    TooLargeIsAnOutage,
    TouchForgetsGrace,
    TouchHandsOutAnother,
    TouchMakes,
    TouchNeverShortens,
    TouchOnlyLive,
    TouchVoidsPermits,
    WritesLater,
}

#[derive(Clone)]
pub(crate) struct Broken {
    flaw: Option<Flaw>,
    now_ms: Arc<AtomicU64>,
    n_asked: Arc<AtomicU64>,
    is_full: Arc<AtomicBool>,
    shelves: Arc<Mutex<Shelves>>,
}

#[derive(Default)]
struct Shelves {
    jars: HashMap<String, Jar>,
    permits: HashMap<String, Permit>,
    epochs: HashMap<(u16, String), u64>,
    heads: HashMap<String, Head>,
    replies: VecDeque<Option<Fetched>>,
    unwritten: Vec<(String, Jar)>,
    is_closed: bool,
}

#[derive(Clone)]
struct Permit {
    token: Token,
    until: u64,
    epochs: Vec<u64>,
    known: Living,
    holders: Vec<u64>,
}

#[derive(Clone)]
struct Jar {
    record: Vec<u8>,
    deadline: u64,
    gone: u64,
}

fn after(now: u64, timeout: Timeout) -> u64 {
    timeout.as_duration().map_or(u64::MAX, |duration| now.saturating_add(duration.as_millis() as u64))
}

fn refused(kind: ErrorKind) -> Error {
    Error::with_kind(kind, "refused")
}

impl Broken {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        Self { flaw, now_ms: Arc::default(), n_asked: Arc::default(), is_full: Arc::default(), shelves: Arc::default() }
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.now_ms.fetch_add(duration.as_millis() as u64, SeqCst);
    }

    pub(crate) fn fill_up(&self, is_full: bool) {
        self.is_full.store(is_full, SeqCst);
    }

    /// For what stores something.
    fn room(&self) -> Result<()> {
        match self.is_full.load(SeqCst) {
            false => Ok(()),
            true if self.is(Flaw::FullIsAnOutage) => Err(refused(ErrorKind::Unavailable)),
            true => Err(refused(ErrorKind::TooLarge)),
        }
    }

    /// For what removes something.
    fn writable(&self) -> Result<()> {
        match self.is_full.load(SeqCst) {
            false => Ok(()),
            true if self.is(Flaw::FullRemovalsAreTooLarge) => Err(refused(ErrorKind::TooLarge)),
            true => Err(refused(ErrorKind::Unavailable)),
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn now(&self) -> u64 {
        self.now_ms.load(SeqCst)
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, Shelves>> {
        let shelves = self.shelves();
        if shelves.is_closed { Err(refused(ErrorKind::Unavailable)) } else { Ok(shelves) }
    }

    fn key(&self, key: &StoreKey) -> String {
        match self.flaw {
            Some(Flaw::KeysIgnoreCase) => key.as_str().to_lowercase(),
            Some(Flaw::KeysAreCut) => key.as_str().chars().take(120).collect(),
            _ => key.as_str().into(),
        }
    }

    fn admits(&self, living: &Living, record: &[u8]) -> bool {
        match self.flaw {
            Some(Flaw::IgnoresEpochs) => true,
            Some(Flaw::IgnoresTemplates) => Living { template: None, ..*living }.admits(record),
            _ => living.admits(record),
        }
    }

    fn timed(&self, timeout: Timeout) -> u64 {
        let timeout = match (self.flaw, timeout.as_duration()) {
            (Some(Flaw::SecondsForMillis), Some(duration)) => duration.saturating_mul(1000).into(),
            (Some(Flaw::TimeoutsCutToSeconds), Some(duration)) => Timeout::from_secs(duration.as_secs()),
            (Some(Flaw::MonthsAreDates), Some(duration)) if duration.as_secs() > 30 * 24 * 3600 => Timeout::ZERO,
            (Some(Flaw::OverflowWraps), Some(duration)) => {
                Timeout::from_millis(duration.as_millis() as i64 as u64 >> 1 << 1)
            }
            (Some(Flaw::NeverIsLong), None) => Timeout::from_secs(10 * 365 * 24 * 3600),
            _ => timeout,
        };
        if self.is(Flaw::OverflowWraps) && !timeout.is_never() {
            let millis = timeout.as_duration().unwrap().as_millis() as u64;
            return self.now().wrapping_add(millis).wrapping_mul(2) / 2;
        }
        after(self.now(), timeout)
    }

    fn jar(&self, record: Vec<u8>, timeout: Timeout, grace: Timeout) -> Jar {
        let deadline = self.timed(timeout);
        let gone = if self.is(Flaw::NoGrace) { deadline } else { after(deadline, grace) };
        Jar { record, deadline: if self.is(Flaw::GraceIsLife) { gone } else { deadline }, gone }
    }

    fn kept<'a>(&self, shelves: &'a mut Shelves, key: &str) -> Option<&'a mut Jar> {
        shelves.jars.get_mut(key).filter(|jar| jar.gone > self.now())
    }

    fn fetched(&self, shelves: &mut Shelves, key: &str) -> Option<Fetched> {
        let now = self.now();
        self.kept(shelves, key).map(|jar| Fetched { record: jar.record.clone(), left: Left::until(jar.deadline, now) })
    }

    fn head_of(&self, shelves: &mut Shelves, key: &str) -> Option<Head> {
        let mut fetched = self.fetched(shelves, key)?;
        match self.flaw {
            Some(Flaw::RemoveReads) if fetched.record.len() < layout::PAYLOAD => return None,
            Some(Flaw::ShortHasAHead) => fetched.record.resize(layout::PAYLOAD, 0),
            _ => {}
        }
        fetched.head()
    }

    fn live<'a>(&self, shelves: &'a mut Shelves, key: &str, living: &Living) -> Option<&'a mut Jar> {
        let now = self.now();
        self.kept(shelves, key).filter(|jar| jar.deadline > now && self.admits(living, &jar.record))
    }

    fn fits(&self, entry: &Entry) -> Result<()> {
        match entry.record.len() > self.capability().largest_entry {
            true if self.is(Flaw::TooLargeIsAnOutage) => Err(refused(ErrorKind::Unavailable)),
            true if !self.is(Flaw::CutsLargeValues) => Err(refused(ErrorKind::TooLarge)),
            _ => Ok(()),
        }
    }

    fn store(&self, shelves: &mut Shelves, key: &str, entry: &Entry, keeps_permits: bool) {
        let mut jar = self.jar(entry.record.clone(), entry.timeout, entry.grace);
        match self.flaw {
            Some(Flaw::CutsLargeValues) => jar.record.truncate(1_000_000),
            Some(Flaw::CutsAtNul) => {
                let nul = jar.record.iter().skip(layout::PAYLOAD).position(|byte| *byte == 0);
                jar.record.truncate(nul.map_or(usize::MAX, |at| at + layout::PAYLOAD));
            }
            Some(Flaw::KeepsOldDeadline) => {
                if let Some(old) = self.kept(shelves, key) {
                    (jar.deadline, jar.gone) = (old.deadline, old.gone);
                }
            }
            _ => {}
        }
        if !keeps_permits {
            shelves.permits.remove(key);
        }
        if self.is(Flaw::WritesLater) {
            let earlier = std::mem::replace(&mut shelves.unwritten, vec![(key.into(), jar)]);
            shelves.jars.extend(earlier);
        } else {
            shelves.jars.insert(key.into(), jar);
        }
    }

    fn epoch_name(&self, name: &EpochName) -> (u16, String) {
        let length = if self.is(Flaw::EpochNamesAreCut) { 90 } else { 200 };
        (name.shard(), name.as_str().chars().take(length).collect())
    }

    fn epoch(&self, shelves: &mut Shelves, name: &EpochName) -> u64 {
        match self.flaw {
            Some(Flaw::EpochsAreRandom) => random_epoch(),
            Some(Flaw::EpochsOfOneName) => *shelves.epochs.entry((0, String::new())).or_insert_with(random_epoch),
            _ => *shelves.epochs.entry(self.epoch_name(name)).or_insert_with(random_epoch),
        }
    }

    /// What a counter stands at; `None` if there is none.
    fn count(&self, shelves: &mut Shelves, key: &str, living: &Living) -> Result<Option<i64>> {
        let jar = match self.flaw {
            Some(Flaw::IncrementRevives) => self.kept(shelves, key),
            _ => self.live(shelves, key, living),
        };
        let Some(jar) = jar else { return Ok(None) };
        if jar.record.get(layout::CODEC) != Some(&layout::INTEGER) && !self.is(Flaw::CountsAnyCodec) {
            return Err(refused(ErrorKind::WrongType));
        }
        let text = String::from_utf8_lossy(jar.record.get(layout::PAYLOAD..).unwrap_or_default()).into_owned();
        match text.parse::<i64>() {
            Err(_) if !self.is(Flaw::CountsText) => Err(refused(ErrorKind::WrongType)),
            count => Ok(Some(count.unwrap_or(0))),
        }
    }

    fn add(&self, shelves: &mut Shelves, key: &str, (count, delta): (Option<i64>, i64), fresh: &Entry) -> Result<i64> {
        let keeps_permits = self.is(Flaw::IncrementKeepsPermits);
        let Some(count) = count else {
            let mut fresh = fresh.clone();
            if self.is(Flaw::IncrementMakesForever) {
                fresh.timeout = Timeout::NEVER;
            }
            self.store(shelves, key, &fresh, keeps_permits);
            return Ok(delta);
        };
        let sum = match self.flaw {
            Some(Flaw::IncrementInFloats) => Some((count as f64 + delta as f64) as i64),
            Some(Flaw::IncrementWraps) => Some(count.wrapping_add(delta)),
            Some(Flaw::IncrementStopsAtZero) => count.checked_add(delta).map(|sum| sum.max(0)),
            _ => count.checked_add(delta),
        };
        let sum = sum.ok_or_else(|| refused(ErrorKind::OutOfRange))?;
        let Some(jar) = shelves.jars.get_mut(key) else { return Ok(sum) };
        layout::recount(&mut jar.record, sum);
        match self.flaw {
            Some(Flaw::IncrementConceals) => jar.record[layout::FLAGS] = 0,
            Some(Flaw::IncrementForgetsTimeout) => (jar.deadline, jar.gone) = (u64::MAX, u64::MAX),
            Some(Flaw::IncrementExtends) => {
                (jar.deadline, jar.gone) = (self.timed(fresh.timeout), self.timed(fresh.kept_for()));
            }
            _ => {}
        }
        if !keeps_permits {
            shelves.permits.remove(key);
        }
        Ok(sum)
    }
}

impl CacheAdapter for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::new();
        capability.shards =
            if self.is(Flaw::KnowsNotItsShards) { self.n_asked.fetch_add(1, SeqCst) as u16 % 7 + 1 } else { 1 };
        capability
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        let mut shelves = self.shelves();
        if self.is(Flaw::ConnectsOnce) && std::mem::replace(&mut shelves.is_closed, false) {
            return Err(refused(ErrorKind::Unavailable));
        }
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.shelves().is_closed = self.is(Flaw::ClosedForGood) || self.is(Flaw::ConnectsOnce);
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        {
            let mut shelves = self.open()?;
            let fetched = self.fetched(&mut shelves, &self.key(key));
            if !self.is(Flaw::SwapsReplies) {
                return Ok(fetched);
            }
            // Replies come in the order of the questions, and who gives up leaves its reply to the next.
            shelves.replies.push_back(fetched);
        }
        tokio::task::yield_now().await;
        Ok(self.shelves().replies.pop_front().flatten())
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        if keys.is_empty() && self.is(Flaw::NoneIsAnError) {
            return Err(refused(ErrorKind::Unavailable));
        }
        let mut shelves = self.open()?;
        let n_most = if self.is(Flaw::CutsBatches) { 1024 } else { usize::MAX };
        let mut fetched: Vec<_> =
            keys.iter().take(n_most).map(|key| self.fetched(&mut shelves, &self.key(key))).collect();
        match self.flaw {
            Some(Flaw::ManyUnordered) => fetched.reverse(),
            Some(Flaw::ManyDropsMisses) => fetched.retain(Option::is_some),
            _ => {}
        }
        Ok(fetched)
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        let mut shelves = self.open()?;
        let key = self.key(key);
        let mut epochs: Vec<_> = groups.iter().map(|name| self.epoch(&mut shelves, name)).collect();
        if self.is(Flaw::PermitForgetsGroups) {
            epochs.clear();
        }
        let mut found = self.fetched(&mut shelves, &key);
        if self.is(Flaw::PermitLooksNotAgain) {
            found = None;
        }
        let mut is_live = self.live(&mut shelves, &key, living).is_some();
        match self.flaw {
            Some(Flaw::PermitOverLive) => is_live = false,
            Some(Flaw::NoPermitOverExpired) => {
                is_live |= self.kept(&mut shelves, &key).is_some_and(|jar| living.admits(&jar.record));
            }
            Some(Flaw::NoPermitOverDead) => {
                is_live |= self.kept(&mut shelves, &key).is_some_and(|jar| jar.deadline > self.now());
            }
            _ => {}
        }
        if is_live && (claim == Claim::Shared || self.is(Flaw::FreshYieldsToLive)) {
            return Ok(Permitted { token: None, found, epochs });
        }
        self.room()?;
        let is_shared = match self.flaw {
            Some(Flaw::SharedIsFresh) => false,
            Some(Flaw::FreshIsShared) => true,
            _ => claim == Claim::Shared,
        };
        let now = self.now();
        let of_epochs = |permit: &Permit| match self.flaw {
            Some(Flaw::EpochsShareAPermit) => true,
            Some(Flaw::EpochsThatAreKnownShareAPermit) => permit.known == *living,
            Some(Flaw::FewerEpochsShareNoPermit) => permit.epochs == epochs,
            _ => {
                let is_same = |(one, other)| one == other;
                permit.epochs.is_empty() == epochs.is_empty() && permit.epochs.iter().zip(&epochs).all(is_same)
            }
        };
        let is_shared = |permit: &Permit| is_shared && permit.until > now && of_epochs(permit);
        let shared = shelves.permits.get(&key).filter(|permit| is_shared(permit)).cloned();
        let lifetime = match self.flaw {
            Some(Flaw::PermitsLastForever) => u64::MAX / 2,
            Some(Flaw::PermitsLastASecond) => 1000,
            _ => Token::LIFETIME.as_millis() as u64,
        };
        let made = || {
            let (token, until, epochs) = (Token::random(), now + lifetime, epochs.clone());
            Permit { token, until, epochs, known: *living, holders: vec![] }
        };
        let mut permit = shared.unwrap_or_else(made);
        if let Some(old) = shelves.permits.get(&key).filter(|_| self.is(Flaw::HoldersOutliveTheirPermit)) {
            permit.holders.clone_from(&old.holders);
        }
        let token = permit.token.shared();
        permit.holders.push(token.holder());
        shelves.permits.insert(key.clone(), permit);
        if self.is(Flaw::PermitIsAStub) && self.kept(&mut shelves, &key).is_none() {
            let stub = self.jar(vec![0; 100], Timeout::NEVER, Timeout::ZERO);
            shelves.jars.insert(key, stub);
        }
        Ok(Permitted { token: Some(token), found, epochs })
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.fits(entry)?;
        let key = self.key(key);
        if let (Condition::IfAbsent(living), true) = (condition, self.is(Flaw::IfAbsentInTwoSteps)) {
            let is_there = self.live(&mut *self.open()?, &key, living).is_some();
            tokio::task::yield_now().await;
            if !is_there {
                self.store(&mut *self.open()?, &key, entry, false);
            }
            return Ok(!is_there);
        }
        let mut shelves = self.open()?;
        let holds = match condition {
            Condition::Always => true,
            Condition::IfAbsent(_) if self.is(Flaw::IfAbsentAlwaysStores) => true,
            Condition::IfAbsent(_) if self.is(Flaw::IfAbsentSeesAll) => self.kept(&mut shelves, &key).is_none(),
            Condition::IfAbsent(living) => self.live(&mut shelves, &key, living).is_none(),
            Condition::IfPermit(token) => {
                let permit = shelves.permits.get(&key).filter(|permit| permit.until > self.now());
                match self.flaw {
                    Some(Flaw::FillsWithoutPermit) => true,
                    // A token that whoever removes writes, and a fill merely compares: absence lets the fill in.
                    Some(Flaw::AbsenceFills) => permit.is_none_or(|permit| permit.token == *token),
                    Some(Flaw::AnyTokenFills) => permit.is_some(),
                    _ => permit.is_some_and(|permit| permit.token == *token),
                }
            }
        };
        if holds && self.is_full.load(SeqCst) && self.is(Flaw::FullPutsSayYes) {
            return Ok(true);
        }
        if holds {
            self.room()?;
            let keeps = match condition {
                Condition::IfPermit(_) => self.is(Flaw::FillKeepsPermit),
                _ => self.is(Flaw::PutKeepsPermits),
            };
            self.store(&mut shelves, &key, entry, keeps);
        } else if self.is(Flaw::IfAbsentVoidsAlways) {
            shelves.permits.remove(&key);
        }
        Ok(holds || self.is(Flaw::PutSaysYes))
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.writable()?;
        let mut shelves = self.open()?;
        let (key, now) = (self.key(key), self.now());
        let is_there = shelves.permits.get(&key).is_some_and(|permit| permit.token == *token && permit.until > now);
        let removes = match self.flaw {
            Some(Flaw::ReleaseForgetsToRemove) => false,
            Some(Flaw::ReleaseAlwaysRemoves) => is_there,
            Some(Flaw::ReleaseRemovesAnyway) => release == Release::Remove,
            _ => is_there && release == Release::Remove,
        };
        if removes {
            shelves.jars.remove(&key);
        }
        if !is_there && !self.is(Flaw::ReleaseVoidsAny) {
            return Ok(self.is(Flaw::ReleaseSaysYes));
        }
        let Some(permit) = shelves.permits.get_mut(&key) else { return Ok(false) };
        let n_before = permit.holders.len();
        match self.flaw {
            Some(Flaw::ReleaseKeepsPermit) => {}
            Some(Flaw::ReleaseIsForOne | Flaw::ReleaseVoidsAny) => permit.holders.clear(),
            Some(Flaw::ReleaseCountsNumbers) => drop(permit.holders.pop()),
            _ => permit.holders.retain(|holder| *holder != token.holder()),
        }
        let has_changed = permit.holders.len() < n_before;
        if permit.holders.is_empty() {
            shelves.permits.remove(&key);
        }
        Ok(is_there && (has_changed || !self.is(Flaw::ReleaseSaysWhetherItChanged)))
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(_, entry)| self.fits(entry))?;
        self.room()?;
        let mut shelves = self.open()?;
        for (key, entry) in entries {
            if !(self.is(Flaw::PutManyAdds) && shelves.jars.contains_key(&self.key(key))) {
                self.store(&mut shelves, &self.key(key), entry, self.is(Flaw::PutManyKeepsPermits));
            }
        }
        Ok(())
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        if self.is_full.load(SeqCst) && self.is(Flaw::FullRemovalsSayYes) {
            return Ok(vec![None; keys.len()]);
        }
        self.writable()?;
        let mut shelves = self.open()?;
        let mut removed = Vec::new();
        let asked: Vec<_> = keys.iter().map(|key| self.key(key)).collect();
        for key in &asked {
            let head = self.head_of(&mut shelves, key);
            let spares = self.is(Flaw::RemoveSparesExpired) && head.is_some_and(|head| !head.left.is_live());
            if !spares && !self.is(Flaw::RemoveCountsTwice) {
                shelves.jars.remove(key);
            }
            if !self.is(Flaw::RemoveKeepsPermits) {
                shelves.permits.remove(key);
            }
            removed.push(match self.flaw {
                Some(Flaw::RemoveSaysYes) => {
                    head.or(Some(Head { left: Left::Never, namespace_epoch: 0, template_epoch: 0, template: 0 }))
                }
                Some(Flaw::RemoveSeesExpired) => head.map(|head| Head { left: Left::Never, ..head }),
                Some(Flaw::RemoveForgetsTemplate) => head.map(|head| Head { template: 0, ..head }),
                _ => head,
            });
        }
        if self.is(Flaw::RemoveCountsTwice) {
            asked.iter().for_each(|key| drop(shelves.jars.remove(key)));
        }
        if self.is(Flaw::RemoveAnswersBackwards) {
            removed.reverse();
        }
        Ok(removed)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        let mut shelves = self.open()?;
        let (key, now) = (self.key(key), self.now());
        if self.is(Flaw::TouchMakes) && self.kept(&mut shelves, &key).is_none() {
            shelves.jars.insert(key.clone(), self.jar(vec![0; 100], timeout, grace));
        }
        if self.is(Flaw::TouchVoidsPermits) {
            shelves.permits.remove(&key);
        }
        let moved = self.jar(vec![], timeout, grace);
        let only_live = self.is(Flaw::TouchOnlyLive);
        let makes = self.is(Flaw::TouchMakes);
        let jar = self.kept(&mut shelves, &key).filter(|jar| makes || self.admits(living, &jar.record));
        let Some(jar) = jar.filter(|jar| !only_live || jar.deadline > now) else { return Ok(None) };
        let kept_for = jar.gone.saturating_sub(jar.deadline);
        let shorter = moved.deadline < jar.deadline;
        if !(self.is(Flaw::TouchNeverShortens) && shorter) {
            (jar.deadline, jar.gone) = (moved.deadline, moved.gone);
        }
        if self.is(Flaw::TouchForgetsGrace) {
            jar.gone = jar.deadline.saturating_add(kept_for);
        }
        if self.is(Flaw::TouchHandsOutAnother) {
            jar.record.iter_mut().skip(layout::PAYLOAD).for_each(|byte| *byte ^= 1);
        }
        Ok(self.fetched(&mut shelves, &key))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        let mut shelves = self.open()?;
        let key = self.key(key);
        let Some(head) = self.head_of(&mut shelves, &key) else { return Ok(None) };
        let Head { left, namespace_epoch, template_epoch, .. } = head;
        Ok(Some(match self.flaw {
            Some(Flaw::ExistsSeesExpired) if !left.is_live() => Head { left: Left::Never, ..head },
            Some(Flaw::HeadForgetsTemplate) => Head { template: 0, ..head },
            Some(Flaw::HeadMixesEpochs) => {
                Head { namespace_epoch: template_epoch, template_epoch: namespace_epoch, ..head }
            }
            Some(Flaw::HeadIsRemembered) => *shelves.heads.entry(key).or_insert(head),
            _ => head,
        }))
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        let key = self.key(key);
        if self.is(Flaw::IncrementInTwoSteps) {
            let read = self.count(&mut *self.open()?, &key, living)?;
            tokio::task::yield_now().await;
            return self.add(&mut *self.open()?, &key, (read, delta), fresh).map(Counted::Sum);
        }
        let mut shelves = self.open()?;
        let head = self.head_of(&mut shelves, &key).filter(|head| head.left.is_live() && head.is_open(living));
        if let Some(head) = head.filter(|_| !self.is(Flaw::CountsOpen)) {
            if self.is(Flaw::OpenVoidsPermits) {
                shelves.permits.remove(&key);
            }
            return Ok(Counted::Open(head));
        }
        let read = self.count(&mut shelves, &key, living)?;
        self.room()?;
        self.add(&mut shelves, &key, (read, delta), fresh).map(Counted::Sum)
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        if self.is(Flaw::EpochsInTwoSteps) {
            let is_there = names.iter().all(|name| self.shelves().epochs.contains_key(&self.epoch_name(name)));
            tokio::task::yield_now().await;
            if !is_there {
                let made = names.iter().map(|name| ((name.shard(), name.as_str().into()), random_epoch()));
                let made: HashMap<_, _> = made.collect();
                self.shelves().epochs.extend(made.clone());
                return Ok(names.iter().map(|name| made[&(name.shard(), name.as_str().to_string())]).collect());
            }
        }
        let mut shelves = self.open()?;
        if !names.iter().all(|name| shelves.epochs.contains_key(&self.epoch_name(name))) {
            self.room()?;
        }
        Ok(names.iter().map(|name| self.epoch(&mut shelves, name)).collect())
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        if self.is_full.load(SeqCst) && self.is(Flaw::FullRenewsSayYes) {
            return Ok(random_epoch());
        }
        self.writable()?;
        let mut shelves = self.open()?;
        if self.is(Flaw::RenewDoesNothing) {
            return Ok(self.epoch(&mut shelves, name));
        }
        let epoch = random_epoch();
        shelves.epochs.insert(self.epoch_name(name), epoch);
        Ok(epoch)
    }

    async fn sweep(&self, namespace: &str, replaced: &[u64]) -> Result<u64> {
        self.writable()?;
        let known = self.open()?.epochs.clone();
        if self.is(Flaw::SweepsByOldEpochs) {
            tokio::task::yield_now().await;
        }
        let mut shelves = self.open()?;
        let prefix = StoreKey::prefix(namespace);
        let prefix = if self.is(Flaw::SweepsNeighbours) { prefix.trim_end_matches(':') } else { &prefix };
        let (sweep, Shelves { jars, epochs, .. }) = (Sweep::new(0, namespace, replaced), &mut *shelves);
        let n_before = jars.len();
        jars.retain(|key, jar| {
            let mut record = jar.record.clone();
            if self.is(Flaw::SweepsNoTemplates) {
                record[layout::TEMPLATE_EPOCH].fill(0);
            }
            if self.is(Flaw::SweepsForeign) {
                record[..layout::BEGINNING.len()].copy_from_slice(&layout::BEGINNING);
            }
            if self.is(Flaw::SweepsOnlyWhatItIsTold) {
                record[0] = 0;
            }
            let epochs = if self.is(Flaw::SweepsByOldEpochs) { &known } else { &*epochs };
            let is_dead = sweep.is_dead(&record, |name| epochs.get(&self.epoch_name(name)).copied());
            !(key.starts_with(prefix) && (is_dead || self.is(Flaw::SweepsAll)))
        });
        Ok((n_before - jars.len()) as u64)
    }

    async fn flush(&self) -> Result<()> {
        let mut shelves = self.open()?;
        if self.is(Flaw::FlushKeeps) {
            shelves.jars.clear();
        } else {
            *shelves = Shelves::default();
        }
        Ok(())
    }
}
