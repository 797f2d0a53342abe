//! Generates the client from the OpenAPI document. `gotrue_openapi::Code` documents the content of each file.

use std::env;

use gotrue_openapi::{Error, HookCode, Options, document, generate, hooks, write};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(browser)");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture == "wasm32") {
        println!("cargo::rustc-cfg=browser");
    }
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error=openapi: {line}");
        }
    }
}

fn build() -> Result<(), Error> {
    let options = Options { schemars: env::var_os("CARGO_FEATURE_SCHEMARS").is_some(), ..Options::default() };
    for (name, code) in generate(&document::gotrue()?, &options)?.files() {
        write(name, code)?;
    }
    if env::var_os("CARGO_FEATURE_HOOKS").is_some() {
        build_hooks(&options)?;
    }
    Ok(())
}

fn build_hooks(options: &Options) -> Result<(), Error> {
    let options = Options { hand_written: &[("HookClaims", "crate::types::hooks::HookClaims")], ..options.clone() };
    let HookCode { types, open, claims } = hooks(&options)?;
    write("hook_types.rs", types)?;
    write("hook_open.rs", open)?;
    write("hook_claims.rs", claims)
}
