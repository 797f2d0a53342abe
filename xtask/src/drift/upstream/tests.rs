#![allow(clippy::unwrap_used)]

use std::{fs, path::PathBuf};

use super::*;

/// A small document with the faults of upstream's: no operation IDs, references to a missing target or one of another
/// kind, a recursive schema.
const UPSTREAM: &str = "\
paths:
  /signup:
    post:
      parameters:
        - { name: redirect_to, in: query, schema: { type: string } }
        - $ref: '#/components/parameters/Missing'
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [email]
              properties:
                email: { type: string, description: 'Words: not kept' }
                channel: { type: string, enum: [sms, whatsapp] }
      responses:
        '200':
          content: { application/json: { schema: { $ref: '#/components/schemas/User' } } }
        '400':
          content: { application/json: { schema: { $ref: '#/components/responses/Bad' } } }
  /health:
    get:
      responses:
        '200':
          content:
            application/json: { schema: { oneOf: [{ $ref: '#/components/schemas/User' }, { type: string }] } }
  /users:
    get:
      parameters:
        - { name: page, in: query, schema: { type: integer, default: 1, minimum: 0 } }
      responses:
        '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Profile' } } } }
        '422': { description: Too weak (weak_password). }
security: [{ Key: [] }]
components:
  securitySchemes:
    User: { type: http, scheme: bearer, bearerFormat: JWT }
    Key: { type: apiKey, in: header, name: apikey }
  responses:
    Bad: { content: { application/json: { schema: { type: object, properties: { code: { type: integer } } } } } }
  schemas:
    Profile: { type: object, properties: { nickname: { type: string, maxLength: 20 } } }
    User:
      type: object
      properties:
        id: { type: string, format: uuid }
        friends: { type: array, items: { $ref: '#/components/schemas/User' } }
        claims: { type: object, additionalProperties: true, patternProperties: { '.+': { type: string } } }
";

/// What is replaced, by what, and the lines that report it.
const CHANGES: &[(&str, &str, &[&str])] = &[
    (
        "  /health:\n",
        "  /healthz:\n",
        &["- GET /health", "- GET /health 200: any", "+ GET /healthz", "+ GET /healthz 200: any"],
    ),
    ("    get:\n", "    head:\n", &["- GET /health", "+ HEAD /health"]),
    ("    get:\n", "    get:\n      deprecated: true\n", &["~ GET /health: nothing -> deprecated"]),
    (
        "name: redirect_to",
        "name: redirect",
        &["- POST /signup query.redirect_to: string", "+ POST /signup query.redirect: string"],
    ),
    (
        "name: redirect_to, in: query,",
        "name: redirect_to, in: query, required: true,",
        &["~ POST /signup query.redirect_to: string -> string, required"],
    ),
    (
        "parameters/Missing'",
        "parameters/Present'",
        &["- POST /signup & parameters/Missing", "+ POST /signup & parameters/Present"],
    ),
    (
        "required: [email]",
        "required: [channel]",
        &[
            "~ POST /signup body.email: string, required -> string",
            "~ POST /signup body.channel: string -> string, required",
        ],
    ),
    (
        "                email: { type: string,",
        "                age: { type: integer }\n                email: { type: string,",
        &["+ POST /signup body.age: integer"],
    ),
    (
        "email: { type: string,",
        "email: { type: object,",
        &["~ POST /signup body.email: string, required -> object, required"],
    ),
    (
        "enum: [sms, whatsapp]",
        "enum: [sms, voice]",
        &["- POST /signup body.channel = \"whatsapp\"", "+ POST /signup body.channel = \"voice\""],
    ),
    ("        '400':", "        '422':", &["- POST /signup 400: responses/Bad", "+ POST /signup 422: responses/Bad"]),
    (
        "'200':\n          content: {",
        "'200':\n          headers: { X-A: { schema: { type: string } } }\n          content: {",
        &["+ POST /signup 200 header.X-A: string"],
    ),
    ("schemas/User' } } }", "schemas/Session' } } }", &["~ POST /signup 200: User -> Session"]),
    ("{ type: string }] }", "{ type: integer }] }", &["~ GET /health 200 | 1: string -> integer"]),
    ("code: { type: integer }", "code: { type: string }", &["~ responses/Bad.code: integer -> string"]),
    ("format: uuid", "format: uuid, nullable: true", &["~ User.id: string (uuid) -> string (uuid), nullable"]),
    ("additionalProperties: true", "additionalProperties: false", &["~ User.claims.*: anything -> nothing"]),
    ("'.+': { type: string }", "'.+': { type: number }", &["~ User.claims./.+/: string -> number"]),
    // Security schemes, limits, what is deprecated, error codes in prose.
    (
        "scheme: bearer",
        "scheme: basic",
        &["~ securitySchemes/User: http, scheme bearer, bearerFormat JWT -> http, scheme basic, bearerFormat JWT"],
    ),
    (
        "name: apikey",
        "name: key",
        &["~ securitySchemes/Key: apiKey, in header, name apikey -> apiKey, in header, name key"],
    ),
    ("security: [{ Key: [] }]\n", "security: [{ User: [] }]\n", &["~ document security 0: Key -> User"]),
    (
        "name: page, in: query, schema: { type: integer, default: 1",
        "name: page, in: query, schema: { type: integer, default: 0",
        &["~ GET /users query.page: integer, default 1, minimum 0 -> integer, default 0, minimum 0"],
    ),
    (
        "name: page, in: query,",
        "name: page, in: query, deprecated: true,",
        &["~ GET /users query.page: integer, default 1, minimum 0 -> integer, default 1, minimum 0, deprecated"],
    ),
    (
        "nickname: { type: string",
        "nickname: { deprecated: true, type: string",
        &["~ Profile.nickname: string, maxLength 20 -> string, maxLength 20, deprecated"],
    ),
    (
        "description: Too weak (weak_password).",
        "description: Too weak (weak_password) or too old (password_expired).",
        &["+ GET /users 422 names password_expired"],
    ),
];

/// The files of one test.
struct Files {
    directory: PathBuf,
}

impl Files {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("xtask-drift-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let files = Self { directory };
        files.write(UPSTREAM);
        files.accept();
        files
    }

    fn write(&self, upstream: &str) {
        fs::write(self.upstream(), upstream).unwrap();
    }

    fn upstream(&self) -> PathBuf {
        self.directory.join("openapi.yaml")
    }

    fn digest(&self) -> PathBuf {
        self.directory.join("digest.txt")
    }

    fn accept(&self) {
        accept(&self.upstream(), &self.digest(), Some("abc"), &mut Vec::new()).unwrap();
    }

    fn compare(&self) -> (Outcome, String) {
        let mut out = Vec::new();
        (compare(&self.upstream(), &self.digest(), &mut out).unwrap(), String::from_utf8(out).unwrap())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn each_change_is_told_until_it_is_accepted() {
    for (from, to, lines) in CHANGES {
        assert!(UPSTREAM.contains(from), "{from:?} is not in the document");
        let files = Files::new("changes");
        files.write(&UPSTREAM.replacen(from, to, 1));
        let (outcome, text) = files.compare();
        assert_eq!(outcome, Outcome::Findings, "{from:?}");
        for line in *lines {
            assert!(text.lines().any(|found| found == *line), "{line:?} is not in\n{text}");
        }
        files.accept();
        assert_eq!(files.compare().0, Outcome::Fine, "{from:?}");
    }
}

#[test]
fn a_component_that_moves_is_one_line() {
    let reference = "$ref: '#/components/schemas/Profile'";
    let inline = "type: object, properties: { nickname: { type: string, maxLength: 20 } }";
    let component = format!("    Profile: {{ {inline} }}\n");
    let files = Files::new("moves");
    files.write(&UPSTREAM.replace("Profile", "Portrait"));
    let renamed = files.compare().1;
    files.write(&UPSTREAM.replace(reference, inline).replace(&component, ""));
    let inlined = files.compare().1;
    files.accept();
    files.write(UPSTREAM);
    let extracted = files.compare().1;
    for (text, line) in [
        (renamed, "~ Profile -> Portrait (renamed)"),
        (inlined, "~ GET /users 200: Profile is no longer a component"),
        (extracted, "~ GET /users 200: Profile is now a component"),
    ] {
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0], line);
    }
}

#[test]
fn prose_is_neither_drift_nor_kept() {
    let files = Files::new("prose");
    files.write(&UPSTREAM.replace("Words: not kept", "Other words"));
    assert_eq!(files.compare().0, Outcome::Fine);
    assert!(!fs::read_to_string(files.digest()).unwrap().contains("not kept"));
}

#[test]
fn the_digest_is_sorted_and_says_of_what_it_is() {
    let files = Files::new("sorted");
    let digest = fs::read_to_string(files.digest()).unwrap();
    assert!(digest.contains("\n# Reviewed: abc\n"), "{digest}");
    let facts: Vec<_> = parse(&digest).into_iter().collect();
    let lines: Vec<_> = facts.iter().map(|(name, detail)| line(name, detail)).collect();
    let written: Vec<_> = digest.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, written);
}

#[test]
fn our_digest_can_be_read() {
    let facts = parse(&workspace::read(&workspace::digest()).unwrap());
    assert_eq!(facts.get("POST /token query.grant_type").map(String::as_str), Some("string, required"));
}
