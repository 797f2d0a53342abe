import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./generated/api";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function main(url: string, serviceKey: string) {
  const client = createClient<paths>({ baseUrl: url });
  const body = { email: "openapi-typescript@example.com", password: "a good password" };

  const signedUp = await client.POST("/signup", { body });
  assert(signedUp.data && "access_token" in signedUp.data);

  const query = { grant_type: "password" } as const;
  const { data: session } = await client.POST("/token", { params: { query }, body });
  assert(session);

  const { data: refreshed } = await client.POST("/token", {
    params: { query: { grant_type: "refresh_token" } },
    body: { refresh_token: session.refresh_token },
  });
  assert(refreshed);

  const { data: user } = await client.GET("/user", { headers: bearer(refreshed.access_token) });
  assert.equal(user?.email, body.email);

  const refused = await client.POST("/token", { params: { query }, body: { ...body, password: "wrong" } });
  const code: string | undefined = refused.error?.error_code;
  assert.equal(code, "invalid_credentials");

  const { data: page } = await client.GET("/admin/users", { headers: bearer(serviceKey) });
  assert(page?.users?.some((user) => user.email === body.email));
}

main(process.env.GOTRUE_URL!, process.env.GOTRUE_SERVICE_KEY!);
