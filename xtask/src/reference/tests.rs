#![allow(clippy::unwrap_used)]

use gotrue_openapi::document::entries;

use super::*;

#[test]
fn each_operation_shows_its_error_codes() {
    let before = document::gotrue().unwrap();
    let mut document = before.clone();
    add_codes(&before, &mut document);
    let description = document["paths"]["/user"]["put"]["description"].as_str().unwrap();
    assert!(description.contains("\n| 422 | `same_password` | "), "{description}");
    let meanings = &before["components"]["schemas"]["ErrorCode"]["x-known-values"];
    for operation in document::operations(&before) {
        let shown = document["paths"][operation.path][operation.method]["description"].as_str().unwrap();
        for (status, response) in operation.responses().filter(|(status, _)| status.starts_with('4')) {
            let text = document::resolve(&before, response)["description"].as_str().unwrap();
            for code in entries(meanings).map(|(code, _)| code).filter(|code| text.contains(&format!("`{code}`"))) {
                let row = format!("| {status} | `{code}` |");
                assert!(shown.contains(&row), "{} lacks {row}", operation.name());
            }
        }
    }
}

#[test]
fn releases_and_known_values_are_in_descriptions() {
    let document = complete(&document::gotrue().unwrap(), &Value::Null);
    let description = |pointer: &str| document.pointer(pointer).unwrap()["description"].as_str().unwrap().to_owned();
    let codes = description("/components/schemas/ErrorCode");
    assert!(codes.contains("\n- `otp_expired`: "), "{codes}");
    assert!(description("/components/schemas/GrantType").ends_with(" Since v2.171.0: `web3`."));
    assert!(description("/paths/~1passkeys/get").starts_with("Since v2.188.0.\n\n**Error codes**"));
    let locked = description("/paths/~1factors~1recovery-codes~1verify/post");
    assert!(
        locked.contains("| 429 | `mfa_recovery_codes_locked` | ") && locked.contains("Since v2.197.0. |\n"),
        "{locked}"
    );
}

#[test]
fn the_page_shows_the_examples_of_the_document() {
    let examples = yaml::parse(&workspace::read(&workspace::examples()).unwrap()).unwrap();
    let document = complete(&document::gotrue().unwrap(), &examples);
    assert_eq!(document["components"]["schemas"]["Health"]["example"]["name"], "GoTrue");
    assert!(document["components"]["schemas"]["User"]["example"]["email"].is_string());
}

#[test]
fn a_page_is_one_script_that_nothing_in_it_ends() {
    let document = json!({ "info": { "title": "Shop", "description": "ends </script> here" } });
    let page = html(&document, "const end = \"</script>\";");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("<title>Shop</title>") && page.contains("ends <\\/script> here"));
    assert!(!page.contains("src="));
}
