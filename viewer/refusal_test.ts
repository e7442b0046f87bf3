import assert from "node:assert/strict";
import { askForRefusal, refusalIn } from "./refusal.ts";

function answer(status: number, message: unknown): Response {
  return Response.json({ error: { code: "x", message } }, { status });
}

Deno.test("401 asks for a login, 403 is final, in the server's words", async () => {
  const login = { kind: "login", reason: "the token has expired" };
  assert.deepEqual(await refusalIn(answer(401, "the token has expired")), login);
  const forbidden = { kind: "forbidden", reason: "not this one" };
  assert.deepEqual(await refusalIn(answer(403, "not this one")), forbidden);
});

Deno.test("no other answer is a refusal", async () => {
  for (const status of [200, 404, 429, 500, 503]) {
    assert.equal(await refusalIn(answer(status, "whatever")), undefined);
  }
});

for (const body of ["<html>", "null", "3", '{"error":null}', '{"error":{"message":3}}', ""]) {
  Deno.test(`a refusal of another make (${body || "empty"}) is told by its status`, async () => {
    const refusal = await refusalIn(new Response(body, { status: 401 }));
    assert.deepEqual(refusal, { kind: "login", reason: "the server answered 401" });
  });
}

Deno.test("a server that cannot be asked refuses nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.equal(await askForRefusal(`http://127.0.0.1:${port}/`), undefined);
});
