use larder::cached;

#[cached(key = "file:{path}", err_timeout = 10)]
fn file(path: &str) -> Result<String, std::io::Error> {
    std::fs::read_to_string(path)
}

fn main() {}
