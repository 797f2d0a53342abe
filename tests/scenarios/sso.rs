//! SAML SSO.

use gotrue::{
    Sso,
    admin::{CreateSsoProvider, UpdateSsoProvider},
    types::NameIdFormat,
};

use crate::{browser::parameter, code, world::World};

pub async fn an_unknown_domain(world: &World) {
    let unknown = world.client.sso(Sso::domain("nobody.example.com")).url().await;
    assert_eq!(code(unknown), "sso_provider_not_found");
}

/// The SAML metadata of an identity provider.
fn metadata(entity: &str) -> String {
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity}\"><IDPSSODescriptor \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><SingleSignOnService \
         Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.example.com/sso?a=1\"/>\
         </IDPSSODescriptor></EntityDescriptor>"
    )
}

pub async fn a_provider(world: &World) {
    let providers = world.admin().sso_providers();
    let (entity, domain) = (format!("https://idp.example.com/{}", world.run()), format!("{}.example", world.run()));
    let create = || CreateSsoProvider::metadata_xml(metadata(&entity)).domains([&domain]).resource_id(world.run());
    let company = providers.create(create()).await.unwrap();
    assert_eq!(company.saml.as_ref().unwrap().entity_id.as_ref(), Some(&entity));
    assert_eq!(code(providers.create(create()).await), "saml_idp_already_exists");
    let other = CreateSsoProvider::metadata_xml(metadata(&format!("{entity}/other"))).domains([&domain]);
    assert_eq!(code(providers.create(other).await), "sso_domain_already_exists");
    let listed = providers.list().resource_id(world.run()).get().await.unwrap();
    assert_eq!(listed.iter().map(|provider| provider.id).collect::<Vec<_>>(), [company.id]);
    assert!(listed[0].saml.as_ref().unwrap().metadata_xml.is_none());

    let url = world.client.sso(Sso::domain(&domain)).url().await.unwrap();
    assert!(url.as_str().starts_with("https://idp.example.com/sso?a=1&SAMLRequest="), "{url}");
    assert!(parameter(&url, "RelayState").is_some());
    let (url, _) = world.client.sso(Sso::provider_id(company.id)).pkce().await.unwrap();
    assert_eq!(url.host_str(), Some("idp.example.com"));

    let more = UpdateSsoProvider::of(&company).domains([&domain, &format!("x{domain}")]).disabled(true);
    let more = more.name_id_format(NameIdFormat::EmailAddress);
    let changed = providers.update(company.id, more.clone()).await.unwrap();
    assert_eq!(changed.domains.as_ref().unwrap().len(), 2);
    // The server updates the format only together with other fields of SAML.
    assert_eq!(changed.saml.unwrap().name_id_format, None);
    let changed = providers.update(company.id, more.metadata_xml(metadata(&entity))).await.unwrap();
    assert_eq!(changed.saml.unwrap().name_id_format.unwrap(), NameIdFormat::EmailAddress.as_str());
    assert_eq!(code(world.client.sso(Sso::domain(&domain)).url().await), "sso_provider_disabled");
    let moved = UpdateSsoProvider::without_name_id_format().metadata_xml(metadata("https://other.example.com"));
    assert_eq!(code(providers.update(company.id, moved).await), "saml_entity_id_mismatch");

    assert_eq!(providers.get(company.id).await.unwrap().resource_id.as_deref(), Some(world.run()));
    providers.delete(company.id).await.unwrap();
    assert_eq!(code(providers.get(company.id).await), "sso_provider_not_found");
    assert_eq!(code(world.client.sso(Sso::domain(&domain)).url().await), "sso_provider_not_found");
}
