//! `drift`: what has changed at the server since the last review, in its source or in the upstream document.

mod server;
mod upstream;

use std::{io::Write, path::PathBuf};

use clap::Args;

use crate::{
    outcome::{Outcome, Result},
    workspace,
};

/// What is compared with its last review.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Of {
    /// A checkout of supabase/auth; the last review is xtask/data/server-digest.txt.
    #[arg(long, value_name = "DIR")]
    server: Option<PathBuf>,
    /// The openapi.yaml of supabase/auth; the last review is openapi/upstream-digest.txt.
    #[arg(long, value_name = "FILE")]
    upstream: Option<PathBuf>,
}

/// Prints the changes since the last review.
pub fn compare(of: &Of, out: &mut dyn Write) -> Result<Outcome> {
    let mut outcome = Outcome::Fine;
    if let Some(server) = &of.server {
        outcome = server::compare(server, &workspace::document(), &workspace::server_digest(), out)?;
    }
    if let Some(upstream) = &of.upstream {
        outcome = upstream::compare(upstream, &workspace::digest(), out)?;
    }
    Ok(outcome)
}

/// Prints what the document lacks of the server's source.
pub fn undocumented(of: &Of, out: &mut dyn Write) -> Result<Outcome> {
    let server = of.server.as_deref().ok_or("expected --server DIR")?;
    server::undocumented(server, &workspace::document(), out)
}

/// Writes the digest.
pub fn accept(of: &Of, revision: Option<&str>, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(server) = &of.server {
        return server::accept(server, &workspace::document(), &workspace::server_digest(), revision, out);
    }
    let upstream = of.upstream.as_deref().ok_or("expected --server DIR or --upstream FILE")?;
    upstream::accept(upstream, &workspace::digest(), revision, out)
}
