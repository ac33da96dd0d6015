use larder::cached;

#[cached(key = "text:{id}")]
fn text(id: u64) -> Option<&'static str> {
    (id > 0).then_some("text")
}

fn main() {}
