//! Commands and replies as their bytes, and what is no reply.

use super::{Command, Decoded, Garbage, Mode, Outcome, Reply, decode};

fn encoded(command: Command<'_>) -> String {
    let mut bytes = Vec::new();
    command.encode(7, &mut bytes);
    assert!(bytes.len() <= command.len() + 200);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn commands_are_written_as_the_server_reads_them() {
    let (key, value) = ("a:b", &b"xyz"[..]);
    let store = |mode| Command::Store { key, value, exptime: 60, flags: 5, mode };
    let cases = [
        (Command::Get { key }, "mg a:b v c t f O7\r\n"),
        (Command::Number { key }, "mg a:b c s O7\r\n"),
        (Command::Touch { key, exptime: 60 }, "mg a:b T60 c t f O7\r\n"),
        (store(Mode::Always), "ms a:b 3 c T60 F5 O7\r\nxyz\r\n"),
        (store(Mode::Absent), "ms a:b 3 c T60 F5 O7 ME\r\nxyz\r\n"),
        (store(Mode::Numbered(u64::MAX)), "ms a:b 3 c T60 F5 O7 C18446744073709551615\r\nxyz\r\n"),
        (Command::Delete { key }, "md a:b O7\r\n"),
        (Command::DeleteNumbered { key, cas: 9 }, "md a:b C9 O7\r\n"),
        (Command::Renumber { key }, "md a:b I O7\r\n"),
        (Command::Retime { key, cas: 9, exptime: 60 }, "md a:b I C9 T60 O7\r\n"),
        (Command::Flush, "flush_all\r\n"),
        (Command::Noop, "mn\r\n"),
    ];
    for (command, text) in cases {
        assert_eq!(encoded(command), text);
    }
}

fn reply(text: &str) -> Reply {
    match decode(text.as_bytes()) {
        Ok(Decoded::Reply(reply, length)) if length == text.len() => reply,
        _ => panic!("{text} is one reply"),
    }
}

#[test]
fn replies_are_read_with_all_that_they_say() {
    let value = reply("VA 3 c12 t-1 f60 O7 W X\r\na\r\n\r\n");
    assert_eq!((&value.outcome, &*value.value, value.cas), (&Outcome::Value, &b"a\r\n"[..], 12));
    assert_eq!((value.left, value.flags, value.number), (-1, 60, Some(7)));
    let number = reply("HD c12 s96 O7\r\n");
    assert_eq!((number.outcome, number.cas, number.size), (Outcome::Done, 12, 96));
    let cases = [
        ("HD\r\n", Outcome::Done),
        ("MN\r\n", Outcome::Done),
        ("OK\r\n", Outcome::Done),
        ("EN O7\r\n", Outcome::Nothing),
        ("NF\r\n", Outcome::Nothing),
        ("EX\r\n", Outcome::Refused),
        ("NS\r\n", Outcome::Refused),
        ("VA 0 c1\r\n\r\n", Outcome::Value),
        ("SERVER_ERROR object too large for cache\r\n", Outcome::TooLarge),
        ("SERVER_ERROR out of memory storing object\r\n", Outcome::TooLarge),
        ("SERVER_ERROR busy\r\n", Outcome::Failed("busy".into())),
    ];
    for (text, outcome) in cases {
        assert_eq!(reply(text).outcome, outcome, "{text}");
    }
}

#[test]
fn a_reply_is_not_read_before_it_is_complete() {
    let text = b"VA 3 c12\r\nabc\r\n";
    for length in 0..text.len() {
        assert!(matches!(decode(&text[..length]), Ok(Decoded::Partial)), "{length} bytes are no reply");
    }
}

#[test]
fn garbage_is_told_from_replies() {
    let cases: [&[u8]; 11] = [
        b"ERROR\r\n",
        b"CLIENT_ERROR bad data chunk\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"HD\n",
        b"\xff\r\n",
        b"VA\r\n",
        b"VA -1\r\n",
        b"VA 99999999999\r\n",
        b"VA 3\r\nabcd\r\n",
        b"HD cx\r\n",
        &[b'x'; 4096],
    ];
    for text in cases {
        assert!(matches!(decode(text), Err(Garbage(_))), "{text:?}");
    }
}
