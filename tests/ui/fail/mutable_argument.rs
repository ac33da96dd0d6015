use larder::cached;

#[cached(key = "user:{id}", skip(log))]
fn user(log: &mut Vec<u64>, id: u64) -> u64 {
    log.push(id);
    id
}

fn main() {}
