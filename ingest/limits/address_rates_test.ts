import assert from "node:assert/strict";
import { AddressRates } from "./address_rates.ts";

function admitted(rates: AddressRates, address: string, times: number, nowMs: number): number {
  return Array.from({ length: times }, () => rates.admits(address, nowMs)).filter(Boolean).length;
}

Deno.test("an address has its burst at once, and its rate from then on; others have their own", () => {
  const rates = new AddressRates({ perSecond: 10, burst: 30 });
  assert.equal(admitted(rates, "10.0.0.1", 100, 0), 30);
  assert.equal(admitted(rates, "10.0.0.1", 100, 500), 5);
  assert.equal(admitted(rates, "10.0.0.2", 100, 500), 30);
  assert.equal(admitted(rates, "10.0.0.1", 100, 3_600_000), 30, "no more than a burst is saved");
});

Deno.test("one who has all of an IPv6 network has one rate", () => {
  const rates = new AddressRates({ perSecond: 1, burst: 5 });
  const addresses = Array.from({ length: 100 }, (_, index) => `2001:db8::${index.toString(16)}`);
  assert.equal(addresses.filter((address) => rates.admits(address, 0)).length, 5);
});

Deno.test("what is charged counts, and nothing is owed", () => {
  const rates = new AddressRates({ perSecond: 1, burst: 2 });
  for (let index = 0; index < 10; index++) rates.charge("a", 0);
  assert.equal(rates.wouldAdmit("a", 0), false);
  assert.equal(rates.wouldAdmit("a", 1_000), true);
  assert.equal(rates.wouldAdmit("a", 1_000), true, "asking takes nothing");
});

Deno.test("a clock that goes back gives nobody more", () => {
  const rates = new AddressRates({ perSecond: 1, burst: 1 });
  assert.equal(rates.admits("a", 10_000), true);
  assert.equal(rates.admits("a", 0), false);
});

Deno.test("ever new addresses take no more memory, and do not free one who keeps asking", () => {
  const rates = new AddressRates({ perSecond: 1, burst: 1, maxAddresses: 100 });
  let admittedAgain = 0;
  rates.admits("attacker", 0);
  for (let index = 0; index < 10_000; index++) {
    rates.admits(`10.${index >> 16}.${index >> 8 & 0xff}.${index & 0xff}`, 0);
    if (index % 50 === 0 && rates.admits("attacker", 0)) admittedAgain++;
  }
  assert.equal(rates.size, 100);
  assert.equal(admittedAgain, 0);
});
