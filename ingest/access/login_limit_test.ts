import assert from "node:assert/strict";
import { LoginLimit, loginLimitOf } from "./login_limit.ts";

const OPTIONS = { burst: 3, refillMs: 1_000, maxAddresses: 4 };

function takes(limit: LoginLimit, count: number, address = "10.0.0.1", nowMs = 0): number[] {
  return Array.from({ length: count }, () => limit.take(address, nowMs));
}

Deno.test("an address has its tries, and then one each time that one comes back", () => {
  const limit = new LoginLimit(OPTIONS);
  assert.deepEqual(takes(limit, 5), [0, 0, 0, 1_000, 1_000]);
  assert.equal(limit.take("10.0.0.1", 400), 600);
  assert.equal(limit.take("10.0.0.1", 1_000), 0);
  assert.equal(limit.take("10.0.0.1", 1_001), 999);
  assert.equal(limit.take("10.0.0.2", 1_001), 0, "another one has its own");
  assert.deepEqual(takes(limit, 4, "10.0.0.1", 3_600_000), [0, 0, 0, 1_000], "never more");
});

Deno.test("a success costs nothing", () => {
  const limit = new LoginLimit(OPTIONS);
  for (let index = 0; index < 100; index++) {
    assert.equal(limit.take("10.0.0.1", 0), 0);
    limit.giveBack("10.0.0.1", 0);
  }
  assert.equal(limit.size, 0);
  assert.deepEqual(takes(limit, 4), [0, 0, 0, 1_000]);
});

Deno.test("whoever has an IPv6 network has one address", () => {
  const limit = new LoginLimit(OPTIONS);
  const tries = ["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8:0::3"];
  for (const address of tries) assert.equal(limit.take(address, 0), 0);
  assert.equal(limit.take("2001:db8::4%eth0", 0), 1_000);
  assert.equal(limit.take("2001:db8:0:1::1", 0), 0);
  assert.equal(limit.take("::1", 0), 0);
});

Deno.test("memory is bounded: who tried longest ago is forgotten", () => {
  const limit = new LoginLimit(OPTIONS);
  takes(limit, 3, "a");
  for (const address of ["b", "c", "d"]) limit.take(address, 0);
  assert.equal(limit.size, 4);
  assert.equal(limit.take("a", 0), 1_000);
  limit.take("e", 0);
  assert.equal(limit.size, 4);
  assert.equal(limit.take("a", 0), 0);
});

Deno.test("a clock that is set back gives no tries", () => {
  const limit = new LoginLimit(OPTIONS);
  takes(limit, 3, "a", 1e12);
  assert.equal(limit.take("a", 0), 1_000);
});

Deno.test("several workers together give about as many tries as one", () => {
  for (const workers of [1, 2, 3]) {
    const { burst, refillMs } = loginLimitOf(workers);
    assert.ok(burst * workers <= 12);
    assert.equal(workers * 60_000 / refillMs, 10);
  }
});
