//! Secrets are never logged.

use gotrue::{
    Password, ProfileUpdate, Recover, SignUp, VerifyOtp,
    admin::Invite,
    types::{EmailOtpType, OtpType},
};
use gotrue_fake::FakeServer;
use support::{
    log_buffer::LogBuffer,
    planted::{PLANTED, assert_clean},
};

#[test]
fn no_log_contains_a_secret() {
    let written = LogBuffer::default();
    let writer = written.clone();
    // For the whole process, to include what other crates log.
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (tokens, service_key) = runtime.block_on(async {
        let server = FakeServer::start().await;
        let client = server.client_builder().header("x-gateway-key", PLANTED[0]).build().unwrap();
        let (email, password) = ("ada@example.com", PLANTED[0]);
        client.sign_up(SignUp::email(email, password).captcha_token(PLANTED[2])).await.unwrap();
        let session = client.sign_in(Password::email(email, password)).await.unwrap();
        let user = client.user(session.access_token());
        user.update(ProfileUpdate::new().password("another-horse-8")).await.unwrap();
        let renewed = client.refresh(session.refresh_token()).await.unwrap();
        client.recover(Recover::email(email)).await.unwrap();
        let message = server.last_message_to(email).unwrap();
        client.verify_otp(VerifyOtp::email(email, &message.code).otp_type(OtpType::Recovery)).await.unwrap();
        client.admin(server.service_key()).invite(Invite::email("grace@example.com")).await.unwrap();
        client.raw().verify_link(None, &PLANTED[3].into(), EmailOtpType::Signup).await.err().unwrap();
        client.refresh("f5pr2ljsaq5q").await.unwrap_err();
        let tokens =
            [session, renewed].map(|session| [session.access_token().clone(), session.refresh_token().clone()]);
        (tokens, server.service_key())
    });

    let text = written.text();
    assert!(text.contains("gotrue.operation=\"sign_up\"") && text.contains("http.response.status_code=200"), "{text}");
    // The fake server is in the same process and may log what it got; what it says is not ours.
    let ours: Vec<&str> = text.lines().filter(|line| !line.contains("wiremock")).collect();
    let ours = ours.join("\n");
    assert_clean(&ours);
    for secret in tokens.iter().flatten().chain([&service_key]) {
        assert!(!ours.contains(secret.expose()), "a token is in: {ours}");
    }
}
