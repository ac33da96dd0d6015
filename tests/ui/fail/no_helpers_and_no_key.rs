use larder::cached;

#[cached(helpers = false)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
