//! Binary values of WebAuthn credentials become base64url, whichever way a library writes bytes as JSON.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use gotrue::types::PublicKeyCredential;
use serde_json::{Map, Value, json};

/// A way to write bytes as JSON.
type Form = (&'static str, fn(&[u8]) -> Value);

const FORMS: [Form; 11] = [
    ("base64url", |bytes| URL_SAFE_NO_PAD.encode(bytes).into()),
    ("base64url with padding", |bytes| URL_SAFE.encode(bytes).into()),
    ("base64", |bytes| STANDARD.encode(bytes).into()),
    ("base64 without padding", |bytes| STANDARD_NO_PAD.encode(bytes).into()),
    ("base64 in lines", |bytes| {
        let text = STANDARD.encode(bytes);
        let (start, end) = text.split_at(text.len() / 2);
        format!("{start}\r\n{end}\n").into()
    }),
    ("a list", |bytes| json!(bytes)),
    ("a list of signed bytes", |bytes| bytes.iter().map(|byte| byte.cast_signed()).collect()),
    ("a typed array", |bytes| typed_array(bytes, |byte| json!(byte))),
    ("a typed array of signed bytes", |bytes| typed_array(bytes, |byte| json!(byte.cast_signed()))),
    ("a typed array in another order", |bytes| {
        let members = bytes.iter().enumerate().rev();
        Value::Object(members.map(|(index, byte)| (index.to_string(), json!(byte))).collect())
    }),
    ("a Buffer of Node.js", |bytes| json!({ "type": "Buffer", "data": bytes })),
];

fn typed_array(bytes: &[u8], number: fn(u8) -> Value) -> Value {
    let members: Map<_, _> = bytes.iter().enumerate().map(|(index, byte)| (index.to_string(), number(*byte))).collect();
    Value::Object(members)
}

/// Values whose base64 differs between the alphabets, with each length of padding, and longer than ten bytes.
fn values() -> [Vec<u8>; 4] {
    [vec![0xfb], vec![0xfb, 0xff], vec![0xfb, 0xff, 0xfe], (0..=255).rev().collect()]
}

fn created(value: &dyn Fn(u8) -> Value) -> Value {
    json!({
        "id": value(0), "rawId": value(0), "type": "public-key", "authenticatorAttachment": "platform",
        "response": {
            "clientDataJSON": value(1), "attestationObject": value(2), "authenticatorData": value(3),
            "publicKey": value(4), "publicKeyAlgorithm": -7, "transports": ["internal", "hybrid"],
        },
        "clientExtensionResults": {
            "credProps": { "rk": true }, "uvm": [[2, 4, 2]], "prf": { "enabled": true, "results": { "first": value(5), "second": value(6) } },
        },
    })
}

fn used(value: &dyn Fn(u8) -> Value) -> Value {
    json!({
        "id": value(0), "rawId": value(0), "type": "public-key",
        "response": {
            "clientDataJSON": value(1), "authenticatorData": value(2), "signature": value(3), "userHandle": value(4),
        },
        "clientExtensionResults": { "largeBlob": { "blob": value(5) } },
    })
}

#[test]
fn each_form_of_bytes_becomes_base64url() {
    for make in [created, used] {
        for bytes in values() {
            // Each member has a value of its own, so that none can take the place of another.
            let distinct = |member: u8| [&bytes[..], &[member]].concat();
            let expected = make(&|member| URL_SAFE_NO_PAD.encode(distinct(member)).into());
            for (form, write) in FORMS {
                let given = make(&|member| write(&distinct(member)));
                for given in [given.clone(), Value::String(given.to_string())] {
                    let credential =
                        PublicKeyCredential::try_from(given).unwrap_or_else(|error| panic!("{form}: {error}"));
                    assert_eq!(Value::from(credential), expected, "{form}");
                }
            }
        }
    }
}

#[test]
fn a_value_that_is_not_bytes_is_an_error() {
    for wrong in [
        json!(""),
        json!("a"),
        json!("not base64!"),
        json!([]),
        json!([256]),
        json!([-129]),
        json!([-1, 255]),
        json!([1.5]),
        json!(["1"]),
        // An `ArrayBuffer`, whose bytes `JSON.stringify` drops.
        json!({}),
        json!({ "1": 1 }),
        json!({ "0": 1, "2": 2 }),
        json!({ "0": 1, "00": 2 }),
        json!({ "0": 1, "byteLength": 1 }),
        json!({ "0": 256 }),
        json!({ "type": "Buffer", "data": [] }),
        json!({ "type": "Buffer", "data": "AQI" }),
        json!({ "type": "Buffer" }),
        json!(7),
        json!(true),
    ] {
        let mut credential = used(&|_| json!([1, 2]));
        credential["rawId"] = wrong.clone();
        let error = PublicKeyCredential::try_from(credential).unwrap_err();
        let text = "credential rawId must be base64url or bytes that are not empty";
        assert_eq!(error.to_string(), text, "{wrong}");
    }
}

#[test]
fn a_credential_without_a_user_handle_has_none() {
    for none in [json!(null), json!(""), json!([]), json!({})] {
        let mut credential = used(&|_| json!([1, 2]));
        credential["response"]["userHandle"] = none.clone();
        let json = Value::from(PublicKeyCredential::try_from(credential).unwrap());
        assert!(json["response"].get("userHandle").is_none_or(Value::is_null), "{none}: {json}");
    }
}
