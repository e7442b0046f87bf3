import assert from "node:assert/strict";
import { credentialsOf, logIn, sharedTokenIn } from "./session.ts";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln-_0";

Deno.test("what looks like a token is one, with the spaces that pasting adds", () => {
  assert.deepEqual(credentialsOf(TOKEN), { token: TOKEN });
  assert.deepEqual(credentialsOf(` ${TOKEN}\n`), { token: TOKEN });
});

for (const password of ["correct horse", "a.b.c", " spaces count ", "eyJ", "eyJ.x.", ""]) {
  Deno.test(`"${password}" is a password, as it was typed`, () => {
    assert.deepEqual(credentialsOf(password), { password });
  });
}

Deno.test("a share link's token is read from the fragment alone", () => {
  assert.equal(sharedTokenIn(`#token=${TOKEN}`), TOKEN);
  for (const hash of ["", "#", "#stats", "#tokens=a"]) assert.equal(sharedTokenIn(hash), undefined);
});

async function loginAnswered(response: Response): Promise<string | undefined> {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => response,
  );
  return await logIn(new URL(`http://127.0.0.1:${server.addr.port}/`), { password: "x" });
}

Deno.test("a login that fails says why, and when to try again", async () => {
  assert.equal(await loginAnswered(new Response("{}")), undefined);
  const wrong = Response.json({ error: { message: "that is not it" } }, { status: 401 });
  assert.equal(await loginAnswered(wrong), "That is not it");
  const headers = { "retry-after": "7" };
  const many = Response.json({ error: { message: "too many" } }, { status: 429, headers });
  assert.equal(await loginAnswered(many), "Too many: try again in 7 s");
});

Deno.test("a server that is not there is said to be", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const why = await logIn(new URL(`http://127.0.0.1:${port}/`), { password: "x" });
  assert.match(why ?? "", /^The server cannot be asked: /);
});
