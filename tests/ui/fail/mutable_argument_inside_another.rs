use larder::cached;

#[cached(key = "user:{id}", skip(log))]
fn user(log: Option<&mut Vec<u64>>, id: u64) -> u64 {
    log.map_or(id, |log| log.len() as u64)
}

fn main() {}
