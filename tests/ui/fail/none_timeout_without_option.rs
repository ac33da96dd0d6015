use larder::cached;

#[cached(key = "user:{id}", none_timeout = 10)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
