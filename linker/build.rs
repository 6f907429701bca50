//! Puts the runtime of the map into one text: `src/pnp/runtime/*.cjs` inside `template/frame.cjs`.
//!
//! The rules are those of `src/pnp/runtime/README.md`. What only people need (comments, empty lines, indentation) stays
//! out, because Node.js reads the text at each start.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script has no crate of ours to read and write with"
)]

use std::{env, error::Error, fs, path::Path};

/// Where the runtime's files are, from this crate.
const FOLDER: &str = "src/pnp/runtime";
/// What the frame has in the place of the files.
const PLACE: &str = "@MODULES@";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let frame = read(&Path::new(FOLDER).join("template/frame.cjs"))?;
    let modules = modules(Path::new(FOLDER))?;
    let output = env::var("OUT_DIR")?;
    fs::write(
        Path::new(&output).join("pnp_runtime.cjs"),
        frame.replacen(PLACE, &modules, 1),
    )?;
    Ok(())
}

/// Every file as a method of one object, sorted by name.
fn modules(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "cjs") {
            files.push(path);
        }
    }
    files.sort();
    let mut text = String::new();
    for file in files {
        let name = file.file_name().ok_or("a file has a name")?;
        let name = name.to_str().ok_or("names of files are ASCII")?;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "\"{name}\"(module, exports, require) {{\n{}\n}},",
            compact(&read(&file)?)
        ));
    }
    Ok(text)
}

/// Leaves out comments that fill a line, empty lines and indentation. No string of the runtime spans lines.
fn compact(text: &str) -> String {
    let is_code = |line: &&str| {
        let is_comment = ["//", "/**", "* ", "*/"]
            .iter()
            .any(|beginning| line.starts_with(beginning));
        !line.is_empty() && !is_comment
    };
    let lines: Vec<&str> = text.lines().map(str::trim_start).filter(is_code).collect();
    lines.join("\n")
}

/// A file's text, with Unix line ends also where version control changed them.
fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.replace("\r\n", "\n"))
}
