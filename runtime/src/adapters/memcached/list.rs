//! Which list of servers was last used with a server, as the server itself remembers it, and what a process makes of that. Pure.
//!
//! A key is on the server that the list decides. A server that leaves a list and comes back to it has entries from before, of
//! keys that were changed elsewhere meanwhile; and so have the others once it is gone. So each server keeps, for each namespace,
//! a [`Stamp`] of the list, and where the servers of a list do not all have the stamp of that list, it is in use anew: those that
//! differ have the epoch of the namespace replaced, by which all of its entries there are dead.

use std::time::{Duration, Instant};

/// What comes before two processes of different lists replace each other's stamps once more.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Lists that follow on each other more slowly than this are not in use beside each other.
const CALM_MS: u64 = 60_000;

/// Says that a list is in use. The servers of a list have one stamp; the later of two is that of the list that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// When the list was put to use, by the clock of a process; more than any stamp that it replaced.
    since_ms: u64,
    /// How often lists have replaced each other in quick succession.
    n_quarrels: u32,
    /// Of the names of the list's servers.
    digest: u64,
}

impl Stamp {
    const LEN: usize = 20;

    /// That of a list which is put to use now.
    fn new(digest: u64, replaced: Option<Self>, now_ms: u64) -> Self {
        let Some(replaced) = replaced else { return Self { since_ms: now_ms, n_quarrels: 0, digest } };
        let is_quarrel = now_ms < replaced.since_ms.saturating_add(CALM_MS);
        Self {
            since_ms: now_ms.max(replaced.since_ms.saturating_add(1)),
            n_quarrels: if is_quarrel { replaced.n_quarrels.saturating_add(1) } else { 0 },
            digest,
        }
    }

    /// As it stands on a server. Anything else is no stamp.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (since_ms, rest) = bytes.split_first_chunk()?;
        let (n_quarrels, rest) = rest.split_first_chunk()?;
        Some(Self {
            since_ms: u64::from_le_bytes(*since_ms),
            n_quarrels: u32::from_le_bytes(*n_quarrels),
            digest: u64::from_le_bytes(rest.try_into().ok()?),
        })
    }

    pub(super) fn written(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.since_ms.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.n_quarrels.to_le_bytes());
        bytes[12..].copy_from_slice(&self.digest.to_le_bytes());
        bytes
    }

    /// Were both made by processes that put the list to use at one time, on servers that had no stamp? Where another list was in use
    /// in between, the later of two stamps counts a quarrel, or is two minutes younger.
    pub(super) fn is_of_one_start(self, other: Self) -> bool {
        let is_first = |stamp: Self| stamp.n_quarrels == 0;
        self.digest == other.digest
            && is_first(self)
            && is_first(other)
            && self.since_ms.abs_diff(other.since_ms) < CALM_MS
    }

    /// How long a process leaves the stamp of another list before it puts its own there again: nothing the first time, so that
    /// what the other list has left unknown is dead soon, and longer each time.
    fn pause(self) -> Duration {
        match self.n_quarrels {
            0 => Duration::ZERO,
            n => Duration::from_secs(1 << (n - 1).min(10)).min(LONGEST_PAUSE),
        }
    }
}

/// What a process knows of the stamp of its list in one namespace.
#[derive(Debug, Default)]
pub(super) struct Agreement {
    /// `None` before the first look.
    own: Option<Stamp>,
    /// The stamp of another list that has replaced ours, and since when we know.
    other: Option<(Stamp, Instant)>,
}

impl Agreement {
    /// What was last settled: whatever changes it, what was told before that is not to be believed.
    pub(super) fn known(&self) -> (Option<Stamp>, Option<Stamp>) {
        (self.own, self.other.map(|(other, _)| other))
    }

    /// The stamp that all servers are to have, by what those have that answered; `None` leaves them as they are for now.
    pub(super) fn settle(
        &mut self,
        digest: u64,
        found: impl IntoIterator<Item = Option<Stamp>>,
        (now, now_ms): (Instant, u64),
    ) -> Option<Stamp> {
        let latest = found.into_iter().flatten().chain(self.own).max();
        let settled = match latest {
            Some(latest) if latest.digest == digest => latest,
            // A process that begins knows of no entry, and must not begin with those of another list.
            Some(other) if self.own.is_some() => {
                let since = self.other.filter(|(before, _)| *before == other).map_or(now, |(_, since)| since);
                self.other = Some((other, since));
                if now.saturating_duration_since(since) < other.pause() {
                    return None;
                }
                Stamp::new(digest, latest, now_ms)
            }
            _ => Stamp::new(digest, latest, now_ms),
        };
        (self.own, self.other) = (Some(settled), None);
        Some(settled)
    }
}

/// The digest of a list, in whatever order it is said.
pub(super) fn digest<'a>(names: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    // No name has a line's end in it.
    let digest = blake2b_simd::Params::new().hash_length(8).hash(names.join("\n").as_bytes());
    digest.as_bytes().iter().fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process with the list of this digest, and a clock for it.
    struct Process(Agreement, u64);

    impl Process {
        fn settle(&mut self, found: &[Option<Stamp>], at: (Instant, u64)) -> Option<Stamp> {
            self.0.settle(self.1, found.iter().copied(), at)
        }
    }

    fn process(digest: u64) -> Process {
        Process(Agreement::default(), digest)
    }

    fn clock() -> impl Fn(u64) -> (Instant, u64) {
        let start = Instant::now();
        move |ms| (start + Duration::from_millis(ms), 1_000_000 + ms)
    }

    #[test]
    fn a_digest_is_of_the_names_and_not_of_their_order() {
        assert_eq!(digest(["a:1", "b:1", "c:1"]), digest(["c:1", "a:1", "b:1"]));
        assert_ne!(digest(["a:1", "b:1"]), digest(["a:1", "b:1", "c:1"]));
        assert_eq!(digest(["10.0.0.1:11211", "10.0.0.2:11211"]), 3_043_592_689_875_751_131);
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written_and_nothing_else_is_one() {
        let stamp = Stamp { since_ms: 7, n_quarrels: 3, digest: 9 };
        assert_eq!(Stamp::read(&stamp.written()), Some(stamp));
        assert!(
            ["", "rubbish", "0123456789012345678901"].iter().all(|foreign| Stamp::read(foreign.as_bytes()).is_none())
        );
    }

    #[test]
    fn a_list_that_comes_back_is_a_new_one_on_each_of_its_servers() {
        let at = clock();
        let first = process(1).settle(&[None, None, None], at(0)).unwrap();
        assert_eq!(process(1).settle(&[Some(first), Some(first), Some(first)], at(1)), Some(first));
        // The third server leaves.
        let second = process(2).settle(&[Some(first), Some(first)], at(2)).unwrap();
        assert!(second > first && second.digest == 2);
        // It comes back: it has the stamp of the same list, and an older one.
        let third = process(1).settle(&[Some(second), Some(second), Some(first)], at(3)).unwrap();
        assert!(third > second && third.digest == 1);
        // One who finds that half done ends it.
        assert_eq!(process(1).settle(&[Some(third), Some(second), Some(first)], at(4)), Some(third));
        assert_eq!(process(1).settle(&[Some(third), None, Some(first)], at(4)), Some(third));
    }

    #[test]
    fn stamps_of_one_start_are_told_from_those_of_a_list_that_comes_back() {
        let at = clock();
        let [one, other] = [0, 7].map(|ms| process(1).settle(&[None], at(ms)).unwrap());
        assert!(one != other && one.is_of_one_start(other) && other.is_of_one_start(one));
        for pause in [1, 59_999, 60_000, 200_000] {
            let between = process(2).settle(&[Some(one)], at(pause)).unwrap();
            let back = process(1).settle(&[Some(between), Some(one)], at(2 * pause)).unwrap();
            assert!(!back.is_of_one_start(one) && !between.is_of_one_start(one), "{pause}");
        }
    }

    #[test]
    fn lists_beside_each_other_replace_each_other_more_and_more_seldom() {
        let at = clock();
        let (mut old, mut new) = (process(1), process(2));
        let mut standing = old.settle(&[None], at(0)).unwrap();
        let mut changes = Vec::new();
        for ms in (0..120_000).step_by(400) {
            for process in [&mut new, &mut old] {
                match process.settle(&[Some(standing)], at(ms)) {
                    Some(settled) if settled != standing => {
                        changes.push(ms);
                        standing = settled;
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(changes[..3], [0, 1_200, 3_600], "{changes:?}");
        let n_late = changes.iter().filter(|&&ms| ms >= 60_000).count();
        assert!((5..=7).contains(&n_late), "{changes:?}");
    }

    #[test]
    fn who_comes_back_after_a_while_does_not_wait() {
        let at = clock();
        let (mut old, mut new) = (process(1), process(2));
        let first = old.settle(&[None], at(0)).unwrap();
        let second = new.settle(&[Some(first)], at(100_000)).unwrap();
        assert_eq!(second.n_quarrels, 0);
        assert_eq!(old.settle(&[Some(second)], at(100_400)).unwrap().digest, 1);
    }

    #[test]
    fn a_server_that_was_away_or_is_empty_gets_the_stamp_of_the_others() {
        let at = clock();
        let mut process = process(1);
        let first = process.settle(&[None], at(0)).unwrap();
        assert_eq!(process.settle(&[None], at(1)), Some(first));
        let older = Stamp { since_ms: 5, n_quarrels: 0, digest: 1 };
        assert_eq!(process.settle(&[Some(older)], at(1)), Some(first));
        assert_eq!(process.settle(&[Some(Stamp { digest: 2, ..older })], at(1)), Some(first));
    }

    #[test]
    fn a_clock_that_was_set_back_does_no_harm() {
        let at = clock();
        let first = process(1).settle(&[None], at(50_000)).unwrap();
        let second = process(2).settle(&[Some(first)], at(0)).unwrap();
        assert!(second > first && second.n_quarrels == 1);
        let far = Stamp { since_ms: u64::MAX, n_quarrels: u32::MAX, digest: 2 };
        let next = process(1).settle(&[Some(far)], at(0)).unwrap();
        assert_eq!((next.since_ms, next.pause()), (u64::MAX, LONGEST_PAUSE));
    }
}
