#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;

/// The file, what is replaced, by what, and the lines that name the change.
const CHANGES: &[(&str, &str, &str, &[&str])] = &[
    // A new route, and a removed one.
    (
        "api/router.go",
        r#"r.Post("/token", api.Token)"#,
        r#"r.Post("/token", api.Token); r.With(api.requireAuthentication).Get("/shop/{shop_id}", api.Cards)"#,
        &[
            "+ internal/api/router.go:44: route GET /shop/{shop_id}: Cards behind checkHost, requireAuthentication (GET /shop/{shop_id}), not in the document",
        ],
    ),
    (
        "api/router.go",
        "\t\t\tr.Get(\"/\", api.Cards)\n",
        "",
        &[
            "- internal/api/router.go:47: route GET /cards: Cards (GET /cards)",
            "+ openapi/gotrue.yaml:1: only in the document GET /cards (no operation)",
        ],
    ),
    // A new member, a renamed one, another type, `omitempty` gone; in a body and in what it contains.
    (
        "api/join.go",
        "\tLanguage string",
        "\tNickname string `json:\"nickname\"`\n\tLanguage string",
        &["+ internal/api/join.go:16: member api.JoinRequest.nickname: string (POST /join), not in the document"],
    ),
    (
        "api/join.go",
        "json:\"token\"",
        "json:\"code\"",
        &[
            "~ internal/api/join.go:20: member api.JoinRequest.captcha.token -> api.JoinRequest.captcha.code (POST /join), not in the document",
        ],
    ),
    (
        "models/models.go",
        "Number int ",
        "Number string ",
        &[
            "~ internal/models/models.go:46: member models.Card.number: int -> string (GET /cards, POST /join, POST /token)",
        ],
    ),
    (
        "models/models.go",
        "json:\"joined_at,omitempty\"",
        "json:\"joined_at\"",
        &[
            "~ internal/models/models.go:40: member models.User.joined_at: *time.Time, omitempty -> *time.Time (POST /join, POST /token)",
        ],
    ),
    (
        "models/models.go",
        "json:\"-\"",
        "json:\"hash\"",
        &[
            "+ internal/models/models.go:41: member models.User.hash: string (POST /join, POST /token), not in the document",
        ],
    ),
    (
        "api/cards.go",
        "{\"items\": cards}",
        "{\"items\": cards, \"total\": 1}",
        &["+ internal/api/cards.go:17: key total in api.API.Cards (GET /cards), not in the document"],
    ),
    // An error code: a new one, and one that another operation returns.
    (
        "models/models.go",
        "CodeNoUser  ErrorCode = \"no_user\"",
        "CodeNoUser  ErrorCode = \"no_user\"\n\tCodeTooSoon ErrorCode = \"too_soon\"",
        &["+ internal/models/models.go:14: error code \"too_soon\" (no operation), not in the document"],
    ),
    (
        "api/tokens.go",
        "models.CodeBadBody",
        "models.CodeClosed",
        &[
            "+ internal/api/tokens.go:28: error code \"closed\" in api.API.Token (POST /token), not in the document",
            "- internal/api/tokens.go:28: error code \"bad_body\" in api.API.Token (POST /token)",
        ],
    ),
    // Guards.
    (
        "api/router.go",
        "\t\t\tr.Use(api.requireMember)\n",
        "",
        &["- internal/api/router.go:46: guard requireMember (DELETE /cards/{card_id}, GET /cards)"],
    ),
    (
        "api/router.go",
        "r.Post(\"/token\"",
        "r.With(api.requireHuman).Post(\"/token\"",
        &["+ internal/api/router.go:44: guard requireHuman (POST /token)"],
    ),
    (
        "api/router.go",
        "1 << 10",
        "1 << 20",
        &[
            "- internal/api/router.go:37: guard limitBody(1 << 10) (every operation)",
            "+ internal/api/router.go:37: guard limitBody(1 << 20) (every operation)",
        ],
    ),
    // A grant type, a header, a value of an enumeration, a query parameter.
    (
        "api/tokens.go",
        "case \"password\":",
        "case \"password\", \"device_code\":",
        &[
            "+ internal/api/tokens.go:24: value of grantType in api.API.Token \"device_code\" (POST /token), not in the document",
        ],
    ),
    (
        "api/cards.go",
        "w.Header().Add(\"Link\"",
        "w.Header().Set(\"X-Total\", \"1\")\n\tw.Header().Add(\"Link\"",
        &["+ internal/api/cards.go:16: header sent X-Total in api.API.Cards (GET /cards), not in the document"],
    ),
    (
        "api/join.go",
        "X-Language",
        "X-Tongue",
        &[
            "+ internal/api/join.go:33: header X-Tongue in api.API.Join (POST /join), not in the document",
            "- internal/api/join.go:33: header X-Language in api.API.Join (POST /join)",
        ],
    ),
    (
        "api/tokens.go",
        "headers.Set(\"X-Rotated\"",
        "headers.Set(\"X-Spun\"",
        &[
            "+ internal/api/tokens.go:39: header sent X-Spun in api.Tokens.byRefreshToken (POST /token), not in the document",
        ],
    ),
    (
        "models/models.go",
        "return \"gold\"",
        "return \"golden\"",
        &[
            "+ internal/models/models.go:32: value of models.Level \"golden\" (GET /cards, POST /join, POST /token), not in the document",
        ],
    ),
    (
        "models/models.go",
        "Phone = \"phone\"",
        "Phone = \"call\"",
        &["+ internal/models/models.go:20: constant models.Phone \"call\" (POST /join), not in the document"],
    ),
    (
        "api/cards.go",
        "query.Get(\"page\")",
        "query.Get(\"page\") + query.Get(\"per_page\")",
        &["+ internal/api/cards.go:12: parameter per_page in api.API.Cards (GET /cards), not in the document"],
    ),
    (
        "api/cards.go",
        "query[\"sort\"]",
        "query[\"order\"]",
        &["+ internal/api/cards.go:13: parameter order in api.API.Cards (GET /cards), not in the document"],
    ),
    // The same in other styles: a group, a function that is given a router, a router that is mounted.
    (
        "api/router.go",
        "\t\tr.Post(\"/token\", api.Token)\n",
        "\t\tr.Post(\"/token\", api.Token)\n\t\tr.Group(func(r *router) {\n\t\t\tr.Use(api.requireMember, api.requireHuman)\n\t\t\tr.Put(prefix + \"/card\", api.Cards)\n\t\t})\n",
        &[
            "+ internal/api/router.go:47: route PUT /v2/card: Cards behind checkHost, requireHuman, requireMember (PUT /v2/card), not in the document",
        ],
    ),
    (
        "api/router.go",
        "r.Post(\"/token\", api.Token)",
        "r.Post(\"/token\", api.Token)\n\t\tadmin := r.With(api.requireAdminCredentials)\n\t\tapi.mountLogs(admin)",
        &[
            "+ internal/api/router.go:62: route GET /: Logs behind checkHost, requireAdminCredentials (GET /), not in the document",
        ],
    ),
    (
        "api/router.go",
        "r.Route(\"/logs\", api.mountLogs)\n\t\t})\n\t})\n}",
        "r.Mount(\"/logs\", api.logs())\n\t\t})\n\t})\n}\n\nfunc (a *API) logs() *router {\n\tlogs := newRouter()\n\tlogs.MethodFunc(\"GET\", \"/\", a.Logs)\n\treturn logs\n}",
        &["- internal/api/router.go:59: guard requireAdminCredentials (GET /v2/logs)"],
    ),
    (
        "api/join.go",
        "\tuser := models.NewUser(params.Email)\n",
        "\tif err := a.requireHuman(w, r); err != nil {\n\t\treturn err\n\t}\n\tuser := models.NewUser(params.Email)\n",
        &["+ internal/api/join.go:42: call of guard requireHuman in api.API.Join (POST /join)"],
    ),
    // A key of a map by assignment, a named type, an embedded struct with a name.
    (
        "api/cards.go",
        "\treturn sendJSON(w, map[string]any{\"items\": cards})",
        "\tpage := map[string]any{\"items\": cards}\n\tpage[\"total\"] = 1\n\treturn sendJSON(w, page)",
        &["+ internal/api/cards.go:18: key total in api.API.Cards (GET /cards), not in the document"],
    ),
    (
        "models/models.go",
        "type Level int",
        "type Level string",
        &["~ internal/models/models.go:22: type models.Level: int -> string (GET /cards, POST /join, POST /token)"],
    ),
    (
        "models/models.go",
        "\tNumber int ",
        "\tOwned `json:\"holder\"`\n\tNumber int ",
        &[
            "+ internal/models/models.go:46: member models.Card.holder: Owned (GET /cards, POST /join, POST /token), not in the document",
        ],
    ),
    // An error code as text, and as a constant that is converted.
    (
        "api/tokens.go",
        "models.CodeBadBody, \"unsupported",
        "\"bad_grant\", \"unsupported",
        &["+ internal/api/tokens.go:28: error code \"bad_grant\" in api.API.Token (POST /token), not in the document"],
    ),
    (
        "api/tokens.go",
        "// Tokens issues tokens.",
        "const codeStale = models.ErrorCode(\"stale\")\n\n// Tokens issues tokens.",
        &["+ internal/api/tokens.go:9: error code \"stale\" (no operation), not in the document"],
    ),
    // A grant type by comparison with a constant, and by a map.
    (
        "api/tokens.go",
        "\treturn issue(w, w.Header())",
        "\tconst device = \"device_code\"\n\tif grantType == device {\n\t\treturn nil\n\t}\n\treturn issue(w, w.Header())",
        &[
            "+ internal/api/tokens.go:31: value of grantType in api.API.Token \"device_code\" (POST /token), not in the document",
        ],
    ),
    (
        "api/tokens.go",
        "\treturn issue(w, w.Header())",
        "\tgrants := map[string]func(){\"device_code\": nil}\n\tgrants[grantType]()\n\treturn issue(w, w.Header())",
        &[
            "+ internal/api/tokens.go:30: value of grants in api.API.Token \"device_code\" (POST /token), not in the document",
        ],
    ),
    // Headers and parameters: by index, by a function that is given the name, by a parsed query.
    (
        "api/cards.go",
        "w.Header().Add(\"Link\", \"next\")",
        "w.Header()[\"X-To\" + \"tal\"] = nil",
        &["+ internal/api/cards.go:16: header sent X-Total in api.API.Cards (GET /cards), not in the document"],
    ),
    (
        "api/cards.go",
        "w.Header().Add(\"Link\", \"next\")",
        "mark(w, \"X-Total\")\n}\n\nfunc mark(w http.ResponseWriter, name string) {\n\tw.Header().Set(name, \"1\")",
        &["+ internal/api/cards.go:16: header sent X-Total in api.API.Cards (GET /cards), not in the document"],
    ),
    (
        "api/cards.go",
        "query := r.URL.Query()",
        "query, _ := url.ParseQuery(r.URL.RawQuery)\n\t_ = query.Has(\"per_page\")",
        &["+ internal/api/cards.go:12: parameter per_page in api.API.Cards (GET /cards), not in the document"],
    ),
    // A parameter of a path, and a method.
    (
        "api/router.go",
        "/{card_id}\"",
        "/{number}\"",
        &[
            "~ internal/api/router.go:49: route DELETE /cards/{card_id} -> DELETE /cards/{number} (DELETE /cards/{number})",
        ],
    ),
    (
        "api/router.go",
        "r.Post(\"/token\"",
        "r.Put(\"/token\"",
        &["~ internal/api/router.go:44: route POST /token -> PUT /token (PUT /token), not in the document"],
    ),
    // A status, of a success and of an error.
    (
        "api/cards.go",
        "w.Header().Add(\"Link\"",
        "w.WriteHeader(http.StatusPartialContent)\n\tw.Header().Add(\"Link\"",
        &["+ internal/api/cards.go:16: status PartialContent in api.API.Cards (GET /cards)"],
    ),
    (
        "api/join.go",
        "NewFailure(models.CodeClosed",
        "NewConflictError(models.CodeClosed",
        &["~ internal/api/join.go:40: error code \"closed\" in api.API.Join: nothing -> Conflict (POST /join)"],
    ),
    // A struct that is embedded in a request.
    (
        "api/join.go",
        "type JoinRequest struct {",
        "type JoinRequest struct {\n\tPong",
        &["+ internal/api/join.go:15: member api.JoinRequest & Pong (POST /join)"],
    ),
    // An audit action, the payload of a hook and its header, a setting.
    (
        "models/models.go",
        "= \"joined\"",
        "= \"arrived\"",
        &[
            "+ internal/models/models.go:17: audit action \"arrived\" (POST /join), not in the document",
            "+ openapi/gotrue.yaml:1: only in the document audit action \"joined\" (no operation)",
        ],
    ),
    (
        "hooks/hooks.go",
        "json:\"decision\"",
        "json:\"verdict\"",
        &[
            "~ internal/hooks/hooks.go:21: member hooks.JoinOutput.decision -> hooks.JoinOutput.verdict (no operation), not in the document",
        ],
    ),
    (
        "hooks/hooks.go",
        "webhook-id",
        "webhook-key",
        &[
            "+ internal/hooks/hooks.go:28: header requested webhook-key in hooks.Dispatcher.Run (POST /join), not in the document",
        ],
    ),
    (
        "conf/conf.go",
        "default:\"false\"",
        "default:\"true\"",
        &[
            "~ internal/conf/conf.go:10: setting conf.Settings.Closed: bool, default false -> bool, default true (POST /join)",
        ],
    ),
];

/// A copy of the small server, with the digest of its first version.
struct Server {
    directory: PathBuf,
}

impl Server {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("xtask-server-{name}-{}", std::process::id()));
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/drift/server/tests");
        for file in workspace::files(&own.join("server"), "go").unwrap() {
            let copy = directory.join(file.strip_prefix(own.join("server")).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&file, copy).unwrap();
        }
        fs::copy(own.join("server.yaml"), directory.join("server.yaml")).unwrap();
        let server = Self { directory };
        server.accept();
        server
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join("internal").join(name)
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(file)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}");
        fs::write(self.file(file), text.replacen(from, to, 1)).unwrap();
    }

    fn document(&self) -> PathBuf {
        self.directory.join("server.yaml")
    }

    fn digest(&self) -> PathBuf {
        self.directory.join("digest.txt")
    }

    fn accept(&self) {
        accept(&self.directory, &self.document(), &self.digest(), Some("abc"), &mut Vec::new()).unwrap();
    }

    fn compare(&self) -> (Outcome, String) {
        let mut out = Vec::new();
        let outcome = compare(&self.directory, &self.document(), &self.digest(), &mut out).unwrap();
        (outcome, String::from_utf8(out).unwrap())
    }

    fn undocumented(&self) -> String {
        let mut out = Vec::new();
        undocumented(&self.directory, &self.document(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn each_change_is_named_until_it_is_accepted() {
    let mut missing = String::new();
    for (file, from, to, lines) in CHANGES {
        let server = Server::new("changes");
        server.replace(file, from, to);
        let (outcome, text) = server.compare();
        assert_eq!(outcome, Outcome::Findings, "{from:?}");
        for line in lines.iter().filter(|line| !text.lines().any(|found| found == **line)) {
            missing += &[line, "\nis not in\n", &text, "\n"].concat();
        }
        server.accept();
        assert_eq!(server.compare().0, Outcome::Fine, "{from:?}");
    }
    assert!(missing.is_empty(), "{missing}");
}

#[test]
fn the_same_in_another_place_is_no_change() {
    let server = Server::new("moved");
    // Other lines, prose and names of functions.
    server.replace("api/cards.go", "package api", "// Cards are shown and dropped.\n\npackage api");
    server.replace("api/join.go", "sendFailure(w", "sendRefusal(w");
    server.replace("api/router.go", "sendFailure(nil", "sendRefusal(nil");
    let (outcome, text) = server.compare();
    assert_eq!(outcome, Outcome::Fine, "{text}");
}

#[test]
fn what_the_document_lacks_is_named() {
    let text = Server::new("undocumented").undocumented();
    let lines = [
        "! internal/api/router.go:49: credential of DELETE /cards/{card_id}: User at the server, None in the document",
        "! internal/hooks/hooks.go:17: member hooks.JoinInput.language: string, omitempty",
    ];
    for line in lines {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line:?} is not in\n{text}");
    }
    // The document has these.
    for word in [
        "member api.",
        "member models.",
        "parameter",
        "header X-",
        "header sent",
        ": route ",
        "error code \"closed\" in",
    ] {
        assert!(!text.contains(word), "{word:?} is in\n{text}");
    }
}

#[test]
fn what_the_document_no_longer_has_is_a_change() {
    let server = Server::new("forgotten");
    let text = fs::read_to_string(server.document()).unwrap();
    fs::write(server.document(), text.replace("{ name: back_to, in: query }", "")).unwrap();
    let (_, text) = server.compare();
    let line = "! internal/api/cards.go:21: parameter back_to in api.API.DropCard (DELETE /cards/{card_id}), not in the document";
    assert_eq!(text.lines().next().unwrap(), line);
}

#[test]
fn the_digest_is_read_as_it_was_written() {
    let server = Server::new("digest");
    let text = fs::read_to_string(server.digest()).unwrap();
    assert!(text.contains("\n# Reviewed: abc\n"), "{text}");
    assert!(text.contains("\n[DELETE /cards/{card_id}, GET /cards]\n"), "{text}");
    let facts = digest::parse(&text).unwrap();
    assert_eq!(facts.operations.len(), 6);
    assert_eq!(digest::text(&facts, Some("abc")), text);
    assert!(digest::parse("nonsense").is_err());
}

#[test]
fn a_directory_without_a_server_is_an_error() {
    let server = Server::new("none");
    let mut out = Vec::new();
    let error = undocumented(&server.directory.join("internal"), &server.document(), &mut out).unwrap_err();
    assert!(error.to_string().ends_with("expected a checkout of supabase/auth"), "{error}");
    server.replace("api/join.go", "package api", "package");
    let error = undocumented(&server.directory, &server.document(), &mut out).unwrap_err();
    assert!(error.to_string().ends_with("join.go: not valid Go"), "{error}");
}

#[test]
fn our_digest_can_be_read() {
    let facts = digest::parse(&workspace::read(&workspace::server_digest()).unwrap()).unwrap();
    let route = facts.get("route POST /token").unwrap();
    assert_eq!((route.detail.as_str(), route.undocumented), ("Token", false));
    assert!(facts.get("member v0hooks.SendEmailInput.email_data").is_some());
}
