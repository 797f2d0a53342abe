//! Sign-in with a company.

use gotrue::Sso;

use crate::{code, world::World};

pub async fn an_unknown_domain(world: &World) {
    let unknown = world.client.sso(Sso::domain("nobody.example.com")).url().await;
    assert_eq!(code(unknown), "sso_provider_not_found");
}
