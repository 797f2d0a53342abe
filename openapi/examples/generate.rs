//! Writes the code of the crate `gotrue` to a directory: `generate DOCUMENT DIRECTORY`. `cargo xtask codegen` runs it.

use std::{env, error::Error, fs, path::Path};

use gotrue_openapi::{Options, format, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [document, directory] = arguments.as_slice() else { return Err("expected DOCUMENT DIRECTORY".into()) };
    let document = serde_json::from_slice(&fs::read(document)?)?;
    // An error of the rules has several lines, so that it is not printed with `Debug`.
    let code = generate(&document, &Options::default()).map_err(|error| {
        eprintln!("{error}");
        "no code generated"
    })?;
    for (name, code) in code.files() {
        fs::write(Path::new(directory).join(name), format(code)?)?;
    }
    Ok(())
}
