use larder::cached;

struct Shelf {
    size: u64,
}

impl Shelf {
    #[cached(key = "books:{self.size}")]
    fn books(&mut self) -> u64 {
        self.size += 1;
        self.size
    }
}

fn main() {}
