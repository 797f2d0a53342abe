//! The server and its keys from environment variables.

use std::env;

use crate::secret::Secret;

/// The server and its keys, as the environment names them.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) base_url: Option<String>,
    pub(crate) api_key: Option<Secret>,
    pub(crate) service_key: Option<Secret>,
    /// The public keys of the server, as JSON.
    pub(crate) jwks: Option<String>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self::from_lookup(|name| env::var(name).ok())
    }

    /// Reads one of the two families of variables: `GOTRUE_*` or, if only its URL is set, `SUPABASE_*`. They are never
    /// mixed, since a key must not be sent to a server that it is not for.
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        // An empty variable counts as not set.
        let lookup = |name: &str| Some(lookup(name)?.trim().to_owned()).filter(|value| !value.is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| lookup(name)).map(Secret::from);
        let own_url = lookup("GOTRUE_URL");
        match lookup("SUPABASE_URL") {
            Some(project) if own_url.is_none() => Self {
                base_url: Some(auth_url(&project)),
                api_key: first(&["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"]),
                service_key: first(&["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"]),
                jwks: lookup("SUPABASE_JWKS"),
            },
            _ => Self {
                // Without a URL, the keys may be all that there is.
                jwks: lookup("GOTRUE_JWKS").or_else(|| own_url.is_none().then(|| lookup("SUPABASE_JWKS")).flatten()),
                base_url: own_url,
                api_key: first(&["GOTRUE_API_KEY"]),
                service_key: first(&["GOTRUE_SERVICE_KEY"]),
            },
        }
    }
}

/// Returns the URL of the server in a Supabase project.
fn auth_url(project: &str) -> String {
    let project = project.trim_end_matches('/');
    if project.ends_with("/auth/v1") { project.to_owned() } else { format!("{project}/auth/v1") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables; URL, API key and service key.
    type Case<'a> = (&'a [(&'a str, &'a str)], [Option<&'a str>; 3]);

    #[test]
    fn keys_are_those_of_the_family_of_the_url() {
        let (own, hosted) = (("GOTRUE_JWKS", "own"), ("SUPABASE_JWKS", "hosted"));
        let (own_url, hosted_url) = (("GOTRUE_URL", "http://a:1"), ("SUPABASE_URL", "https://p.supabase.co"));
        let cases: [(&[(&str, &str)], _); 8] = [
            (&[], None),
            (&[own], Some("own")),
            (&[hosted], Some("hosted")),
            (&[own, hosted], Some("own")),
            (&[own_url, hosted], None),
            (&[hosted_url, own], None),
            (&[hosted_url, own, hosted], Some("hosted")),
            (&[own_url, hosted_url, own, hosted], Some("own")),
        ];
        for (variables, expected) in cases {
            let read = Environment::from_lookup(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(read.jwks.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_families_are_never_mixed() {
        let (own, hosted) = ("http://a:1/x/", "https://p.supabase.co");
        let hosted_url = Some("https://p.supabase.co/auth/v1");
        #[rustfmt::skip]
        let cases: &[Case<'_>] = &[
            (&[], [None; 3]),
            (&[("GOTRUE_URL", ""), ("GOTRUE_API_KEY", " ")], [None; 3]),
            (&[("GOTRUE_URL", own), ("GOTRUE_API_KEY", "k"), ("GOTRUE_SERVICE_KEY", "s")], [Some(own), Some("k"), Some("s")]),
            (&[("GOTRUE_API_KEY", "k")], [None, Some("k"), None]),
            (&[("SUPABASE_URL", hosted)], [hosted_url, None, None]),
            (&[("SUPABASE_URL", "https://p.supabase.co/")], [hosted_url, None, None]),
            (&[("SUPABASE_URL", "https://p.supabase.co/auth/v1/")], [hosted_url, None, None]),
            (&[("SUPABASE_URL", hosted), ("SUPABASE_ANON_KEY", "k"), ("SUPABASE_SERVICE_ROLE_KEY", "s")],
                [hosted_url, Some("k"), Some("s")]),
            (&[("SUPABASE_URL", hosted), ("SUPABASE_PUBLISHABLE_KEY", "k"), ("SUPABASE_SECRET_KEY", "s")],
                [hosted_url, Some("k"), Some("s")]),
            (&[("SUPABASE_URL", hosted), ("SUPABASE_PUBLISHABLE_KEY", "new"), ("SUPABASE_ANON_KEY", "old"),
                ("SUPABASE_SECRET_KEY", "new"), ("SUPABASE_SERVICE_ROLE_KEY", "old")],
                [hosted_url, Some("new"), Some("new")]),
            (&[("SUPABASE_URL", hosted), ("SUPABASE_PUBLISHABLE_KEY", ""), ("SUPABASE_ANON_KEY", "old")],
                [hosted_url, Some("old"), None]),
            // Both families: the URL decides.
            (&[("GOTRUE_URL", own), ("SUPABASE_URL", hosted), ("SUPABASE_ANON_KEY", "k"), ("SUPABASE_SECRET_KEY", "s")],
                [Some(own), None, None]),
            (&[("SUPABASE_URL", hosted), ("GOTRUE_API_KEY", "k"), ("GOTRUE_SERVICE_KEY", "s")], [hosted_url, None, None]),
            (&[("SUPABASE_ANON_KEY", "k"), ("SUPABASE_SECRET_KEY", "s")], [None; 3]),
        ];
        for (variables, expected) in cases {
            let read = Environment::from_lookup(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            let found = [
                read.base_url.as_deref(),
                read.api_key.as_ref().map(Secret::expose),
                read.service_key.as_ref().map(Secret::expose),
            ];
            assert_eq!(found, *expected, "{variables:?}");
        }
    }
}
