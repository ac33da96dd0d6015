use larder::cached;

#[cached(key = "text:{id}")]
fn str(id: u64) -> String {
    id.to_string()
}

fn main() {}
