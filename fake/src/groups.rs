//! The groups of routes in which the real server arranges its operations.
//!
//! A group checks a request before the server knows whether there is an operation for it, so that a caller without
//! credentials does not learn which paths and methods exist.

use crate::{
    handlers::{admin, callback, factors, oauth::clients, scim, sso::providers},
    model::{ErrorCode, OPERATIONS, Operation},
    path_pattern::{is_at, is_below},
    state::State,
    wire::{ApiError, Request, Response},
};

/// The routes below a path.
struct Group {
    path: &'static str,
    checks: &'static [Check],
}

/// What a group asks of each request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    /// The access token of a user.
    User,
    /// The access token of a user who is not anonymous.
    NamedUser,
    Admin,
    /// A user, for an administrator.
    UserInPath,
    /// A factor of the signed-in user.
    FactorInPath,
    /// A factor of a user, for an administrator.
    FactorOfUserInPath,
    SsoProviderInPath,
    OAuthClientInPath,
    /// The flow that a provider leads back to.
    Flow,
    ManualLinking,
    OAuthServer,
    Passkeys,
    CustomProviders,
    Saml,
    Scim,
}

/// A group stands after those that contain it, and a path with a parameter after those without one, which take
/// precedence.
const GROUPS: [Group; 33] = [
    group("/callback", &[Check::Flow]),
    group("/signup", &[]),
    group("/verify", &[]),
    group("/reauthenticate", &[Check::User]),
    group("/user", &[Check::User]),
    group("/user/identities", &[Check::ManualLinking]),
    group("/user/oauth/grants", &[Check::OAuthServer]),
    group("/factors", &[Check::NamedUser]),
    group("/factors/recovery-codes", &[]),
    group("/factors/{factor_id}", &[Check::FactorInPath]),
    group("/passkeys", &[Check::Passkeys]),
    group("/passkeys/authentication", &[]),
    group("/passkeys/registration", &[Check::NamedUser]),
    group("/passkeys/{passkey_id}", &[Check::User]),
    group("/sso", &[Check::Saml]),
    group("/sso/saml", &[]),
    group("/admin", &[Check::Admin]),
    group("/admin/audit", &[]),
    group("/admin/users", &[]),
    group("/admin/users/{user_id}", &[Check::UserInPath]),
    group("/admin/users/{user_id}/factors", &[]),
    group("/admin/users/{user_id}/factors/{factor_id}", &[Check::FactorOfUserInPath]),
    group("/admin/users/{user_id}/passkeys", &[]),
    group("/admin/users/{user_id}/passkeys/{passkey_id}", &[]),
    group("/admin/sso/providers", &[]),
    group("/admin/sso/providers/{idp_id}", &[Check::SsoProviderInPath]),
    group("/admin/oauth", &[Check::OAuthServer]),
    group("/admin/oauth/clients", &[]),
    group("/admin/oauth/clients/{client_id}", &[Check::OAuthClientInPath]),
    group("/admin/custom-providers", &[Check::CustomProviders]),
    group("/admin/custom-providers/{identifier}", &[]),
    group("/oauth", &[Check::OAuthServer]),
    group("/scim/v2", &[Check::Scim]),
];

const fn group(path: &'static str, checks: &'static [Check]) -> Group {
    Group { path, checks }
}

/// Returns the groups that contain a path, outermost first.
fn around(path: &str) -> Vec<&'static Group> {
    let mut groups: Vec<&'static Group> = Vec::new();
    for group in &GROUPS {
        if is_below(group.path, path) && groups.last().is_none_or(|outer| is_below(outer.path, group.path)) {
            groups.push(group);
        }
    }
    groups
}

/// Returns the operations of a path, of all methods. An operation of a group itself has a trailing slash or none.
pub(crate) fn operations(path: &str) -> Vec<&'static Operation> {
    let innermost = |path: &str| around(path).last().map_or("", |group| group.path);
    let group = innermost(path);
    let is_here = |operation: &&Operation| {
        let is_at_slash = || operation.path == group && is_at(&format!("{group}/"), path);
        (is_at(operation.path, path) || is_at_slash()) && innermost(operation.path) == group
    };
    OPERATIONS.iter().filter(is_here).collect()
}

/// Checks a request as the groups around its path do. If there is an operation for it, which checks its credentials
/// itself, that is only done if a feature is off.
pub(crate) fn check(state: &mut State, request: &Request, has_operation: bool) -> Result<(), Box<Response>> {
    let checks = || around(&request.route()).into_iter().flat_map(|group| group.checks);
    if has_operation && checks().all(|check| check.is_on(state)) {
        return Ok(());
    }
    checks().try_for_each(|check| check.run(state, request))
}

/// Returns the response to a request without an operation.
pub(crate) fn not_found(request: &Request) -> Response {
    if around(&request.route()).iter().any(|group| group.checks == [Check::Scim]) {
        return scim::not_found();
    }
    Response::new(404)
        .body("text/plain; charset=utf-8", "404 page not found\n")
        .header("x-content-type-options", "nosniff")
}

impl Check {
    fn run(self, state: &mut State, request: &Request) -> Result<(), Box<Response>> {
        let result = match self {
            Self::Flow => return callback::check_flow(state, request),
            Self::User => state.caller(request).map(drop),
            Self::NamedUser => state.named_caller(request).map(drop),
            Self::Admin => state.check_admin(request),
            Self::UserInPath => admin::path::user_id(state, request).map(drop),
            Self::FactorInPath => factors::in_path(state, request).map(drop),
            Self::FactorOfUserInPath => admin::factors::find(state, request).map(drop),
            Self::SsoProviderInPath => providers::find(state, request).map(drop),
            Self::OAuthClientInPath => clients::find(state, request).map(drop),
            _ if self.is_on(state) => Ok(()),
            Self::ManualLinking => off(ErrorCode::ManualLinkingDisabled, "Manual linking is disabled"),
            Self::OAuthServer => off(ErrorCode::FeatureDisabled, "OAuth server is disabled"),
            Self::Passkeys => off(ErrorCode::PasskeyDisabled, "Passkeys are disabled"),
            Self::CustomProviders => off(ErrorCode::FeatureDisabled, "Custom OAuth providers are disabled"),
            Self::Saml => off(ErrorCode::SamlProviderDisabled, "SAML 2.0 is disabled"),
            Self::Scim => off(ErrorCode::FeatureDisabled, "SCIM server is disabled"),
        };
        result.map_err(|error| Box::new(error.into_response(request)))
    }

    /// Returns whether the feature is on, for a check of one.
    fn is_on(self, state: &State) -> bool {
        let settings = &state.settings;
        match self {
            Self::ManualLinking => settings.manual_linking,
            Self::OAuthServer => settings.oauth_server,
            Self::Passkeys => settings.passkeys,
            Self::CustomProviders => settings.custom_providers,
            Self::Saml => settings.saml,
            Self::Scim => settings.scim,
            _ => true,
        }
    }
}

fn off(code: ErrorCode, message: &str) -> Result<(), ApiError> {
    Err(ApiError::new(404, code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_operations_of_its_innermost_group() {
        let ids = |path: &str| operations(path).iter().map(|operation| operation.id).collect::<Vec<_>>();
        for (path, expected) in [
            ("/user", &["get_user", "update_user"][..]),
            ("/user/", &["get_user", "update_user"]),
            ("/user//", &[]),
            ("/settings/", &[]),
            ("/passkeys/authentication", &[]),
            ("/passkeys/a", &["delete_passkey", "update_passkey"]),
            ("/passkeys//", &["delete_passkey", "update_passkey"]),
            ("/factors/recovery-codes/verify", &["verify_recovery_code"]),
            ("/factors/a/verify", &["verify_factor"]),
            ("/factors/a/b/verify", &[]),
        ] {
            let mut ids = ids(path);
            ids.sort_unstable();
            assert_eq!(ids, expected, "{path}");
        }
    }

    #[test]
    fn each_operation_is_at_its_path() {
        for operation in OPERATIONS {
            assert!(operations(operation.path).iter().any(|found| found.id == operation.id), "{}", operation.id);
        }
    }
}
