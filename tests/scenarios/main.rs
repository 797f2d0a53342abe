//! Scenarios of users and operators. Each runs on the fake server, and on real servers if the environment names them
//! (`GOTRUE_LIVE_*`, see `docs/live.md`).
//!
//! `cargo test --test scenarios --all-features [NAME]` runs those whose names contain NAME.

mod accounts;
mod admin;
mod anonymous;
mod browser;
mod custom_provider;
mod factors;
mod identities;
mod invitations;
mod live;
mod messages;
mod oauth_server;
mod passkeys;
mod provider;
mod refusals;
mod saml;
mod server;
mod sessions;
mod sms;
mod sso;
mod tokens;
mod wallet;
mod web;
mod world;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use futures::future::LocalBoxFuture;
use gotrue::Error;
use libtest_mimic::{Arguments, Trial};

use live::Live;
use world::{Kind, World};

type Run = for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>;

/// A scenario and the servers that it runs on.
struct Scenario {
    name: &'static str,
    kinds: &'static [Kind],
    /// Whether it needs the provider that the servers know as `keycloak`. The fake server is its own provider.
    provider: bool,
    run: Run,
}

const BOTH: &[Kind] = &[Kind::Autoconfirm, Kind::Confirm];
const AUTOCONFIRM: &[Kind] = &[Kind::Autoconfirm];
const CONFIRM: &[Kind] = &[Kind::Confirm];

const fn on(kinds: &'static [Kind], name: &'static str, run: Run) -> Scenario {
    Scenario { name, kinds, provider: false, run }
}

const fn with_provider(kinds: &'static [Kind], name: &'static str, run: Run) -> Scenario {
    Scenario { name, kinds, provider: true, run }
}

/// All scenarios.
fn scenarios() -> Vec<Scenario> {
    vec![
        on(AUTOCONFIRM, "accounts::sign_up_to_sign_out", |w| Box::pin(accounts::sign_up_to_sign_out(w))),
        on(CONFIRM, "accounts::an_address_is_confirmed", |w| Box::pin(accounts::an_address_is_confirmed(w))),
        on(AUTOCONFIRM, "accounts::a_taken_address", |w| Box::pin(accounts::a_taken_address(w))),
        on(BOTH, "accounts::wrong_credentials", |w| Box::pin(accounts::wrong_credentials(w))),
        on(BOTH, "accounts::metadata", |w| Box::pin(accounts::metadata(w))),
        on(BOTH, "accounts::a_new_password", |w| Box::pin(accounts::a_new_password(w))),
        on(BOTH, "accounts::a_new_address", |w| Box::pin(accounts::a_new_address(w))),
        on(BOTH, "accounts::reauthentication", |w| Box::pin(accounts::reauthentication(w))),
        on(AUTOCONFIRM, "accounts::by_phone", |w| Box::pin(accounts::by_phone(w))),
        on(AUTOCONFIRM, "anonymous::becomes_permanent", |w| Box::pin(anonymous::becomes_permanent(w))),
        on(CONFIRM, "anonymous::confirms_an_address", |w| Box::pin(anonymous::confirms_an_address(w))),
        on(BOTH, "messages::a_forgotten_password", |w| Box::pin(messages::a_forgotten_password(w))),
        on(BOTH, "messages::a_magic_link", |w| Box::pin(messages::a_magic_link(w))),
        on(BOTH, "messages::a_link_with_pkce", |w| Box::pin(messages::a_link_with_pkce(w))),
        on(BOTH, "messages::a_link_for_a_new_user", |w| Box::pin(messages::a_link_for_a_new_user(w))),
        on(BOTH, "messages::a_change_once_more", |w| Box::pin(messages::a_change_once_more(w))),
        on(BOTH, "messages::a_code", |w| Box::pin(messages::a_code(w))),
        on(BOTH, "sms::a_code_by_phone", |w| Box::pin(sms::a_code_by_phone(w))),
        on(CONFIRM, "sms::a_number_is_confirmed", |w| Box::pin(sms::a_number_is_confirmed(w))),
        on(BOTH, "invitations::an_invitation", |w| Box::pin(invitations::an_invitation(w))),
        with_provider(BOTH, "provider::pkce_and_implicit", |w| Box::pin(provider::pkce_and_implicit(w))),
        on(AUTOCONFIRM, "identities::linked_and_unlinked", |w| Box::pin(identities::linked_and_unlinked(w))),
        with_provider(AUTOCONFIRM, "identities::of_another_user", |w| Box::pin(identities::of_another_user(w))),
        with_provider(AUTOCONFIRM, "provider::an_id_token", |w| Box::pin(provider::an_id_token(w))),
        on(BOTH, "sessions::a_used_refresh_token", |w| Box::pin(sessions::a_used_refresh_token(w))),
        on(BOTH, "sessions::a_stolen_refresh_token", |w| Box::pin(sessions::a_stolen_refresh_token(w))),
        on(BOTH, "sessions::sign_out_scopes", |w| Box::pin(sessions::sign_out_scopes(w))),
        on(BOTH, "sessions::a_manager", |w| Box::pin(sessions::a_manager(w))),
        on(AUTOCONFIRM, "tokens::by_public_key", |w| Box::pin(tokens::by_public_key(w))),
        on(CONFIRM, "tokens::by_shared_secret", |w| Box::pin(tokens::by_shared_secret(w))),
        on(BOTH, "factors::an_authenticator", |w| Box::pin(factors::an_authenticator(w))),
        on(BOTH, "factors::recovery_codes", |w| Box::pin(factors::recovery_codes(w))),
        on(BOTH, "factors::removed_by_an_administrator", |w| Box::pin(factors::removed_by_an_administrator(w))),
        on(BOTH, "factors::verified_while_refreshing", |w| Box::pin(factors::verified_while_refreshing(w))),
        on(BOTH, "passkeys::registered_and_used", |w| Box::pin(passkeys::registered_and_used(w))),
        on(BOTH, "passkeys::as_second_factor", |w| Box::pin(passkeys::as_second_factor(w))),
        on(BOTH, "admin::the_life_of_a_user", |w| Box::pin(admin::the_life_of_a_user(w))),
        on(BOTH, "admin::pages", |w| Box::pin(admin::pages(w))),
        on(BOTH, "admin::links", |w| Box::pin(admin::links(w))),
        on(BOTH, "admin::links_to_a_new_address", |w| Box::pin(admin::links_to_a_new_address(w))),
        on(BOTH, "admin::an_imported_password_hash", |w| Box::pin(admin::an_imported_password_hash(w))),
        on(BOTH, "admin::only_the_service_key", |w| Box::pin(admin::only_the_service_key(w))),
        on(BOTH, "admin::the_audit_log", |w| Box::pin(admin::the_audit_log(w))),
        on(BOTH, "oauth_server::a_client", |w| Box::pin(oauth_server::a_client(w))),
        on(BOTH, "oauth_server::a_refusal", |w| Box::pin(oauth_server::a_refusal(w))),
        on(BOTH, "oauth_server::clients", |w| Box::pin(oauth_server::clients(w))),
        on(BOTH, "oauth_server::a_known_client", |w| Box::pin(oauth_server::a_known_client(w))),
        on(BOTH, "sso::a_provider", |w| Box::pin(sso::a_provider(w))),
        on(BOTH, "custom_provider::added_and_removed", |w| Box::pin(custom_provider::added_and_removed(w))),
        on(BOTH, "sso::an_unknown_domain", |w| Box::pin(sso::an_unknown_domain(w))),
        on(BOTH, "web::sign_in_to_sign_out", |w| Box::pin(web::sign_in_to_sign_out(w))),
        on(BOTH, "web::ended_by_the_server", |w| Box::pin(web::ended_by_the_server(w))),
        on(CONFIRM, "web::a_confirmation_link", |w| Box::pin(web::a_confirmation_link(w))),
        on(BOTH, "web::a_link_of_this_browser", |w| Box::pin(web::a_link_of_this_browser(w))),
        on(BOTH, "web::a_second_factor", |w| Box::pin(web::a_second_factor(w))),
        on(BOTH, "web::a_company", |w| Box::pin(web::a_company(w))),
        with_provider(BOTH, "web::a_provider", |w| Box::pin(web::a_provider(w))),
        on(BOTH, "wallet::solana", |w| Box::pin(wallet::solana(w))),
        on(BOTH, "wallet::ethereum", |w| Box::pin(wallet::ethereum(w))),
        on(AUTOCONFIRM, "refusals::word_for_word", |w| Box::pin(refusals::word_for_word(w))),
        on(BOTH, "server::discovery", |w| Box::pin(server::discovery(w))),
        on(BOTH, "server::settings_and_health", |w| Box::pin(server::settings_and_health(w))),
    ]
}

/// The error code of the server.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    error.code().unwrap_or_else(|| panic!("no code in {error}")).to_string()
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let live = Live::from_env();
    let mut trials = Vec::new();
    for Scenario { name, kinds, provider, run } in scenarios() {
        for &kind in kinds {
            trials.push(trial(format!("fake::{kind}::{name}"), Ok(()), move |()| World::fake(kind), run));
            let live = live.clone().and_then(|live| if provider { live.with_provider() } else { Ok(live) });
            trials.push(trial(
                format!("live::{kind}::{name}"),
                live,
                move |live| async move { World::live(kind, &live) },
                run,
            ));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that prints the reason if it is skipped.
fn trial<T: Send + 'static, F: Future<Output = World>>(
    name: String,
    server: Result<T, String>,
    world: impl FnOnce(T) -> F + Send + 'static,
    run: Run,
) -> Trial {
    let title = name.clone();
    Trial::test(name, move || {
        match server {
            // A single write, because other tests print at the same time.
            Err(why) => io::stderr().write_all(format!("skipped: {title}: {why}\n").as_bytes())?,
            Ok(server) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async { run(&world(server).await).await });
            }
        }
        Ok(())
    })
}
