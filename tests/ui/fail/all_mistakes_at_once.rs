use larder::cached;

#[cached(key = "user:{di}{name}", ttl = 60, timeout = 0, skip(cache), wait = "never")]
const fn user(id: u64, name: &mut String) -> impl Iterator<Item = u64> {
    name.clear();
    0..id
}

fn main() {}
