import assert from "node:assert/strict";
import { urlHost } from "./url_host.ts";

Deno.test("IPv6 addresses stand in brackets in a URL, names and IPv4 addresses as they are", () => {
  assert.deepEqual(["::1", "fd00::7", "10.0.0.7", "camera.lan"].map(urlHost), [
    "[::1]",
    "[fd00::7]",
    "10.0.0.7",
    "camera.lan",
  ]);
});
