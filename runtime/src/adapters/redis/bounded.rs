//! A stream of replies from which what is too large is left out: no value is read that could not have been stored. What another
//! program has put under a key may be as large as the server's memory, and it is known what it is only once it is here.
//!
//! The stream says beforehand how long each value is. So only that is looked at; all else is passed on where it stands, and a
//! value that is too long arrives as nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::health::Health;

/// Whatever is stored, what servers tell of themselves is read.
const LEAST: usize = 64 << 10;
/// No line that says how long a value is has more bytes, nor as many.
const LONGEST_LINE: usize = 32;
/// So much of what is left out is read at once.
const AT_ONCE: usize = 128 << 10;
/// Nothing, in the place of a value. It is shorter than any line that says how long one is.
const NOTHING: &[u8] = b"_\r\n";

/// A stream, without what is larger than may be stored.
pub(super) struct Bounded<S> {
    stream: S,
    health: Health,
    frames: Frames,
    /// The beginning of a line that says how long a value is, as far as it is there.
    held: Vec<u8>,
    /// What is to be read before anything else.
    ready: Vec<u8>,
    /// Where what is left out is read to; it is there as long as that lasts.
    left_out: Vec<u8>,
}

/// Where in a stream of replies one is.
struct Frames {
    largest: u64,
    at: At,
}

enum At {
    /// At the beginning of a line.
    Line,
    /// In one that says nothing about length.
    Text,
    /// So many bytes before the end of a value.
    Value(u64),
    /// The same of one that is left out.
    LeftOut(u64),
}

impl<S> Bounded<S> {
    /// Unless `health` says that somebody wants all there is.
    pub(super) fn new(stream: S, largest: usize, health: Health) -> Self {
        let frames = Frames { largest: largest.max(LEAST) as u64, at: At::Line };
        Self { stream, health, frames, held: Vec::new(), ready: Vec::new(), left_out: Vec::new() }
    }

    /// How much of `read` is to be passed on, from its beginning; what is held is kept.
    fn pass(&mut self, read: &mut [u8]) -> usize {
        let (n_passed, n_held) = self.frames.pass(read, !self.health.wants_all());
        self.held = read[read.len() - n_held..].to_vec();
        n_passed
    }
}

impl Frames {
    /// Moves what is to be passed on to the front, and answers how much that is; and how much at the end is the beginning of a line
    /// that says how long a value is.
    fn pass(&mut self, read: &mut [u8], bounds: bool) -> (usize, usize) {
        let (mut from, mut to) = (0, 0);
        while from < read.len() {
            let rest = &read[from..];
            let (n_bytes, is_passed) = match self.at {
                At::Line if !matches!(rest[0], b'$' | b'!' | b'=') => {
                    self.at = At::Text;
                    continue;
                }
                At::Line => match rest.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n').map(|at| at + 1) {
                    Some(n_line) => {
                        let length = length(&rest[..n_line]);
                        let is_passed = !bounds || length.is_none_or(|length| length <= self.largest);
                        self.at = match length {
                            None => At::Line,
                            Some(length) if is_passed => At::Value(length.saturating_add(2)),
                            Some(length) => At::LeftOut(length.saturating_add(2)),
                        };
                        if !is_passed {
                            read[to..to + NOTHING.len()].copy_from_slice(NOTHING);
                            to += NOTHING.len();
                        }
                        (n_line, is_passed)
                    }
                    None if rest.len() < LONGEST_LINE => return (to, rest.len()),
                    // No server says this. The client will find out.
                    None => {
                        self.at = At::Text;
                        continue;
                    }
                },
                At::Text => {
                    let n_line = rest.iter().position(|byte| *byte == b'\n');
                    self.at = if n_line.is_some() { At::Line } else { At::Text };
                    (n_line.map_or(rest.len(), |at| at + 1), true)
                }
                At::Value(left) | At::LeftOut(left) => {
                    let n_bytes = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let (left, is_passed) = (left - n_bytes as u64, matches!(self.at, At::Value(_)));
                    self.at = match is_passed {
                        _ if left == 0 => At::Line,
                        true => At::Value(left),
                        false => At::LeftOut(left),
                    };
                    (n_bytes, is_passed)
                }
            };
            if is_passed {
                if from != to {
                    read.copy_within(from..from + n_bytes, to);
                }
                to += n_bytes;
            }
            from += n_bytes;
        }
        (to, 0)
    }
}

/// How long the value is that a line announces; `None` for one that is not there, or what is no number.
fn length(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(&line[1..]).ok()?.trim_end().parse().ok()
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if !this.ready.is_empty() {
                let n_bytes = this.ready.len().min(buffer.remaining());
                buffer.put_slice(&this.ready[..n_bytes]);
                this.ready.drain(..n_bytes);
                return Poll::Ready(Ok(()));
            }
            if !this.held.is_empty() {
                let mut more = [0; LONGEST_LINE];
                let mut more = ReadBuf::new(&mut more);
                ready!(Pin::new(&mut this.stream).poll_read(context, &mut more))?;
                let mut read = std::mem::take(&mut this.held);
                if !more.filled().is_empty() {
                    read.extend_from_slice(more.filled());
                    let n_passed = this.pass(&mut read);
                    read.truncate(n_passed);
                }
                this.ready = read;
                continue;
            }
            if let At::LeftOut(left) = this.frames.at {
                this.left_out.resize(AT_ONCE, 0);
                let n_bytes = usize::try_from(left).unwrap_or(AT_ONCE).min(AT_ONCE);
                let mut read = ReadBuf::new(&mut this.left_out[..n_bytes]);
                ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
                let n_read = read.filled().len();
                if n_read == 0 {
                    return Poll::Ready(Ok(()));
                }
                this.frames.at = if n_read as u64 == left { At::Line } else { At::LeftOut(left - n_read as u64) };
                continue;
            }
            this.left_out = Vec::new();
            let start = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            if buffer.filled().len() == start {
                return Poll::Ready(Ok(()));
            }
            let n_passed = this.pass(&mut buffer.filled_mut()[start..]);
            buffer.set_filled(start + n_passed);
            if n_passed > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, the last of them first, that arrive in pieces of these lengths, again and again.
    struct Pieces {
        bytes: Vec<u8>,
        lengths: Vec<usize>,
        n_read: usize,
    }

    impl AsyncRead for Pieces {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            let length = self.lengths[self.n_read % self.lengths.len()];
            self.n_read += 1;
            let n_bytes = length.min(buffer.remaining()).min(self.bytes.len());
            let n_left = self.bytes.len() - n_bytes;
            let piece = self.bytes.split_off(n_left);
            piece.iter().rev().for_each(|byte| buffer.put_slice(&[*byte]));
            Poll::Ready(Ok(()))
        }
    }

    const LARGEST: usize = 300;

    fn bulk(n_bytes: usize) -> Vec<u8> {
        [format!("${n_bytes}\r\n").as_bytes(), &vec![b'$'; n_bytes], b"\r\n"].concat()
    }

    fn read(bytes: &[u8], lengths: &[usize], n_at_once: usize) -> Vec<u8> {
        let pieces = Pieces { bytes: bytes.iter().rev().copied().collect(), lengths: lengths.to_vec(), n_read: 0 };
        let mut bounded = Bounded::new(pieces, 0, Health::new());
        bounded.frames.largest = LARGEST as u64;
        let mut all = Vec::new();
        let mut context = Context::from_waker(std::task::Waker::noop());
        loop {
            let mut bytes = vec![0; n_at_once];
            let mut buffer = ReadBuf::new(&mut bytes);
            assert!(Pin::new(&mut bounded).poll_read(&mut context, &mut buffer).is_ready());
            if buffer.filled().is_empty() {
                return all;
            }
            all.extend_from_slice(buffer.filled());
        }
    }

    #[test]
    fn what_is_too_large_is_left_out_however_it_arrives() {
        let others: [&[u8]; 9] = [
            b"+OK\r\n",
            b":7\r\n",
            b"-ERR $9\r\n",
            b"$-1\r\n",
            b"*3\r\n",
            b"$0\r\n\r\n",
            b"$4\r\n$9\r\n\r\n",
            b"_\r\n",
            b"=5\r\ntxt:x\r\n",
        ];
        let (mut sent, mut expected) = (Vec::new(), Vec::new());
        for other in others {
            sent.extend([other, &bulk(LARGEST), &bulk(LARGEST + 1), other].concat());
            expected.extend([other, &bulk(LARGEST), NOTHING, other].concat());
        }
        for lengths in [&[1][..], &[2], &[3, 1, 5], &[7], &[4_096, 1, 2], &[1 << 20]] {
            for n_at_once in [1, 5, 8_192] {
                assert!(read(&sent, lengths, n_at_once) == expected, "{lengths:?}, {n_at_once}");
            }
        }
    }

    #[test]
    fn what_no_server_says_is_passed_on() {
        for garbage in
            [&b"$"[..], b"$12", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$nine\r\nx\r\n", &[b'$'; 100], b"", b"\n\n"]
        {
            for lengths in [&[1][..], &[2, 7], &[100]] {
                assert_eq!(read(garbage, lengths, 8), garbage, "{garbage:?}");
            }
        }
        // What is announced and never comes is waited for no longer than the connection lasts.
        assert_eq!(read(b"$99999999999999\r\nx", &[3], 8), NOTHING);
    }
}
