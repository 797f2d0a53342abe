// The page that the browser opens. It leaves for the provider once, and goes on when it is back.

import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'

const EMAIL = 'browser@example.com'
const PASSWORD = 'correct-horse-7'

const { url, key } = await (await fetch('/settings')).json()
const client = new GoTrueClient({ url, flowType: 'pkce' })

function check(isTrue, what) {
  if (!isTrue) throw new Error(what)
}

async function fine(response) {
  const { data, error } = await response
  if (error) throw error
  return data
}

const lastMessage = async (to) => (await fetch(`/message?${new URLSearchParams({ to })}`)).json()

async function byEmail() {
  await fine(client.signUp({ email: EMAIL, password: PASSWORD }))
  const { error } = await client.signInWithPassword({ email: EMAIL, password: PASSWORD })
  check(error?.code === 'email_not_confirmed', `${error}`)
  const { code } = await lastMessage(EMAIL)
  await fine(client.verifyOtp({ email: EMAIL, token: code, type: 'email' }))
  await fine(client.updateUser({ data: { color: 'blue' } }))
  await fine(client.refreshSession())
  check((await fine(client.getUser())).user.user_metadata.color === 'blue', 'the metadata')
  check((await fine(client.getClaims())).claims.email === EMAIL, 'the claims')
}

/** Pages are counted by headers that a page may read only if the server exposes them. */
async function byAdministrator() {
  const admin = new GoTrueAdminApi({ url, headers: { Authorization: `Bearer ${key}` } })
  const { user } = await fine(admin.createUser({ email: 'second@example.com' }))
  const { total, lastPage } = await fine(admin.listUsers({ page: 1, perPage: 1 }))
  check(total === 2 && lastPage === 2, `${total} users on ${lastPage} pages`)
  await fine(admin.deleteUser(user.id))
}

/** The server does not allow a header that it does not know, so that the browser sends nothing. */
async function refused() {
  const other = new GoTrueClient({ url, storageKey: 'other', headers: { 'X-Unknown': '1' } })
  const { error } = await other.signInWithPassword({ email: EMAIL, password: PASSWORD })
  check(error?.name === 'AuthRetryableFetchError', `${error}`)
}

async function back() {
  const { session } = await fine(client.getSession())
  check(session?.user.app_metadata.provider === 'github', 'the session of the provider')
  check(session.provider_token, 'the token of the provider')
  check(!location.search.includes('code='), `${location}`)
  await fine(client.signOut())
  check((await fine(client.getSession())).session === null, 'the session after the sign-out')
}

async function run() {
  if (location.pathname === '/back') {
    await back()
    return 'passed'
  }
  await byEmail()
  await byAdministrator()
  await refused()
  await fine(client.signOut())
  await fine(client.signInWithOAuth({ provider: 'github', options: { redirectTo: `${location.origin}/back` } }))
  return undefined
}

const report = await run().catch((error) => `${error.stack}`)
if (report) await fetch('/report', { method: 'POST', body: report })
