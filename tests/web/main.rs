//! Sessions in cookies: the vectors of `@supabase/ssr`, the layer and its handlers.

mod bad_cookies;
mod browser;
mod caches;
mod cross_site;
mod pages;
mod refresh;
mod routes;
mod session;
mod vectors;
