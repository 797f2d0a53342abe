//! A page that signs in with a password, a passkey or a provider, and keeps the session in all of its tabs.

#![cfg(target_arch = "wasm32")]

use std::rc::Rc;

use futures_util::StreamExt;
use gotrue::{
    Client, Error, PasskeyAssertion, Password, Provider, SessionManager, SignOutScope, SignUp, SignUpOutcome, WebStore,
    auth::FlowKind, browser,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement};

/// Starts the page, with the server at this URL.
#[wasm_bindgen]
pub async fn start(server: String) -> Result<(), JsError> {
    let client = Client::new(server, "")?;
    let auth = client.session_manager(WebStore::local("session")?).await?;
    let page = Rc::new(Page { auth });
    page.listen();

    // The page is also where the provider returns to.
    page.run(async |page| browser::complete_flow(&page.auth).await.map(drop));

    // What other tabs do to the session is shown here as well.
    let following = page.auth.follow_store();
    let refreshing = page.auth.auto_refresh();
    let mut events = page.auth.events();
    while events.next().await.is_some() {
        page.show();
    }
    drop((following, refreshing));
    Ok(())
}

/// The page, with the session of its user.
struct Page {
    auth: SessionManager,
}

impl Page {
    /// Connects the buttons.
    fn listen(self: &Rc<Self>) {
        self.on("sign-in", async |page| page.sign_in().await);
        self.on("sign-up", async |page| page.sign_up().await);
        self.on("passkey", async |page| page.sign_in_with_passkey().await);
        self.on("github", async |page| page.leave_for_github());
        self.on("refresh", async |page| page.auth.refresh().await.map(drop));
        self.on("add-passkey", async |page| page.add_passkey().await);
        self.on("sign-out", async |page| page.auth.sign_out(SignOutScope::Local).await);
    }

    async fn sign_in(&self) -> Result<(), Error> {
        self.auth.sign_in(Password::email(input("email"), input("password"))).await?;
        Ok(())
    }

    async fn sign_up(&self) -> Result<(), Error> {
        if let SignUpOutcome::ConfirmationRequired(_) =
            self.auth.sign_up(SignUp::email(input("email"), input("password"))).await?
        {
            status("Open the link in the message that was sent to you.", false);
        }
        Ok(())
    }

    async fn sign_in_with_passkey(&self) -> Result<(), Error> {
        let challenge = self.auth.client().passkey_options().await?;
        let credential = browser::get_credential(&challenge.options).await?;
        self.auth.sign_in(PasskeyAssertion::new(challenge.challenge_id, credential)).await?;
        Ok(())
    }

    async fn add_passkey(&self) -> Result<(), Error> {
        let passkeys = self.auth.user().passkeys();
        let challenge = passkeys.registration_options().await?;
        let credential = browser::create_credential(&challenge.options).await?;
        passkeys.register(challenge.challenge_id, credential).await?;
        status("The passkey was added.", false);
        Ok(())
    }

    fn leave_for_github(&self) -> Result<(), Error> {
        let client = self.auth.client();
        let flow = browser::start_flow(client, FlowKind::SignIn)?;
        let redirect_to = flow.redirect_to(browser::current_url()?)?;
        let url = client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier())?;
        browser::leave_for(&url)
    }

    /// Runs an action when a button is clicked.
    fn on(self: &Rc<Self>, button: &str, action: impl AsyncFn(&Self) -> Result<(), Error> + Copy + 'static) {
        let page = self.clone();
        let clicked = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            page.run(action);
        });
        let _ = element(button).add_event_listener_with_callback("click", clicked.as_ref().unchecked_ref());
        // The page keeps its buttons until it is closed.
        clicked.forget();
    }

    /// Runs an action, and shows its error.
    fn run(self: &Rc<Self>, action: impl AsyncFn(&Self) -> Result<(), Error> + 'static) {
        let page = self.clone();
        status("", false);
        spawn_local(async move {
            if let Err(error) = action(&page).await {
                status(&error.to_string(), true);
            }
        });
    }

    /// Shows the session.
    fn show(&self) {
        let session = self.auth.session();
        if let Some(session) = &session {
            let user = session.user();
            element("user").set_text_content(user.email.as_deref().or(Some("a user without an email address")));
            element("expires").set_text_content(Some(&session.expires_at().format("%H:%M:%S UTC").to_string()));
        }
        element("signed-in").set_hidden(session.is_none());
        element("signed-out").set_hidden(session.is_some());
    }
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect_throw("a page has a document")
}

fn element(id: &str) -> HtmlElement {
    let element: Option<Element> = document().get_element_by_id(id);
    element.and_then(|element| element.dyn_into().ok()).expect_throw("the page has this element")
}

fn input(id: &str) -> String {
    element(id).unchecked_into::<HtmlInputElement>().value()
}

fn status(text: &str, is_error: bool) {
    let status = element("status");
    status.set_text_content(Some(text));
    status.set_class_name(if is_error { "error" } else { "" });
}
