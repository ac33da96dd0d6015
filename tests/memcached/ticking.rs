//! A server whose clock ticks where it hurts: after each reading that is a trip of its own, and at no other time.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use larder::MemcachedCache;

/// A cache on such a server, which keeps what it is given for as many ticks as it is told seconds.
pub(crate) fn ticking() -> MemcachedCache {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || Ticking::default().serve(listener.accept().unwrap().0));
    MemcachedCache::builder().server(address).build().unwrap()
}

#[derive(Default)]
struct Ticking {
    now: i64,
    last_number: u64,
    items: HashMap<String, Item>,
}

struct Item {
    value: Vec<u8>,
    number: u64,
    flags: String,
    deadline: i64,
}

impl Ticking {
    /// Until the client has gone.
    fn serve(mut self, stream: TcpStream) {
        let mut replies = stream.try_clone().unwrap();
        let mut commands = BufReader::with_capacity(1 << 16, stream);
        let mut line = String::new();
        let mut n_commands = 0;
        while commands.read_line(&mut line).unwrap() > 0 {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            let mut value = Vec::new();
            if words[0] == "ms" {
                value.resize(words[2].parse::<usize>().unwrap() + 2, 0);
                commands.read_exact(&mut value).unwrap();
            }
            replies.write_all(&self.reply(&words, value)).unwrap();
            n_commands += 1;
            if commands.buffer().is_empty() {
                let is_reading = n_commands == 1 && words[0] == "mg";
                self.now += i64::from(is_reading);
                n_commands = 0;
            }
            line.clear();
        }
    }

    fn reply(&mut self, words: &[&str], value: Vec<u8>) -> Vec<u8> {
        let (verb, key) = (words[0], words[1]);
        let flag = |letter: char| words[2..].iter().find_map(|word| word.strip_prefix(letter));
        let repeated = flag('O').unwrap();
        let number = flag('C').map(|number| number.parse::<u64>().unwrap());
        let deadline = flag('T').map(|seconds| self.now + seconds.parse::<i64>().unwrap());
        self.items.retain(|_, item| item.deadline > self.now);
        let item = self.items.get_mut(key);
        if verb == "mg" {
            let Some(Item { value, number, flags, deadline }) = item else { return b"EN\r\n".to_vec() };
            let head = format!("VA {} c{number} t{} f{flags} O{repeated}\r\n", value.len() - 2, *deadline - self.now);
            return [head.as_bytes(), value].concat();
        }
        let refusal = match (&item, number) {
            (None, Some(_)) => Some("NF"),
            (Some(item), Some(number)) if item.number != number => Some("EX"),
            (Some(_), None) if words.contains(&"ME") => Some("NS"),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return format!("{refusal} O{repeated}\r\n").into_bytes();
        }
        self.last_number += 1;
        let (number, deadline) = (self.last_number, deadline.unwrap());
        match (verb, item) {
            ("ms", _) => {
                let item = Item { value, number, flags: flag('F').unwrap().into(), deadline };
                self.items.insert(key.into(), item);
            }
            ("md", Some(item)) => (item.number, item.deadline) = (number, deadline),
            _ => panic!("nobody asks for {words:?}"),
        }
        format!("HD c{number} O{repeated}\r\n").into_bytes()
    }
}
