use larder::cached;

#[cached(key = "page:{id}", codec = "postcrad")]
fn page(id: u64) -> u64 {
    id
}

fn main() {}
