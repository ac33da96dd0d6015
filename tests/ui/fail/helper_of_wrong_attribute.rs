use larder::cached;

#[cached(key = "user:{id}", timeout = 0)]
fn user(id: u64) -> u64 {
    id
}

fn main() {
    user(7);
    user::clear(7).unwrap();
}
