use larder::cached;

#[allow(non_camel_case_types)]
struct user {
    id: u64,
}

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
