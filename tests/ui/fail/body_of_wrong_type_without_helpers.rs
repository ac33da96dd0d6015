use larder::cached;

#[cached(key = "user:{id}", helpers = false)]
fn user(id: u64) -> String {
    id
}

fn main() {}
