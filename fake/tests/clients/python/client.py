"""Drives the fake server with `supabase-auth`, as an application does."""

import base64
import hashlib
import json
import os
import sys
import traceback
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from supabase_auth import SyncGoTrueAdminAPI, SyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

URL = os.environ["GOTRUE_URL"]
SITE = "http://localhost:3000"
PASSWORD = "correct-horse-7"
ADMIN_HEADERS = {"Authorization": f"Bearer {os.environ['GOTRUE_SERVICE_KEY']}"}

admin = SyncGoTrueAdminAPI(url=URL, headers=ADMIN_HEADERS)


def ask(*words):
    """Asks the test that started this program."""
    print("?", *words, flush=True)
    return json.loads(sys.stdin.readline())


def last_message(address):
    return ask("message", address)


def new_client(**options):
    return SyncGoTrueClient(url=URL, auto_refresh_token=False, **options)


def signed_in(email, **options):
    """Creates a confirmed user and signs in."""
    admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
    client = new_client(**options)
    client.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


def refused(status, code, call, *arguments):
    try:
        call(*arguments)
    except AuthApiError as error:
        assert (error.status, error.code) == (status, code), f"{error.status} {error.code} {error.message}"
    else:
        raise AssertionError(f"expected {code}")


def opened(url):
    """Opens a URL and returns the target of its redirect."""
    response = httpx.get(url, follow_redirects=False)
    assert response.is_redirect, response.status_code
    return response.headers["location"]


def parameter(url, name):
    return parse_qs(urlsplit(url).query)[name][0]


def test_a_user_signs_up_confirms_and_signs_in():
    client, email = new_client(), "grace@example.com"
    events = []
    client.on_auth_state_change(lambda event, _: events.append(event))
    new = client.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"team": 1}}})
    assert new.session is None and new.user.user_metadata["team"] == 1
    refused(400, "email_not_confirmed", client.sign_in_with_password, {"email": email, "password": PASSWORD})
    client.resend({"type": "signup", "email": email})
    wrong = {"email": email, "token": "000000", "type": "email"}
    refused(403, "otp_expired", client.verify_otp, wrong)
    confirmed = client.verify_otp({"email": email, "token": last_message(email)["code"], "type": "email"})
    assert confirmed.session.access_token and confirmed.user.email_confirmed_at
    assert client.get_claims()["claims"]["email"] == email
    client.sign_out()
    assert client.get_session() is None
    refused(400, "invalid_credentials", client.sign_in_with_password, {"email": email, "password": "wrong-horse-7"})
    client.sign_in_with_password({"email": email, "password": PASSWORD})
    assert events == ["SIGNED_IN", "SIGNED_OUT", "SIGNED_IN"], events
    try:
        client.sign_up({"email": "eve@example.com", "password": "short"})
    except AuthWeakPasswordError as error:
        assert error.reasons == ["length"]
    else:
        raise AssertionError("expected a weak password")


def test_a_session_is_refreshed():
    client = signed_in("refresh@example.com")
    first = client.get_session()
    second = client.refresh_session().session
    assert second.refresh_token != first.refresh_token
    other = new_client()
    assert other.refresh_session(first.refresh_token).session.refresh_token == second.refresh_token
    other.set_session(second.access_token, second.refresh_token)
    assert other.get_user().user.email == "refresh@example.com"
    client.sign_out({"scope": "global"})
    refused(400, "refresh_token_not_found", new_client().refresh_session, second.refresh_token)


def test_a_link_leads_back_with_a_code():
    client, email = signed_in("pkce@example.com", flow_type="pkce"), "pkce@example.com"
    client.sign_in_with_otp({"email": email, "options": {"email_redirect_to": f"{SITE}/back?a=b"}})
    target = opened(last_message(email)["link"])
    assert parameter(target, "a") == "b"
    session = client.exchange_code_for_session({"auth_code": parameter(target, "code")}).session
    assert session.user.email == email
    unknown = {"email": "new@example.com", "options": {"should_create_user": False}}
    refused(422, "otp_disabled", new_client().sign_in_with_otp, unknown)


def test_a_password_is_recovered_and_changed():
    client, email = signed_in("recover@example.com"), "recover@example.com"
    client.reset_password_for_email(email, {"redirect_to": SITE})
    client.verify_otp({"token_hash": last_message(email)["token_hash"], "type": "recovery"})
    refused(422, "same_password", client.update_user, {"password": PASSWORD})
    client.update_user({"password": "another-horse-8", "data": {"color": "blue"}})
    user = new_client().sign_in_with_password({"email": email, "password": "another-horse-8"}).user
    assert user.user_metadata["color"] == "blue"
    client.reauthenticate()


def test_a_code_is_sent_to_a_phone():
    client, phone = new_client(), "+15550000008"
    client.sign_in_with_otp({"phone": phone, "options": {"channel": "sms"}})
    code = last_message("15550000008")["code"]
    assert client.verify_otp({"phone": phone, "token": code, "type": "sms"}).user.phone == "15550000008"


def test_an_anonymous_user_becomes_a_permanent_one():
    client = new_client()
    user = client.sign_in_anonymously({"options": {"data": {"a": 1}}}).user
    assert user.is_anonymous and user.user_metadata == {"a": 1}
    client.update_user({"email": "permanent@example.com"})
    code = last_message("permanent@example.com")["code"]
    changed = client.verify_otp({"email": "permanent@example.com", "token": code, "type": "email_change"}).user
    assert (changed.id, changed.is_anonymous) == (user.id, False)


def test_a_second_factor_raises_the_session():
    client = signed_in("mfa@example.com")
    factor = client.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})
    wrong = {"factor_id": factor.id, "code": "000000"}
    refused(422, "mfa_verification_failed", client.mfa.challenge_and_verify, wrong)
    client.mfa.challenge_and_verify({"factor_id": factor.id, "code": ask("totp", factor.totp.secret)})
    assert client.mfa.get_authenticator_assurance_level().current_level == "aal2"
    assert len(client.mfa.list_factors().totp) == 1
    weak = new_client()
    user = weak.sign_in_with_password({"email": "mfa@example.com", "password": PASSWORD}).user
    refused(422, "insufficient_aal", weak.mfa.unenroll, {"factor_id": factor.id})
    assert len(admin.mfa.list_factors({"user_id": user.id})) == 1
    client.mfa.unenroll({"factor_id": factor.id})
    assert client.mfa.list_factors().all == []


def test_a_provider_signs_in_is_linked_and_unlinked():
    client = new_client(flow_type="pkce")
    url = client.sign_in_with_oauth({"provider": "github", "options": {"redirect_to": SITE}}).url
    code = parameter(opened(opened(url)), "code")
    session = client.exchange_code_for_session({"auth_code": code}).session
    assert session.provider_token and session.user.app_metadata["provider"] == "github"
    url = client.link_identity({"provider": "gitlab", "options": {"redirect_to": SITE}}).url
    client.exchange_code_for_session({"auth_code": parameter(opened(url), "code")})
    identities = {identity.provider: identity for identity in client.get_user_identities().identities}
    assert sorted(identities) == ["github", "gitlab"]
    client.unlink_identity(identities["gitlab"])
    refused(422, "single_identity_not_deletable", client.unlink_identity, identities["github"])


def test_an_administrator_manages_users():
    user = admin.create_user({"email": "Managed@example.com", "app_metadata": {"role": "editor"}}).user
    assert (user.email, user.app_metadata["role"]) == ("managed@example.com", "editor")
    refused(422, "email_exists", admin.create_user, {"email": "managed@example.com"})
    assert len(admin.list_users(page=1, per_page=1)) == 1
    admin.update_user_by_id(user.id, {"user_metadata": {"a": 1}, "ban_duration": "1h"})
    assert admin.get_user_by_id(user.id).user.user_metadata["a"] == 1
    invited = admin.invite_user_by_email("invited@example.com", {"data": {"team": "engines"}}).user
    code = last_message("invited@example.com")["code"]
    new_client().verify_otp({"email": "invited@example.com", "token": code, "type": "invite"})
    options = {"redirect_to": SITE}
    link = admin.generate_link({"type": "magiclink", "email": "invited@example.com", "options": options})
    assert "access_token=" in opened(link.properties.action_link)
    admin.delete_user(invited.id, True)
    admin.delete_user(user.id)
    refused(404, "user_not_found", admin.get_user_by_id, user.id)


def test_an_application_asks_for_consent():
    created = admin.oauth.create_client({"client_name": "App", "redirect_uris": ["https://app.example/back"]}).client
    assert created.client_secret
    session = signed_in("consent@example.com").get_session()
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": created.client_id,
        "redirect_uri": "https://app.example/back",
        "scope": "openid email",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    path = f"{URL}/oauth/authorizations/{parameter(opened(f'{URL}/oauth/authorize?{urlencode(query)}'), 'authorization_id')}"
    user = {"Authorization": f"Bearer {session.access_token}"}
    assert httpx.get(path, headers=user).json()["client"]["name"] == "App"
    consent = httpx.post(f"{path}/consent", json={"action": "approve"}, headers=user).json()
    code = parameter(consent["redirect_url"], "code")
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    tokens = httpx.post(f"{URL}/oauth/token", data=form, auth=(created.client_id, created.client_secret))
    assert tokens.status_code == 200 and tokens.json()["id_token"]
    assert len(admin.oauth.list_clients().clients) == 1
    admin.oauth.regenerate_client_secret(created.client_id)
    admin.oauth.delete_client(created.client_id)
    refused(404, "oauth_client_not_found", admin.oauth.get_client, created.client_id)


def main():
    failed = False
    for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
        try:
            test()
        except Exception:
            print(f"{name}: {traceback.format_exc()}")
            failed = True
    sys.exit(failed)


main()
