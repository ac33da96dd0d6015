use larder::cached;

#[cached(key = "user:{id}")]
extern "C" fn user(id: u64) -> u64 {
    id
}

fn main() {}
