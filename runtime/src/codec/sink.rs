//! Where codecs write: the end of a draft, up to a limit. A value that is too long stops being written there, not when it
//! has filled the memory.

use std::io;

#[derive(Debug)]
pub(super) struct Sink<'a> {
    bytes: &'a mut Vec<u8>,
    left: usize,
    full: bool,
}

/// The limit is reached.
pub(super) struct Full;

impl<'a> Sink<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>, limit: usize) -> Self {
        Self { bytes, left: limit, full: false }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.full = true;
            return Err(Full);
        };
        self.left = left;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.append(bytes).map_err(|Full| io::ErrorKind::WriteZero.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
