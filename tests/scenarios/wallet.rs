//! Sign-in with wallets.

use ed25519_dalek::{Signer, SigningKey};
use gotrue::{
    Web3,
    auth::{EthereumMessage, SolanaMessage},
    chrono::{TimeDelta, Utc},
};
use k256::ecdsa;
use sha3::{Digest, Keccak256};

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

pub async fn ethereum(world: &World) {
    let client = &world.client;
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&entropy().to_le_bytes());
    let key = ecdsa::SigningKey::from_slice(&seed).unwrap();
    let address = address_of(&key);
    let message = || EthereumMessage::new(&address, format!("{SITE}/"), Utc::now()).statement("Let me in");
    let text = message().build().unwrap();
    let session = client.sign_in(Web3::ethereum(&text, personal_sign(&key, &text))).await.unwrap();
    let identity = &session.user().identities.as_ref().unwrap()[0];
    assert_eq!((identity.provider.as_str(), &*identity.id), ("web3", &*format!("web3:ethereum:{address}")));
    let again = client.sign_in(Web3::ethereum(&text, personal_sign(&key, &text))).await.unwrap();
    assert_eq!(again.user().id, session.user().id);

    let other = ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
    let forged = client.sign_in(Web3::ethereum(&text, personal_sign(&other, &text))).await;
    assert_eq!(code(forged), "invalid_grant");
    let old = EthereumMessage::new(&address, format!("{SITE}/"), Utc::now() - TimeDelta::minutes(11));
    let old = old.build().unwrap();
    assert_eq!(code(client.sign_in(Web3::ethereum(&old, personal_sign(&key, &old))).await), "invalid_grant");
    let odd = text.replace("Version: 1", "Version: 2");
    assert_eq!(code(client.sign_in(Web3::ethereum(&odd, personal_sign(&key, &odd))).await), "validation_failed");
}

/// The Ethereum address: the end of the hash of the key.
fn address_of(key: &ecdsa::SigningKey) -> String {
    let point = key.verifying_key().to_sec1_point(false);
    format!("0x{}", hex(&Keccak256::digest(&point.as_bytes()[1..])[12..]))
}

/// Signs a text as wallets do (ERC-191).
fn personal_sign(key: &ecdsa::SigningKey, text: &str) -> String {
    let signed = format!("\x19Ethereum Signed Message:\n{}{text}", text.len());
    let (signature, recovery_id) = key.sign_prehash_recoverable(&Keccak256::digest(signed));
    format!("0x{}{:02x}", hex(&signature.to_bytes()), recovery_id.to_byte() + 27)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
