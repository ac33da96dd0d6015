use larder::cached;

#[cached(key = "user:{id}", skip(db))]
fn user<D: ToString>(db: &D, id: u64) -> String {
    format!("{}/{id}", db.to_string())
}

fn main() {}
