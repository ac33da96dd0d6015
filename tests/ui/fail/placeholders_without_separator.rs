use larder::cached;

#[cached(key = "cell:{row}{column}")]
fn cell(row: u64, column: u64) -> u64 {
    row * column
}

fn main() {}
