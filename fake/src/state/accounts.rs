//! Looking up, creating and confirming users.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contact,
    model::ErrorCode,
    state::{
        rows::account::{Account, blank_user, identity_claims, merge, new_identity},
        store::State,
    },
    wire::ApiError,
};

pub(crate) const EMAIL_TAKEN: &str = "A user with this email address has already been registered";

impl State {
    pub(crate) fn account(&mut self, id: Uuid) -> Result<&mut Account, ApiError> {
        let gone = || ApiError::new(403, ErrorCode::UserNotFound, "User from sub claim in JWT does not exist");
        self.accounts.iter_mut().find(|account| account.user.id == id).ok_or_else(gone)
    }

    pub(crate) fn account_by_email(&mut self, email: &str) -> Option<&mut Account> {
        let email = email.to_lowercase();
        self.accounts.iter_mut().find(|account| account.email() == email)
    }

    pub(crate) fn account_by_phone(&mut self, phone: &str) -> Option<&mut Account> {
        let phone = contact::plain_phone(phone);
        self.accounts.iter_mut().find(|account| account.phone() == phone)
    }

    /// Creates a user for a sign-up. Both the user and the identity get the metadata.
    pub(crate) fn create_account(&mut self, email: &str, phone: &str, data: Option<Value>) -> Result<Uuid, ApiError> {
        let data = data.unwrap_or_else(|| json!({}));
        let id = self.create_blank(email, phone, &data)?;
        let mut profile = data.clone();
        merge(&mut profile, &identity_claims(id, email));
        if email.is_empty() && phone.is_empty() {
            let account = self.account(id)?;
            account.user.is_anonymous = Some(true);
            account.merge_metadata(&data);
        } else {
            let provider = if email.is_empty() { "phone" } else { "email" };
            self.identify_new(id, provider, profile.clone())?;
            self.account(id)?.merge_metadata(&profile);
        }
        Ok(id)
    }

    /// Creates a user for an invitation. The user gets the metadata, the identity only the address.
    pub(crate) fn create_invited(&mut self, email: &str, data: Option<Value>) -> Result<Uuid, ApiError> {
        let data = data.unwrap_or_else(|| json!({}));
        let id = self.create_blank(email, "", &data)?;
        self.identify_new(id, "email", identity_claims(id, email))?;
        self.account(id)?.merge_metadata(&data);
        Ok(id)
    }

    fn create_blank(&mut self, email: &str, phone: &str, data: &Value) -> Result<Uuid, ApiError> {
        if !email.is_empty() {
            contact::email(email)?;
        }
        let (id, now) = (self.random.id(), self.now());
        let mut user = blank_user(&self.settings, id, email, phone, now);
        let provider = match (email, phone) {
            ("", "") => "",
            ("", _) => "phone",
            _ => "email",
        };
        user.is_anonymous = Some(provider.is_empty());
        self.before_user_created(&user, provider, data)?;
        user.is_anonymous = Some(false);
        self.accounts.push(Account::new(user));
        Ok(id)
    }

    fn identify_new(&mut self, user_id: Uuid, provider: &str, data: Value) -> Result<(), ApiError> {
        let (identity_id, now) = (self.random.id(), self.now());
        let identity = new_identity(identity_id, user_id, &user_id.to_string(), provider, data, now);
        self.account(user_id)?.add_identity(identity);
        Ok(())
    }

    /// Adds or updates the identity of a newly confirmed address. An anonymous user becomes a permanent one.
    pub(crate) fn identify(&mut self, user_id: Uuid, provider: &'static str) -> Result<(), ApiError> {
        let (identity_id, now) = (self.random.id(), self.now());
        let account = self.account(user_id)?;
        account.user.is_anonymous = Some(false);
        let address = if provider == "email" { account.email() } else { account.phone() }.to_owned();
        let news = json!({ provider: address, format!("{provider}_verified"): true });
        let identities = account.user.identities.get_or_insert_default();
        if let Some(identity) = identities.iter_mut().find(|identity| identity.provider == provider) {
            let data = identity.identity_data.get_or_insert_with(|| json!({}));
            merge(data, &news);
            identity.email = data["email"].as_str().map(str::to_owned);
        } else {
            let mut data = json!({ "sub": user_id, "email_verified": false, "phone_verified": false });
            merge(&mut data, &news);
            account.add_identity(new_identity(identity_id, user_id, &user_id.to_string(), provider, data, now));
        }
        Ok(())
    }
}
