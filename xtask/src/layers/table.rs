//! The layers of each package: the only place that knows them.

/// A package whose modules are checked.
pub struct Package {
    pub name: &'static str,
    /// The root module, relative to the workspace.
    pub root: &'static str,
    /// The modules below the root, top row first. A module may name only modules of the rows below its own.
    pub rows: &'static [&'static [&'static str]],
}

pub const PACKAGES: &[Package] = &[
    Package {
        name: "gotrue",
        root: "src/lib.rs",
        rows: &[
            &["axum"],
            &["tower", "loopback", "hooks"],
            &["manager"],
            &["store"],
            &["admin", "user"],
            &["oauth"],
            &["jwt"],
            &["auth"],
            &["session"],
            &["client"],
            &["raw"],
            &["transport"],
            &["input"],
            &["error"],
            &["types", "operation"],
            &["redact", "clock", "optional"],
            &["secret", "nesting"],
        ],
    },
    Package {
        name: "gotrue-fake",
        root: "fake/src/lib.rs",
        rows: &[
            &["builder"],
            &["server"],
            &["control", "router"],
            &["gates", "gateway"],
            &["handlers"],
            &["state"],
            &["api_keys", "settings"],
            &[
                "code_challenge",
                "contact",
                "env_file",
                "fault",
                "go_duration",
                "keys",
                "mailbox",
                "paging",
                "received",
                "redirect_url",
                "refresh_token",
                "totp",
                "url_pattern",
                "webauthn",
            ],
            &["wire", "random", "clock"],
            &["model"],
        ],
    },
    Package {
        name: "gotrue-openapi",
        root: "openapi/src/lib.rs",
        rows: &[&["generate"], &["lint"], &["secrets"], &["document"], &["error"], &["finding"], &["pointer", "names"]],
    },
    Package {
        name: "gotrue-cli",
        root: "cli/src/main.rs",
        rows: &[
            &["cli"],
            &["command"],
            &["context"],
            &["target"],
            &["profiles"],
            &["profile_keys", "prompt"],
            &["config_dir", "debug"],
            &["output"],
            &["failure", "options", "time", "value_parser"],
        ],
    },
    Package {
        name: "xtask",
        root: "xtask/src/main.rs",
        rows: &[
            &["ci"],
            &["bench", "build_cost", "codegen", "conformance", "drift", "layers", "links", "lint", "list"],
            &["bundle"],
            &["causes", "golang", "performance", "program", "source", "yaml"],
            &["workspace"],
            &["outcome"],
        ],
    },
];
