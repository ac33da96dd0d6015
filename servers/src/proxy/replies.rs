//! Where replies end: as much of the protocols of Redis and Memcached as it takes to tell one reply from the next.

/// What a server says, taken apart.
#[derive(Default)]
pub(super) struct Replies {
    /// The beginning of the next.
    begun: Vec<u8>,
    /// It speaks in another way: what it says is passed on as it comes.
    is_strange: bool,
}

/// Where the first reply ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    At(usize),
    Later,
    /// It is none.
    Strange,
}

impl Replies {
    /// The replies that `chunk` completes.
    pub(super) fn after(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        self.begun.extend_from_slice(chunk);
        let mut replies = Vec::new();
        let mut rest = &*self.begun;
        while !rest.is_empty() && !self.is_strange {
            match end(rest) {
                End::At(end) => {
                    replies.push(rest[..end].to_vec());
                    rest = &rest[end..];
                }
                End::Later => break,
                End::Strange => self.is_strange = true,
            }
        }
        self.begun = rest.to_vec();
        if self.is_strange {
            replies.push(self.rest());
        }
        replies
    }

    /// What has begun and has not ended.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.begun)
    }
}

/// Those of Redis begin with a sign, those of Memcached with a word.
fn end(bytes: &[u8]) -> End {
    let Some(line) = line(bytes) else { return End::Later };
    let text = std::str::from_utf8(&bytes[1..line]).unwrap_or_default().trim_end();
    let length = || text.parse::<usize>().ok();
    match bytes[0] {
        b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => End::At(line),
        b'$' | b'=' | b'!' if text == "-1" => End::At(line),
        b'$' | b'=' | b'!' => body(bytes, line, length()),
        b'*' if text == "-1" => End::At(line),
        b'*' | b'~' | b'>' => items(bytes, line, length()),
        b'%' => items(bytes, line, length().map(|length| 2 * length)),
        b'V' if text.starts_with("A ") => {
            body(bytes, line, text[2..].split(' ').next().and_then(|text| text.parse().ok()))
        }
        b'A'..=b'Z' => End::At(line),
        _ => End::Strange,
    }
}

fn line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
}

/// So many bytes after the line, and the end of theirs.
fn body(bytes: &[u8], line: usize, length: Option<usize>) -> End {
    let Some(length) = length else { return End::Strange };
    let end = line + length + 2;
    if end <= bytes.len() { End::At(end) } else { End::Later }
}

/// So many replies after the line.
fn items(bytes: &[u8], line: usize, n_items: Option<usize>) -> End {
    let Some(n_items) = n_items else { return End::Strange };
    let mut at = line;
    for _ in 0..n_items {
        match end(&bytes[at..]) {
            End::At(length) => at += length,
            other => return other,
        }
    }
    End::At(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLIES: [&[u8]; 9] = [
        b"+OK\r\n",
        b"$-1\r\n",
        b"$7\r\n$5\r\n+x\r\r\n",
        b"*3\r\n:1\r\n$2\r\nab\r\n*1\r\n*-1\r\n",
        b"%1\r\n+a\r\n:1\r\n",
        b"HD O7 c3\r\n",
        b"VA 4 O1 f0\r\n\r\nHD\r\n",
        b"VA 0\r\n\r\n",
        b"EN\r\n",
    ];

    #[test]
    fn replies_are_told_apart_however_they_come() {
        let all = REPLIES.concat();
        for length in 1..=all.len() {
            let mut replies = Replies::default();
            let found: Vec<_> = all.chunks(length).flat_map(|chunk| replies.after(chunk)).collect();
            assert_eq!(found, REPLIES, "{length}");
            assert_eq!(replies.rest(), b"");
        }
    }

    #[test]
    fn what_nobody_understands_is_passed_on() {
        let mut replies = Replies::default();
        assert_eq!(replies.after(b"+OK\r\nhello\r\n"), [&b"+OK\r\n"[..], b"hello\r\n"]);
        assert_eq!(replies.after(b"wor"), [b"wor"]);
        assert_eq!(Replies::default().after(b"$x\r\n"), [b"$x\r\n"]);
    }
}
