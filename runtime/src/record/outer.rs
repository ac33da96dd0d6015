//! The layers of `Option` around a payload. MessagePack and JSON write `Some(None)` and `None` alike, and raw bytes know
//! neither, so the outermost layers stand in the record.

/// So many `Some`s, and then a payload or a `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outer {
    pub(crate) n_somes: u8,
    pub(crate) none: bool,
}

impl Outer {
    /// Deeper layers are the codec's.
    pub(crate) const MOST: u8 = 0x7F;

    pub(super) fn to_byte(self) -> u8 {
        debug_assert!(self.n_somes <= Self::MOST);
        self.n_somes | u8::from(self.none) << 7
    }

    pub(super) fn from_byte(byte: u8) -> Self {
        Self { n_somes: byte & Self::MOST, none: byte >> 7 == 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::Outer;

    #[test]
    fn seven_bits_count_and_one_says_that_there_is_nothing() {
        for (byte, n_somes, none) in
            [(0, 0, false), (1, 1, false), (0x80, 0, true), (0x83, 3, true), (0xFF, Outer::MOST, true)]
        {
            assert_eq!(Outer { n_somes, none }.to_byte(), byte);
        }
        for byte in 0..=u8::MAX {
            assert_eq!(Outer::from_byte(byte).to_byte(), byte);
        }
    }
}
