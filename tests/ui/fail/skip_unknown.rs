use larder::cached;

#[cached(key = "user:{id}", skip(databse))]
fn user(database: &str, id: u64) -> String {
    format!("{database}/{id}")
}

fn main() {}
