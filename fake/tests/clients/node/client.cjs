// Drives the fake server with `@supabase/auth-js`, as an application does.

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { GoTrueAdminApi, GoTrueClient, isAuthApiError } = require('@supabase/auth-js')
const { Authenticator } = require('./authenticator.cjs')
const { lastMessage, totpCode } = require('./questions.cjs')

const url = process.env.GOTRUE_URL
const headers = { Authorization: `Bearer ${process.env.GOTRUE_SERVICE_KEY}` }
const experimental = { passkey: true }
const admin = new GoTrueAdminApi({ url, headers, experimental })
const SITE = 'http://localhost:3000'
const PASSWORD = 'correct-horse-7'

function newClient(options = {}) {
  const items = new Map()
  const storage = {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => items.set(name, value),
    removeItem: (name) => items.delete(name),
  }
  return new GoTrueClient({ url, storage, autoRefreshToken: false, experimental, ...options })
}

/** Returns the data of a response, which must not be an error. */
async function fine(response) {
  const { data, error } = await response
  assert.equal(error, null, error?.message)
  return data
}

async function refused(response, status, code) {
  const { error } = await response
  assert.ok(isAuthApiError(error), `${error} is not an error of the server`)
  assert.deepEqual([error.status, error.code], [status, code], error.message)
  return error
}

/** Opens a URL and returns the target of its redirect. */
async function open(address) {
  const response = await fetch(address, { redirect: 'manual' })
  assert.ok([302, 303].includes(response.status), `${response.status}`)
  return new URL(response.headers.get('location'))
}

/** Creates a confirmed user and signs in. */
async function signedIn(email, options) {
  await fine(admin.createUser({ email, password: PASSWORD, email_confirm: true }))
  const client = newClient(options)
  await fine(client.signInWithPassword({ email, password: PASSWORD }))
  return client
}

const tests = {
  async 'a user signs up, confirms and signs in'() {
    const [client, email] = [newClient(), 'ada@example.com']
    const events = []
    client.onAuthStateChange((event) => events.push(event))
    const { user, session } = await fine(client.signUp({ email, password: PASSWORD, options: { data: { team: 1 } } }))
    assert.deepEqual([session, user.email, user.user_metadata.team], [null, email, 1])
    await refused(client.signInWithPassword({ email, password: PASSWORD }), 400, 'email_not_confirmed')
    await fine(client.resend({ type: 'signup', email }))
    const { code } = await lastMessage(email)
    await refused(client.verifyOtp({ email, token: '000000', type: 'email' }), 403, 'otp_expired')
    const confirmed = await fine(client.verifyOtp({ email, token: code, type: 'email' }))
    assert.ok(confirmed.session.access_token && confirmed.user.email_confirmed_at)
    const again = await fine(client.signUp({ email, password: PASSWORD }))
    assert.deepEqual([again.session, again.user.identities], [null, []])
    const { claims } = await fine(client.getClaims())
    assert.equal(claims.email, email)
    await fine(client.signOut())
    assert.equal((await client.getSession()).data.session, null)
    const wrong = await refused(client.signInWithPassword({ email, password: 'wrong-horse-7' }), 400, 'invalid_credentials')
    assert.equal(wrong.message, 'Invalid login credentials')
    await fine(client.signInWithPassword({ email, password: PASSWORD }))
    assert.deepEqual(events, ['INITIAL_SESSION', 'SIGNED_IN', 'SIGNED_OUT', 'SIGNED_IN'])
    assert.equal((await client.signUp({ email: 'eve@example.com', password: 'short' })).error.name, 'AuthWeakPasswordError')
  },

  async 'a session is refreshed'() {
    const client = await signedIn('refresh@example.com')
    const { session: first } = (await client.getSession()).data
    const { session: second } = await fine(client.refreshSession())
    assert.notEqual(second.refresh_token, first.refresh_token)
    // The first token still works for a moment, and leads to the same session.
    const { session: same } = await fine(newClient().refreshSession({ refresh_token: first.refresh_token }))
    assert.equal(same.refresh_token, second.refresh_token)
    const other = newClient()
    await fine(other.setSession(second))
    assert.equal((await fine(other.getUser())).user.email, 'refresh@example.com')
    await fine(other.signOut({ scope: 'others' }))
    await fine(client.signOut({ scope: 'global' }))
    await refused(newClient().refreshSession(second), 400, 'refresh_token_not_found')
    await refused(newClient().refreshSession({ refresh_token: 'malformed' }), 400, 'validation_failed')
  },

  async 'a link leads back with a code'() {
    const [client, email] = [await signedIn('pkce@example.com', { flowType: 'pkce' }), 'pkce@example.com']
    await fine(client.signOut())
    const options = { emailRedirectTo: `${SITE}/back?a=b` }
    await fine(client.signInWithOtp({ email, options }))
    const target = await open((await lastMessage(email)).link)
    assert.deepEqual([target.pathname, target.searchParams.get('a')], ['/back', 'b'])
    const { session } = await fine(client.exchangeCodeForSession(target.searchParams.get('code')))
    assert.equal(session.user.email, email)
    await refused(newClient().signInWithOtp({ email: 'new@example.com', options: { shouldCreateUser: false } }), 422, 'otp_disabled')
  },

  async 'a password is recovered and changed'() {
    const [client, email] = [await signedIn('recover@example.com'), 'recover@example.com']
    await fine(client.resetPasswordForEmail(email, { redirectTo: SITE }))
    const { token_hash } = await lastMessage(email)
    await fine(client.verifyOtp({ token_hash, type: 'recovery' }))
    await refused(client.updateUser({ password: PASSWORD }), 422, 'same_password')
    await fine(client.updateUser({ password: 'another-horse-8', data: { color: 'blue' } }))
    const { user } = await fine(newClient().signInWithPassword({ email, password: 'another-horse-8' }))
    assert.equal(user.user_metadata.color, 'blue')
  },

  async 'an email address is changed by both addresses'() {
    const client = await signedIn('old@example.com')
    const { user } = await fine(client.updateUser({ email: 'new-address@example.com' }))
    assert.deepEqual([user.email, user.new_email], ['old@example.com', 'new-address@example.com'])
    for (const email of ['old@example.com', 'new-address@example.com']) {
      const { code } = await lastMessage(email)
      await fine(client.verifyOtp({ email, token: code, type: 'email_change' }))
    }
    assert.equal((await fine(client.getUser())).user.email, 'new-address@example.com')
  },

  async 'a code is sent to a phone'() {
    const [client, phone] = [newClient(), '+15550000007']
    await fine(client.signInWithOtp({ phone, options: { channel: 'sms' } }))
    const { code } = await lastMessage('15550000007')
    const { user } = await fine(client.verifyOtp({ phone, token: code, type: 'sms' }))
    assert.equal(user.phone, '15550000007')
    await refused(client.signInWithOtp({ phone: '1-555' }), 400, 'validation_failed')
  },

  async 'an anonymous user becomes a permanent one'() {
    const client = newClient()
    const { user } = await fine(client.signInAnonymously({ options: { data: { a: 1 } } }))
    assert.deepEqual([user.is_anonymous, user.user_metadata], [true, { a: 1 }])
    await refused(client.updateUser({ password: PASSWORD }), 422, 'validation_failed')
    await fine(client.updateUser({ email: 'permanent@example.com' }))
    const { code: token } = await lastMessage('permanent@example.com')
    const changed = await fine(client.verifyOtp({ email: 'permanent@example.com', token, type: 'email_change' }))
    assert.deepEqual([changed.user.id, changed.user.is_anonymous], [user.id, false])
  },

  async 'a second factor raises the session'() {
    const client = await signedIn('mfa@example.com')
    const factor = await fine(client.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' }))
    assert.ok(factor.totp.qr_code.startsWith('data:image/svg+xml'))
    await refused(client.mfa.challengeAndVerify({ factorId: factor.id, code: '000000' }), 422, 'mfa_verification_failed')
    await fine(client.mfa.challengeAndVerify({ factorId: factor.id, code: await totpCode(factor.totp.secret) }))
    const { currentLevel, nextLevel } = await fine(client.mfa.getAuthenticatorAssuranceLevel())
    assert.deepEqual([currentLevel, nextLevel], ['aal2', 'aal2'])
    assert.equal((await fine(client.mfa.listFactors())).totp.length, 1)
    const weak = newClient()
    const { user } = await fine(weak.signInWithPassword({ email: 'mfa@example.com', password: PASSWORD }))
    await refused(weak.updateUser({ password: 'another-horse-8' }), 401, 'insufficient_aal')
    await refused(weak.mfa.unenroll({ factorId: factor.id }), 422, 'insufficient_aal')
    assert.equal((await fine(admin.mfa.listFactors({ userId: user.id }))).factors.length, 1)
    await fine(client.mfa.unenroll({ factorId: factor.id }))
    assert.deepEqual((await fine(client.mfa.listFactors())).all, [])
  },

  async 'a passkey signs in'() {
    const [client, device] = [await signedIn('passkey@example.com'), new Authenticator(SITE)]
    const registration = await fine(client.passkey.startRegistration())
    const credential = device.create(registration.options)
    const passkey = await fine(client.passkey.verifyRegistration({ challengeId: registration.challenge_id, credential }))
    await fine(client.passkey.update({ passkeyId: passkey.id, friendlyName: 'laptop' }))
    const other = newClient()
    const authentication = await fine(other.passkey.startAuthentication())
    const answer = { challengeId: authentication.challenge_id, credential: device.get(authentication.options) }
    const { user } = await fine(other.passkey.verifyAuthentication(answer))
    assert.equal(user.email, 'passkey@example.com')
    await refused(other.passkey.verifyAuthentication(answer), 400, 'webauthn_challenge_not_found')
    const [listed] = await fine(admin.passkey.listPasskeys({ userId: user.id }))
    assert.deepEqual([listed.id, listed.friendly_name], [passkey.id, 'laptop'])
    await fine(client.passkey.delete({ passkeyId: passkey.id }))
    assert.deepEqual(await fine(client.passkey.list()), [])
  },

  async 'a provider signs in, is linked and unlinked'() {
    const client = newClient({ flowType: 'pkce' })
    const options = { skipBrowserRedirect: true, redirectTo: SITE }
    const start = await fine(client.signInWithOAuth({ provider: 'github', options }))
    const target = await open(await open(start.url))
    const { session } = await fine(client.exchangeCodeForSession(target.searchParams.get('code')))
    assert.ok(session.provider_token && session.user.app_metadata.provider === 'github')
    const link = await fine(client.linkIdentity({ provider: 'gitlab', options }))
    await fine(client.exchangeCodeForSession((await open(link.url)).searchParams.get('code')))
    const { identities } = await fine(client.getUserIdentities())
    assert.deepEqual(identities.map(({ provider }) => provider).sort(), ['github', 'gitlab'])
    await fine(client.unlinkIdentity(identities.find(({ provider }) => provider === 'gitlab')))
    const [last] = (await fine(client.getUserIdentities())).identities
    await refused(client.unlinkIdentity(last), 422, 'single_identity_not_deletable')
  },

  async 'a wallet signs in'() {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519')
    const address = base58(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'))
    const message = [
      'localhost wants you to sign in with your Solana account:', address, '', 'Sign in', '', 'Version: 1',
      `URI: ${SITE}/`, `Issued At: ${new Date().toISOString()}`,
    ].join('\n')
    const signature = new Uint8Array(crypto.sign(null, Buffer.from(message), privateKey))
    const { user } = await fine(newClient().signInWithWeb3({ chain: 'solana', message, signature }))
    assert.equal(user.identities[0].provider, 'web3')
  },

  async 'an administrator manages users'() {
    const { user } = await fine(admin.createUser({ email: 'Managed@example.com', app_metadata: { role: 'editor' } }))
    assert.deepEqual([user.email, user.app_metadata.role, user.app_metadata.provider], ['managed@example.com', 'editor', 'email'])
    await refused(admin.createUser({ email: 'managed@example.com' }), 422, 'email_exists')
    const page = await fine(admin.listUsers({ page: 1, perPage: 1 }))
    assert.deepEqual([page.users.length, page.nextPage], [1, 2])
    assert.ok(page.total > 1)
    await fine(admin.updateUserById(user.id, { user_metadata: { a: 1 }, ban_duration: '1h' }))
    assert.ok((await fine(admin.getUserById(user.id))).user.banned_until)
    const { user: invited } = await fine(admin.inviteUserByEmail('invited@example.com', { data: { team: 'engines' } }))
    assert.ok(invited.invited_at)
    const { code } = await lastMessage('invited@example.com')
    await fine(newClient().verifyOtp({ email: 'invited@example.com', token: code, type: 'invite' }))
    const link = await fine(admin.generateLink({ type: 'magiclink', email: 'invited@example.com', options: { redirectTo: SITE } }))
    const target = await open(link.properties.action_link)
    assert.ok(new URLSearchParams(target.hash.slice(1)).get('access_token'))
    await fine(admin.deleteUser(invited.id, true))
    assert.ok((await fine(admin.getUserById(invited.id))).user.deleted_at)
    await fine(admin.deleteUser(user.id))
    await refused(admin.getUserById(user.id), 404, 'user_not_found')
    const nobody = new GoTrueAdminApi({ url, headers: {} })
    await refused(nobody.listUsers(), 401, 'no_authorization')
  },

  async 'an application asks for consent'() {
    const created = await fine(admin.oauth.createClient({ client_name: 'App', redirect_uris: ['https://app.example/back'] }))
    assert.ok(created.client_secret)
    const client = await signedIn('consent@example.com')
    const verifier = 'v'.repeat(64)
    const code_challenge = crypto.createHash('sha256').update(verifier).digest('base64url')
    const query = new URLSearchParams({
      client_id: created.client_id, redirect_uri: 'https://app.example/back', response_type: 'code', state: 'xyz',
      scope: 'openid email', code_challenge, code_challenge_method: 'S256',
    })
    const id = (await open(`${url}/oauth/authorize?${query}`)).searchParams.get('authorization_id')
    const details = await fine(client.oauth.getAuthorizationDetails(id))
    assert.deepEqual([details.client.name, details.scope], ['App', 'openid email'])
    const { redirect_url } = await fine(client.oauth.approveAuthorization(id, { skipBrowserRedirect: true }))
    const target = new URL(redirect_url)
    assert.equal(target.searchParams.get('state'), 'xyz')
    const body = new URLSearchParams({
      grant_type: 'authorization_code', code: target.searchParams.get('code'), code_verifier: verifier,
    })
    const authorization = `Basic ${btoa(`${created.client_id}:${created.client_secret}`)}`
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body, headers: { authorization } })
    assert.equal(response.status, 200)
    assert.ok((await response.json()).id_token)
    assert.equal((await fine(client.oauth.listGrants())).length, 1)
    await fine(client.oauth.revokeGrant({ clientId: created.client_id }))
    assert.equal((await fine(admin.oauth.listClients())).clients.length, 1)
    await fine(admin.oauth.updateClient(created.client_id, { client_name: 'Renamed' }))
    await fine(admin.oauth.regenerateClientSecret(created.client_id))
    await fine(admin.oauth.deleteClient(created.client_id))
    await refused(admin.oauth.getClient(created.client_id), 404, 'oauth_client_not_found')
  },

  async 'single sign-on leads to the provider'() {
    await refused(newClient().signInWithSSO({ domain: 'unknown.example' }), 404, 'sso_provider_not_found')
    const metadata_xml = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
      <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><SingleSignOnService
      Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor>
      </EntityDescriptor>`
    const body = JSON.stringify({ type: 'saml', metadata_xml, domains: ['idp.example'] })
    assert.equal((await fetch(`${url}/admin/sso/providers`, { method: 'POST', body, headers })).status, 201)
    const { url: target } = await fine(newClient().signInWithSSO({ domain: 'idp.example' }))
    const names = [...new URL(target).searchParams.keys()]
    assert.deepEqual(names, ['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'])
  },
}

function base58(bytes) {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let number = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = alphabet[Number(number % 58n)] + text
  return text
}

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    await test().catch((error) => {
      console.log(`${name}: ${error.stack}`)
      process.exitCode = 1
    })
  }
  process.exit()
}

main()
