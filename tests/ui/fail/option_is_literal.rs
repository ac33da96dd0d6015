use larder::cached;

#[cached("user:{id}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
