//! A wallet that signs.

use ed25519_dalek::{Signer, SigningKey};
use gotrue::{SolanaMessage, Web3, chrono::Utc};

use crate::{
    code,
    world::{SITE, World, entropy},
};

pub async fn solana(world: &World) {
    let client = &world.client;
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&entropy().to_le_bytes());
    let key = SigningKey::from_bytes(&seed);
    let address = bs58::encode(key.verifying_key().as_bytes()).into_string();
    let message =
        || SolanaMessage::new(&address, format!("{SITE}/"), Utc::now()).statement("Let me in").build().unwrap();
    let text = message();
    let session = client.sign_in(Web3::solana(&text, key.sign(text.as_bytes()).to_bytes())).await.unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "web3");

    let text = message();
    let again = client.sign_in(Web3::solana(&text, key.sign(text.as_bytes()).to_bytes())).await.unwrap();
    assert_eq!(again.user().id, session.user().id);
    let other = SigningKey::from_bytes(&[9; 32]);
    let forged = Web3::solana(&text, other.sign(text.as_bytes()).to_bytes());
    assert_eq!(code(client.sign_in(forged).await), "invalid_grant");
}
