//! The example `web_app` in Chromium, with the fake server: what its users do, and what attackers try. Without
//! Chromium, all tests are skipped. One also runs on a real server, if the environment names one (`docs/live.md`).
//!
//! `cargo test --all-features --test web_app -- --ignored` takes the picture for the README of the example, and writes
//! pictures of the main pages in both color schemes and on a narrow screen to `target/tmp/pictures`.

#[path = "../../examples/web_app/app/mod.rs"]
mod app;

mod accounts;
mod attacks;
mod caching_proxy;
mod pictures;
mod provider;
mod second_factor;
mod sessions;
mod site;
mod visit;

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Trial};
use support::chromium::Chromium;

use site::Site;
use visit::Place;

type Run = for<'a> fn(&'a Site, &'a Chromium) -> LocalBoxFuture<'a, ()>;

fn tests() -> Vec<(&'static str, Run)> {
    vec![
        ("accounts::sign_up_to_sign_out", |s, c| Box::pin(accounts::sign_up_to_sign_out(s, c))),
        ("accounts::mistakes_in_words", |s, c| Box::pin(accounts::mistakes_in_words(s, c))),
        ("accounts::a_code_by_email", |s, c| Box::pin(accounts::a_code_by_email(s, c))),
        ("accounts::a_link_by_email", |s, c| Box::pin(accounts::a_link_by_email(s, c))),
        ("accounts::a_link_of_a_sign_up", |s, c| Box::pin(accounts::a_link_of_a_sign_up(s, c))),
        ("accounts::a_forgotten_password", |s, c| Box::pin(accounts::a_forgotten_password(s, c))),
        ("second_factor::set_up_and_used", |s, c| Box::pin(second_factor::set_up_and_used(s, c))),
        ("provider::a_user_is_chosen", |s, c| Box::pin(provider::a_user_is_chosen(s, c))),
        ("provider::access_is_denied", |s, c| Box::pin(provider::access_is_denied(s, c))),
        ("provider::two_flows_at_once", |s, c| Box::pin(provider::two_flows_at_once(s, c))),
        ("sessions::two_tabs", |s, c| Box::pin(sessions::two_tabs(s, c))),
        ("sessions::expiry_during_use", |s, c| Box::pin(sessions::expiry_during_use(s, c))),
        ("sessions::fifty_requests_at_once", |s, c| Box::pin(sessions::fifty_requests_at_once(s, c))),
        ("sessions::ended_elsewhere", |s, c| Box::pin(sessions::ended_elsewhere(s, c))),
        ("sessions::a_shared_cache", |s, c| Box::pin(sessions::a_shared_cache(s, c))),
        ("attacks::forms_of_other_origins", |s, c| Box::pin(attacks::forms_of_other_origins(s, c))),
        ("attacks::callback_of_another", |s, c| Box::pin(attacks::callback_of_another(s, c))),
        ("attacks::callback_once_more", |s, c| Box::pin(attacks::callback_once_more(s, c))),
        ("attacks::confirmation_link", |s, c| Box::pin(attacks::confirmation_link(s, c))),
        ("attacks::open_redirects", |s, c| Box::pin(attacks::open_redirects(s, c))),
        ("attacks::markup_in_a_name", |s, c| Box::pin(attacks::markup_in_a_name(s, c))),
        ("pictures::narrow_screens_and_labels", |s, c| Box::pin(pictures::narrow_screens_and_labels(s, c))),
    ]
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // One browser for all tests, in which each has profiles of its own.
    let chromium = if arguments.list { None } else { Chromium::start() };
    let is_skipped = chromium.is_none();
    let chromium = Arc::new(chromium.map_or_else(OnceLock::new, OnceLock::from));
    let trial = |name, run: Run, is_ignored| {
        let chromium = chromium.clone();
        let test = move || {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(async {
                run(&Site::start().await, chromium.get().ok_or("no chromium")?).await;
                Ok(())
            })
        };
        Trial::test(name, test).with_ignored_flag(is_ignored)
    };
    let mut trials: Vec<_> = tests().into_iter().map(|(name, run)| trial(name, run, is_skipped)).collect();
    for name in ["fake::visit", "live::visit"] {
        let chromium = chromium.clone();
        let test = move || {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(async {
                let place = if name == "fake::visit" { Place::fake().await } else { Place::live().await };
                match place {
                    Ok(place) => visit::sign_up_to_provider(&place, chromium.get().ok_or("no chromium")?).await,
                    // A single write, because other tests print at the same time.
                    Err(why) => io::stderr().write_all(format!("skipped: {name}: {why}\n").as_bytes())?,
                }
                Ok(())
            })
        };
        trials.push(Trial::test(name, test).with_ignored_flag(is_skipped));
    }
    trials.push(trial("pictures::taken", |s, c| Box::pin(pictures::taken(s, c)), true));
    libtest_mimic::run(&arguments, trials).exit_code()
}
