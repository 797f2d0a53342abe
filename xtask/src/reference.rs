//! `reference`: the document as one HTML page, to read in a browser without a network.
//!
//! The page is rendered by Redoc (MIT), which npm downloads.

#[cfg(test)]
mod tests;

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use gotrue_openapi::{
    document::{self, Operation},
    since,
};
use serde_json::{Value, json};

use crate::{
    examples,
    outcome::{Outcome, Result},
    program::Program,
    workspace, yaml,
};

static NPM: Program = Program { name: "npm", probe: &["npm", "--version"], install: &[] };
static TAR: Program = Program { name: "tar", probe: &["tar", "--version"], install: &[] };

/// The package with the renderer, and the file in it.
const PACKAGE: &str = "redoc@2.5.4";
const RENDERER: &str = "package/bundles/redoc.standalone.js";

/// Writes the page, or says which program is missing for it.
pub fn run(page: &Path, out: &mut dyn Write) -> Result<Outcome> {
    for program in [&NPM, &TAR] {
        if !program.provide() {
            writeln!(out, "skipped: {} is not available", program.name)?;
            return Ok(Outcome::Fine);
        }
    }
    let directory = page.parent().ok_or("expected a file")?;
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", workspace::shown(directory)))?;
    let document = yaml::parse(&workspace::read(&workspace::document())?)?;
    let examples = yaml::parse(&workspace::read(&workspace::examples())?)?;
    workspace::write(page, &html(&complete(&document, &examples), &renderer(directory)?))?;
    writeln!(out, "wrote {}", workspace::shown(page))?;
    Ok(Outcome::Fine)
}

/// Returns the code of the renderer.
fn renderer(directory: &Path) -> Result<String> {
    let packed = output(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(directory))?;
    let archive = packed.lines().last().ok_or("npm pack named no file")?;
    let code = output(Command::new("tar").args(["-xzOf", archive, RENDERER]).current_dir(directory))?;
    fs::remove_file(directory.join(archive))?;
    Ok(code)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{} failed", command.get_program().display()).into())
    }
}

/// Returns the document with its examples, and with what the renderer does not show in descriptions: error codes, known
/// values and releases.
fn complete(document: &Value, examples: &Value) -> Value {
    let mut complete = document.clone();
    examples::add(&mut complete, examples);
    since::describe(document, &mut complete);
    add_codes(document, &mut complete);
    add_values(document, &mut complete);
    complete
}

/// Adds the known values of each open string to its description.
fn add_values(document: &Value, complete: &mut Value) {
    for (name, schema) in document::components(document, "schemas") {
        let values = document::known_values(schema).into_iter().flat_map(serde_json::Map::keys);
        let lines: Vec<_> = values.map(|value| format!("- `{value}`: {}", since::known_value(schema, value))).collect();
        if !lines.is_empty() {
            let shown = &mut complete["components"]["schemas"][name]["description"];
            *shown = json!(format!("{}\n\n{}", shown.as_str().unwrap_or_default(), lines.join("\n")));
        }
    }
}

/// Adds a table of its error codes to each operation.
fn add_codes(document: &Value, complete: &mut Value) {
    for operation in document::operations(document) {
        let shown = &mut complete["paths"][operation.path][operation.method]["description"];
        let description = shown.as_str().unwrap_or_default();
        *shown = json!(format!("{description}\n\n{}", table(document, &operation)).trim());
    }
}

/// Returns the error codes of an operation with their statuses and meanings, as a Markdown table.
fn table(document: &Value, operation: &Operation<'_>) -> String {
    let codes = &document["components"]["schemas"]["ErrorCode"];
    let is_code = |word: &str| document::known_values(codes).is_some_and(|known| known.contains_key(word));
    let mut rows = String::new();
    for (status, response) in operation.responses().filter(|(status, _)| status.starts_with(['4', '5'])) {
        let description = document::resolve(document, response)["description"].as_str().unwrap_or_default();
        for code in description.split('`').skip(1).step_by(2).filter(|word| is_code(word)) {
            rows += &["| ", status, " | `", code, "` | ", &since::known_value(codes, code), " |\n"].concat();
        }
    }
    if rows.is_empty() {
        rows
    } else {
        format!("**Error codes**\n\n| status | code | meaning |\n|---|---|---|\n{rows}")
    }
}

fn html(document: &Value, renderer: &str) -> String {
    let title = document["info"]["title"].as_str().unwrap_or_default();
    let options = json!({ "expandResponses": "200,201", "requiredPropsFirst": true });
    // The end of a script must not be part of one. In code, `</` alone may be a comparison with a regular expression.
    let renderer = renderer.replace("</script", "<\\/script");
    let document = document.to_string().replace("</", "<\\/");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>body {{ margin: 0 }}\n\
         @media (min-width: 50rem) {{ td code {{ white-space: nowrap; word-break: normal !important }} }}\n\
         @media (max-width: 50rem) {{ td, th {{ padding: 4px !important }} }}</style>\n\
         </head>\n<body>\n<div id=\"reference\"></div>\n<script>{renderer}</script>\n\
         <script>Redoc.init({document}, {options}, document.getElementById(\"reference\"))</script>\n</body>\n</html>\n"
    )
}
