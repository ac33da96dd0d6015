//! What the processes of the soak have counted: one file of which each writes its own words.

use std::fmt;
use std::fs::File;
use std::iter::Sum;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::kinds::KINDS;
use crate::N_PROCESSES;

/// Of one kind: clears that were acknowledged, calls that were judged by one, those among them that are excused, as the store
/// had failed the process, and those that were given what is older.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures(pub(super) [u64; 4]);

impl Figures {
    pub(super) const HEADER: &str = "clears, calls judged, calls excused, stale";

    pub(super) fn n_clears(self) -> u64 {
        self.0[0]
    }

    /// Calls that show something.
    pub(super) fn n_shown(self) -> u64 {
        self.0[1] - self.0[2]
    }

    pub(super) fn n_stale(self) -> u64 {
        self.0[3]
    }
}

impl Sum for Figures {
    fn sum<I: Iterator<Item = Self>>(figures: I) -> Self {
        figures.fold(Self::default(), |sum, one| Self(std::array::from_fn(|at| sum.0[at] + one.0[at])))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [n_clears, n_judged, n_excused, n_stale] = self.0;
        write!(f, "{n_clears:>7} {n_judged:>8} {n_excused:>7} {n_stale:>6}")
    }
}

pub(super) struct Board(File);

impl Board {
    /// The file beside that of the truth.
    pub(super) fn beside(truth: &Path) -> Self {
        let path = truth.with_extension("figures");
        Self(File::options().create(true).truncate(false).read(true).write(true).open(path).unwrap())
    }

    /// Room for all of it.
    pub(super) fn clear(&self) {
        self.0.set_len(at(N_PROCESSES, 0)).unwrap();
    }

    pub(super) fn write(&self, index: usize, number: usize, figures: Figures) {
        let bytes: Vec<u8> = figures.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.0.write_all_at(&bytes, at(index, number)).unwrap();
    }

    /// Of one kind, in all processes.
    pub(super) fn read(&self, number: usize) -> Figures {
        (0..N_PROCESSES).map(|index| self.of(index, number)).sum()
    }

    fn of(&self, index: usize, number: usize) -> Figures {
        let mut bytes = [0; 32];
        self.0.read_exact_at(&mut bytes, at(index, number)).unwrap();
        let word = |at: usize| u64::from_le_bytes(*bytes[8 * at..].first_chunk().unwrap());
        Figures(std::array::from_fn(word))
    }
}

fn at(index: usize, number: usize) -> u64 {
    (index * KINDS.len() + number) as u64 * 32
}
