import assert from "node:assert/strict";
import { leaksIn } from "./planted_secret.ts";

const SECRET = { name: "camera", value: `p@s/s ü"\\'`, user: "admin" };

Deno.test("a planted secret is found however it is written", () => {
  const url = new URL("rtsp://admin@cam/1");
  url.password = SECRET.value;
  const basic = new TextEncoder().encode(`admin:${SECRET.value}`).toBase64();
  const texts = [
    `password ${SECRET.value} refused`,
    `?password=${encodeURIComponent(SECRET.value)}`,
    url.href,
    JSON.stringify({ cause: SECRET.value }),
    JSON.stringify({ body: JSON.stringify({ cause: SECRET.value }) }),
    `Authorization: Basic ${basic}`,
  ];
  for (const text of texts) {
    const [leak] = leaksIn({ log: text }, [SECRET]);
    assert.equal(leak?.secret, "camera", text);
    assert.equal(leak.place, "log");
  }
});

Deno.test("what holds no secret leaks none", () => {
  assert.deepEqual(leaksIn({ log: "rtsp://***@cam/1 refused the password" }, [SECRET]), []);
});
