use larder::cached;

#[cached(key = "user:{id}", codec = Codec::JSON)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
