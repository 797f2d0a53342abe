//! Looking up, creating and confirming users.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contact,
    model::{ErrorCode, types::Identity},
    settings::DEFAULT_DOMAIN,
    state::{
        rows::account::{Account, blank_user, identity_claims, merge, new_identity},
        storable::check_json,
        store::State,
        table::Key,
    },
    wire::ApiError,
};

pub(crate) const EMAIL_TAKEN: &str = "A user with this email address has already been registered";

/// The message of the server if the database refuses a new user.
const NOT_SAVED: &str = "Database error saving new user";

/// An email address or phone number.
#[derive(Clone, Debug)]
pub(crate) enum Contact {
    Email(String),
    Phone(String),
}

impl Contact {
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Email(address) | Self::Phone(address) => address,
        }
    }
}

impl State {
    pub(crate) fn account(&mut self, id: Uuid) -> Result<&mut Account, ApiError> {
        let gone = || ApiError::new(403, ErrorCode::UserNotFound, "User from sub claim in JWT does not exist");
        self.accounts.find_mut(&Key::Id(id)).ok_or_else(gone)
    }

    /// Finds the user with this email address and audience.
    pub(crate) fn account_by_email(&mut self, email: &str, aud: &str) -> Option<&mut Account> {
        let email = email.to_lowercase();
        let is_it = |account: &Account| {
            account.email() == email && account.user.aud.as_deref() == Some(aud) && !account.is_separate
        };
        let places = self.accounts.places(&Key::Email(email.clone()));
        let place = places.into_iter().find(|place| is_it(&self.accounts[*place]))?;
        Some(&mut self.accounts[place])
    }

    /// Finds the user with this phone number and audience.
    pub(crate) fn account_by_phone(&mut self, phone: &str, aud: &str) -> Option<&mut Account> {
        let phone = contact::plain_phone(phone);
        let is_it = |account: &Account| account.user.aud.as_deref() == Some(aud) && !account.is_separate;
        let places = self.accounts.places(&Key::Phone(phone));
        let place = places.into_iter().find(|place| is_it(&self.accounts[*place]))?;
        Some(&mut self.accounts[place])
    }

    /// Finds the user who has this email address, or else another user one of whose identities has it. Users in other
    /// linking domains than the default one do not count.
    pub(crate) fn owner_of_email(&mut self, email: &str, aud: &str, except: Option<Uuid>) -> Option<Uuid> {
        let email = email.to_lowercase();
        let has_email = |identity: &Identity| {
            identity.email.as_deref() == Some(&email)
                && self.settings.linking_domain(&identity.provider) == DEFAULT_DOMAIN
        };
        let is_it = |account: &&Account| {
            Some(account.user.id) != except
                && account.user.aud.as_deref() == Some(aud)
                && account.user.identities.iter().flatten().any(has_email)
        };
        let by_identity = self.accounts.with(&Key::Email(email.clone())).find(is_it).map(|account| account.user.id);
        by_identity.or_else(|| self.account_by_email(&email, aud).map(|account| account.user.id))
    }

    /// Fails as the database does if another user has the address or number, of whatever audience.
    pub(crate) fn check_unique(&mut self, user_id: Uuid, contact: &Contact, message: &str) -> Result<(), ApiError> {
        let (constraint, column) = match contact {
            Contact::Email(_) => ("users_email_partial_key", "email"),
            Contact::Phone(_) => ("users_phone_key", "phone"),
        };
        let (key, has_it): (_, fn(&Account, &str) -> bool) = match contact {
            Contact::Email(email) => (Key::Email(email.clone()), |account, email| account.email() == email),
            Contact::Phone(phone) => (Key::Phone(phone.clone()), |account, phone| account.phone() == phone),
        };
        let is_taken = |account: &Account| account.user.id != user_id && has_it(account, contact.address());
        // Only an email address may be that of users in several linking domains.
        let is_email = matches!(contact, Contact::Email(_));
        let is_separate = self.accounts.find(&Key::Id(user_id)).is_some_and(|account| account.is_separate);
        let is_taken = |account: &Account| is_taken(account) && !(is_email && (is_separate || account.is_separate));
        if self.accounts.with(&key).any(is_taken) {
            return Err(ApiError::taken(constraint, column, contact.address(), message));
        }
        Ok(())
    }

    /// Creates an anonymous user.
    pub(crate) fn create_anonymous(&mut self, data: Option<Value>, aud: &str) -> Result<Uuid, ApiError> {
        let id = self.create_blank("", "", data.as_ref(), aud)?;
        let account = self.account(id)?;
        account.user.is_anonymous = Some(true);
        account.user.user_metadata = Some(data.unwrap_or_else(|| json!({})));
        Ok(id)
    }

    /// Creates a user for a sign-up by email or phone. Both the user and the identity get the metadata.
    pub(crate) fn create_account(
        &mut self,
        contact: &Contact,
        data: Option<Value>,
        aud: &str,
    ) -> Result<Uuid, ApiError> {
        let (email, phone, provider) = match contact {
            Contact::Email(email) => (email.as_str(), "", "email"),
            Contact::Phone(phone) => ("", phone.as_str(), "phone"),
        };
        let id = self.create_blank(email, phone, data.as_ref(), aud)?;
        let mut profile = data.unwrap_or_else(|| json!({}));
        merge(&mut profile, &identity_claims(id, email));
        self.identify_new(id, provider, profile.clone())?;
        let account = self.account(id)?;
        account.merge_metadata(&profile);
        account.list_providers();
        Ok(id)
    }

    /// Creates a user for an invitation. The user gets the metadata, the identity only the address.
    pub(crate) fn create_invited(&mut self, email: &str, data: Option<Value>, aud: &str) -> Result<Uuid, ApiError> {
        let id = self.create_blank(email, "", data.as_ref(), aud)?;
        self.identify_new(id, "email", identity_claims(id, email))?;
        let account = self.account(id)?;
        account.user.user_metadata = Some(data.unwrap_or_else(|| json!({})));
        account.list_providers();
        Ok(id)
    }

    fn create_blank(&mut self, email: &str, phone: &str, data: Option<&Value>, aud: &str) -> Result<Uuid, ApiError> {
        check_json(data, NOT_SAVED)?;
        let (id, now) = (self.random.id(), self.now());
        let mut user = blank_user(&self.settings, id, email, phone, aud, now);
        // A user of another audience may have it.
        self.check_unique(id, &Contact::Email(user.email.clone().unwrap_or_default()), NOT_SAVED)?;
        self.check_unique(id, &Contact::Phone(user.phone.clone().unwrap_or_default()), NOT_SAVED)?;
        let provider = match (email, phone) {
            ("", "") => "",
            ("", _) => "phone",
            _ => "email",
        };
        user.is_anonymous = Some(provider.is_empty());
        self.before_user_created(&user, provider, data.unwrap_or(&json!({})))?;
        user.is_anonymous = Some(false);
        self.accounts.push(Account::new(user));
        Ok(id)
    }

    /// Adds the email or phone identity of a user that exists without one, as the only identity.
    pub(crate) fn replace_identities(
        &mut self,
        user_id: Uuid,
        provider: &str,
        data: Option<Value>,
    ) -> Result<(), ApiError> {
        let email = self.account(user_id)?.email().to_owned();
        let mut profile = data.unwrap_or_else(|| json!({}));
        merge(&mut profile, &identity_claims(user_id, &email));
        self.account(user_id)?.user.identities = Some(Vec::new());
        self.identify_new(user_id, provider, profile.clone())?;
        let account = self.account(user_id)?;
        account.user.user_metadata = Some(profile);
        account.list_providers();
        Ok(())
    }

    fn identify_new(&mut self, user_id: Uuid, provider: &str, data: Value) -> Result<(), ApiError> {
        let (identity_id, now) = (self.random.id(), self.now());
        let identity = new_identity(identity_id, user_id, &user_id.to_string(), provider, data, now);
        self.account(user_id)?.add_identity(identity);
        Ok(())
    }

    /// Adds the email identity of a user with a confirmed address, unless there is one.
    pub(crate) fn add_email_identity(&mut self, user_id: Uuid) -> Result<(), ApiError> {
        let account = self.account(user_id)?;
        let has_one = account.user.identities.iter().flatten().any(|identity| identity.provider == "email");
        if has_one
            || account.is_separate
            || account.email().is_empty()
            || !account.has_confirmed_email()
            || account.user.is_anonymous == Some(true)
        {
            return Ok(());
        }
        let mut data = identity_claims(user_id, account.email());
        data["email_verified"] = json!(true);
        self.identify_new(user_id, "email", data)?;
        self.account(user_id)?.list_providers();
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
