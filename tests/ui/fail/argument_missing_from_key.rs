use larder::cached;

#[cached(key = "user:{id}")]
fn user(tenant: &str, id: u64) -> String {
    format!("{tenant}/{id}")
}

fn main() {}
