// One action of a server client of `@supabase/ssr`. Reads a request as JSON from the standard input, and writes the
// result and the cookies of the browser afterwards.

const { readFileSync } = require("node:fs");
const { createServerClient } = require("@supabase/ssr");

// Node.js 20 has none, and the client requires one although nothing here uses it.
globalThis.WebSocket ??= class {};

const { url, key, cookies, action, argument } = JSON.parse(readFileSync(0, "utf8"));
const jar = new Map(cookies);
const client = createServerClient(url, key, {
  cookies: {
    getAll: () => [...jar].map(([name, value]) => ({ name, value })),
    setAll: (changes) => {
      for (const { name, value, options } of changes) {
        options.maxAge === 0 ? jar.delete(name) : jar.set(name, value);
      }
    },
  },
});

const actions = {
  signIn: () => client.auth.signInWithPassword(argument),
  signOut: () => client.auth.signOut(),
  refresh: () => client.auth.refreshSession(),
  update: () => client.auth.updateUser({ data: argument }),
  // As `getSession` says itself, this user is not verified.
  session: async () => ({ data: (await client.auth.getSession()).data.session }),
  user: () => client.auth.getUser(),
  startFlow: () =>
    client.auth.signInWithOAuth({ provider: "github", options: { redirectTo: argument, skipBrowserRedirect: true } }),
};

actions[action]().then(({ data, error }) => {
  process.stdout.write(JSON.stringify({ data: data ?? null, error: error ? String(error) : null, cookies: [...jar] }));
  process.exit(0);
});
