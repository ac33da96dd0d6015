use larder::cached;

#[cached(key = "user:{id}", timeout = 300u64)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
