import assert from "node:assert/strict";
import { isLocalName, isWelcomeOrigin } from "./origin.ts";

const ALLOWED = ["https://dash.example"];

for (
  const [origin, host] of [
    ["http://localhost:3000", "localhost:3000"],
    ["https://cams.example", "cams.example"],
    ["http://192.168.1.5:3000", "192.168.1.5:3000"],
    ["http://[::1]:3000", "[::1]:3000"],
    ["https://dash.example", "cams.example"],
  ] as const
) {
  Deno.test(`${origin} is welcome at ${host}`, () => {
    assert.equal(isWelcomeOrigin(origin, { protocol: "http:", host }, ALLOWED), true);
  });
}

for (
  const [origin, host] of [
    ["http://evil.example", "localhost:3000"],
    ["http://localhost:3001", "localhost:3000"],
    ["http://localhost", "localhost:3000"],
    ["http://localhost:3000.evil.example", "localhost:3000"],
    ["http://localhost:3000@evil.example", "localhost:3000"],
    ["http://evil.example/localhost:3000", "localhost:3000"],
    ["https://dash.example.evil.example", "cams.example"],
    ["https://dash.example:8443", "cams.example"],
    ["http://dash.example", "cams.example"],
    ["https://sub.dash.example", "cams.example"],
    ["null", "null"],
    ["", ""],
    ["file://", ""],
    ["file://localhost:3000", "localhost:3000"],
    ["javascript://localhost:3000", "localhost:3000"],
    ["//localhost:3000", "localhost:3000"],
  ] as const
) {
  Deno.test(`${origin || "an empty origin"} is not welcome at ${host || "nothing"}`, () => {
    assert.equal(isWelcomeOrigin(origin, { protocol: "http:", host }, ALLOWED), false);
  });
}

Deno.test("where the server speaks TLS, a page that came without it is not its own", () => {
  const requested = { protocol: "https:", host: "cams.example" };
  assert.equal(isWelcomeOrigin("https://cams.example", requested, ALLOWED), true);
  assert.equal(isWelcomeOrigin("http://cams.example", requested, ALLOWED), false);
  assert.equal(isWelcomeOrigin("http://dash.lan", requested, ["http://dash.lan"]), true);
});

for (
  const name of [
    ...["localhost", "LOCALHOST", "localhost.", "cams.localhost", "127.0.0.1", "192.168.1.5"],
    ...["[::1]", "[fe80::1]", "8.8.8.8", "nas", "ingest", "cams.lan"],
  ]
) {
  Deno.test(`${name} is a local name`, () => {
    assert.equal(isLocalName(name, ["cams.lan"]), true);
  });
}

for (
  const name of [
    ...[
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "cams.lan.evil.example",
    ],
    ...["1.2.3", "evil.example.", "rebind.network", "x.cams.lan"],
  ]
) {
  Deno.test(`${name} is none`, () => assert.equal(isLocalName(name, ["cams.lan"]), false));
}
