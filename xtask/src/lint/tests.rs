#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// A small document without a fault. Its first line is line 1.
const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: Small, version: 1.0.0 }
x-error-reply: &error
  application/json: { schema: { $ref: '#/components/schemas/Error' } }
paths:
  /users:
    post:
      operationId: create_user
      summary: A new user
      security: [{ adminToken: [] }, { adminToken: [], apiKey: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/NewUser' } } }
      responses:
        '204': { description: Done. }
        '5XX': { description: A failure., content: *error }
  /users/{id}:
    get:
      operationId: get_user
      summary: One user
      security: [{}, { apiKey: [] }]
      parameters:
        - { $ref: '#/components/parameters/Id' }
        - { name: page, in: query, description: The page., schema: { type: integer } }
      responses:
        '200':
          description: The user.
          content: { application/json: { schema: { $ref: '#/components/schemas/User' } } }
        '404': { description: '`user_not_found`.', content: *error }
        '5XX': { description: A failure., content: *error }
components:
  securitySchemes:
    apiKey: { type: apiKey, in: header, name: apikey }
    adminToken: { type: http, scheme: bearer }
  parameters:
    Id: { name: id, in: path, required: true, description: Whom., schema: { type: string, format: uuid } }
  schemas:
    User:
      type: object
      description: A user.
      required: [id]
      properties:
        id: { type: string, description: The id. }
        kind: { type: string, description: The kind. }
    NewUser:
      type: object
      description: Who it will be.
      properties:
        name: { type: string, description: The name. }
        password: { type: string, format: password, description: The password. }
    Error:
      type: object
      description: What went wrong.
      properties:
        code: { $ref: '#/components/schemas/ErrorCode' }
    ErrorCode:
      type: string
      description: Why.
      x-known-values: { user_not_found: There is none. }
";

struct Fault {
    /// What is replaced, once.
    from: &'static str,
    to: &'static str,
    line: usize,
    place: &'static str,
    problem: &'static str,
}

const fn fault(from: &'static str, to: &'static str, line: usize, place: &'static str, problem: &'static str) -> Fault {
    Fault { from, to, line, place, problem }
}

const FAULTS: &[Fault] = &[
    // Rules of the document.
    fault(
        "operationId: get_user",
        "operationId: create_user",
        18,
        "GET /users/{id}",
        "operationId create_user is not unique",
    ),
    fault("      summary: A new user\n", "", 7, "POST /users", "has no summary"),
    fault("      security: [{}, { apiKey: [] }]\n", "", 18, "GET /users/{id}", "has no security"),
    fault(
        "{ adminToken: [], apiKey: [] }]",
        "{ root: [] }]",
        10,
        "POST /users",
        "security scheme root is not declared",
    ),
    fault(
        "        - { $ref: '#/components/parameters/Id' }\n",
        "",
        18,
        "GET /users/{id}",
        "parameter id is not declared",
    ),
    fault("schemas/NewUser'", "schemas/Nobody'", 13, "POST /users", "has no target"),
    fault("        required: true\n", "", 11, "POST /users", "does not say whether the request is required"),
    fault(
        "'`user_not_found`.'",
        "'`user_not_here`.'",
        29,
        "GET /users/{id}",
        "`user_not_here` is not a known value of ErrorCode",
    ),
    fault(
        "'204': { description: Done. }",
        "'204': { description: Done. }\n        '202': { description: Later. }",
        14,
        "POST /users",
        "more than one success",
    ),
    fault("required: [id]", "required: [id, email]", 38, "User", "required email is not declared"),
    fault("description: The kind. }", "description: The kind., enum: [a] }", 44, "User.kind", "enum in a response"),
    fault(
        "name: { type: string, description: The name. }",
        "name: { type: string }",
        49,
        "NewUser.name",
        "has no description",
    ),
    fault("format: password, ", "", 50, "NewUser.password", "looks secret"),
    fault(
        "There is none. }",
        "There is none., USER_NOT_FOUND: X }",
        56,
        "ErrorCode",
        "has the same name in Rust as another",
    ),
    // OpenAPI 3.0.
    fault("title: Small, ", "", 2, "info", "\"title\" is a required property"),
    fault("description: The page., schema", "description: The page., schma", 24, "GET /users/{id}", "'schma'"),
    fault(
        "      operationId: get_user\n",
        "      operationId: get_user\n      sumary: X\n",
        20,
        "GET /users/{id}",
        "'sumary' is unexpected",
    ),
    fault("kind: { type: string", "kind: { type: strng", 44, "User.kind", "\"strng\" is not a type"),
    fault("description: The id. }", "description: Where, now. }", 43, "User.id", "'now.' is unexpected"),
    fault("{ description: Done. }", "{ }", 15, "POST /users", "\"description\" is a required property"),
    fault("openapi: 3.0.3", "openapi: 3.1.0", 1, "openapi", "\"3.1.0\" does not match"),
    // What no schema can express.
    fault(
        "    User:\n",
        "    User: { type: object, description: X }\n    User:\n",
        39,
        "User",
        "the key is not unique",
    ),
    fault(
        "      summary: One user\n",
        "      summary: One user\n      summary: Two\n",
        21,
        "GET /users/{id}",
        "the key is not unique",
    ),
    fault(
        "components:\n",
        "  /users/{user}: { }\ncomponents:\n",
        31,
        "/users/{user}",
        "is the same path as /users/{id}",
    ),
    fault("components:\n", "  /{any}/me: { }\ncomponents:\n", 31, "/{any}/me", "is ambiguous with /users/{id}"),
    fault(
        "        - { name: page",
        "        - { $ref: '#/components/parameters/Id' }\n        - { name: page",
        24,
        "GET /users/{id}",
        "the path parameter id is not unique",
    ),
    fault("    NewUser:\n", "    Old: { type: object, description: X }\n    NewUser:\n", 45, "Old", "is never used"),
    fault(
        "    adminToken: {",
        "    userToken: { type: http, scheme: bearer }\n    adminToken: {",
        34,
        "userToken",
        "is never used",
    ),
];

#[test]
fn the_small_document_has_no_fault() {
    assert_eq!(findings(DOCUMENT).unwrap(), []);
}

#[test]
fn each_fault_is_found_with_its_line() {
    for fault in FAULTS {
        assert!(DOCUMENT.contains(fault.from), "{:?} is not in the document", fault.from);
        let found = findings(&DOCUMENT.replacen(fault.from, fault.to, 1)).unwrap();
        let is_it = |(position, finding): &(Position, Finding)| {
            position.line == fault.line && finding.place() == fault.place && finding.problem.contains(fault.problem)
        };
        let shown: Vec<_> = found.iter().map(|(position, finding)| format!("{}: {finding}", position.line)).collect();
        assert!(found.iter().any(is_it), "{}: {}: {} is not among {shown:#?}", fault.line, fault.place, fault.problem);
    }
}

#[test]
fn one_fault_is_one_line() {
    let faults = [
        fault(
            "        '404': {",
            "        '633': {",
            29,
            "GET /users/{id}",
            "633 is not an HTTP status; expected 200 to",
        ),
        fault("        '204': {", "        '2O4': {", 15, "POST /users", "2O4 is not an HTTP status"),
        fault("schemas/NewUser'", "schemas/Nobody'", 13, "POST /users", "has no target"),
        fault("schemas/Error' } }", "schemas/Eror' } }", 4, "x-error-reply.application/json.schema", "has no target"),
        fault("required: true, description: Whom., schema", "required: true, schema", 36, "Id", "has no description"),
        fault("in: path, required: true", "in: paths, required: true", 36, "Id", "are not supported"),
        fault("    NewUser:\n      type: object", "    NewUser:\n      type: objekt", 45, "NewUser", "is not a type"),
        fault("format: uuid }", "format: uiid }", 36, "Id", "the format uiid is not known"),
        fault(
            "      summary: One user\n",
            "      summary: One user\n      x-saef: false\n",
            21,
            "GET /users/{id}",
            "x-saef is not",
        ),
        fault(
            "      summary: One user\n",
            "      summary: One user\n      tags: [user]\n",
            18,
            "GET /users/{id}",
            "the tag \"user\" is not declared",
        ),
        fault(
            "kind: { type: string,",
            "kind: { type: integer, x-known-values: { a: A. },",
            44,
            "User.kind",
            "x-known-values on something",
        ),
        fault(
            "schema: { type: integer }",
            "schema: { type: integer, minLength: 3 }",
            24,
            "GET /users/{id}",
            "minLength on a",
        ),
        fault(
            "kind: { type: string,",
            "kind: { type: string, minimum: 1,",
            44,
            "User.kind",
            "minimum on a value of the type string",
        ),
        fault(
            "kind: { type: string,",
            "kind: { type: string, format: int64,",
            44,
            "User.kind",
            "the format int64 on a",
        ),
        fault(
            "name: { type: string,",
            "name: { type: string, enum: [a, a],",
            49,
            "NewUser.name",
            "\"a\" is in enum more than once",
        ),
        fault(
            "kind: { type: string,",
            "kind: { x-since: 1.0.1, type: string,",
            44,
            "User.kind",
            "is newer than info.version",
        ),
    ];
    for fault in faults {
        assert!(DOCUMENT.contains(fault.from), "{:?} is not in the document", fault.from);
        let found = findings(&DOCUMENT.replacen(fault.from, fault.to, 1)).unwrap();
        let [(position, finding)] = &found[..] else { panic!("{}: {found:#?}", fault.problem) };
        assert_eq!((position.line, finding.place().as_str()), (fault.line, fault.place), "{finding}");
        assert!(finding.problem.contains(fault.problem), "{finding}");
    }
}

#[test]
fn a_circle_of_references_is_reported_once() {
    let circle =
        "    One: { $ref: '#/components/schemas/Two' }\n    Two: { $ref: '#/components/schemas/One' }\n    User:\n";
    let text = DOCUMENT.replacen("    User:\n", circle, 1);
    let found = findings(&text).unwrap();
    let circles: Vec<_> = found.iter().filter(|(_, finding)| finding.problem.contains("leads back")).collect();
    let [(position, finding)] = &circles[..] else { panic!("{found:#?}") };
    assert_eq!((position.line, finding.place().as_str()), (38, "One"));
}

#[test]
fn a_get_has_no_body() {
    let body =
        "{ required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewUser' } } } }";
    let text = DOCUMENT.replacen("One user\n", &format!("One user\n      requestBody: {body}\n"), 1);
    let found = findings(&text).unwrap();
    let [(position, finding)] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((position.line, finding.to_string().as_str()), (21, "GET /users/{id}: a GET has no body"));
}

/// A fault within an anchor is reported once, however many aliases it has.
#[test]
fn a_fault_within_an_anchor_is_found_once() {
    let text = DOCUMENT.replacen("  application/json: {", "  application/json: { sample: 1,", 1);
    let found = findings(&text).unwrap();
    let lines: Vec<_> = found.iter().map(|(position, _)| position.line).collect();
    assert_eq!(lines, [4], "{found:#?}");
}

#[test]
fn the_output_names_file_line_place_and_problem() {
    let file = std::env::temp_dir().join(format!("xtask-lint-{}.yaml", std::process::id()));
    std::fs::write(&file, DOCUMENT.replacen("      summary: A new user\n", "", 1)).unwrap();
    let mut out = Vec::new();
    let outcome = run(&file, &mut out).unwrap();
    std::fs::remove_file(&file).unwrap();
    let shown = file.display();
    let expected = format!("{shown}:7: POST /users: has no summary\n1 finding in {shown}\n");
    assert_eq!((outcome, String::from_utf8(out).unwrap()), (Outcome::Findings, expected));
}

#[test]
fn our_document_has_no_fault() {
    let mut out = Vec::new();
    let outcome = run(&workspace::document(), &mut out).unwrap();
    assert_eq!(outcome, Outcome::Fine, "{}", String::from_utf8(out).unwrap());
}
