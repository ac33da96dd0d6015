use larder::cached;

struct Shelf {
    size: u64,
}

impl Shelf {
    #[cached(key = "books:{row}")]
    fn books(&self, row: u64) -> u64 {
        self.size * row
    }
}

fn main() {}
