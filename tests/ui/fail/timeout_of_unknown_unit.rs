use larder::cached;

#[cached(key = "user:{id}", timeout = "5 weeks")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
