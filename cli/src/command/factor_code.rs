//! The prompt for the code of a second factor.

use gotrue::types::{Factor, FactorType};

use crate::{context::Context, failure::Result, prompt};

/// Prompts for the code of a factor, and says where it is: on the phone that it was sent to, or in the authenticator
/// app.
pub fn factor_code(context: &Context, factor: &Factor) -> Result<String> {
    let name = factor.friendly_name.as_deref().filter(|name| !name.is_empty());
    if factor.factor_type == FactorType::Phone {
        let phone = factor.phone.as_deref().filter(|phone| !phone.is_empty());
        context.out.note(format!("sent a code to {}", phone.unwrap_or("your phone")));
        return prompt::line(&name.map_or_else(|| "Code".to_owned(), |name| format!("Code for {name}")));
    }
    prompt::line(&format!("Code from {}", name.unwrap_or("your authenticator app")))
}
