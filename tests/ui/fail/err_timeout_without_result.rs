use larder::cached;

#[cached(key = "user:{id}", err_timeout = 10)]
fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
