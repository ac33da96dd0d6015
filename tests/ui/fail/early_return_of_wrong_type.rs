use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> String {
    if id == 0 {
        return id;
    }
    id.to_string()
}

fn main() {}
