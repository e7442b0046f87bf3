import assert from "node:assert/strict";
import { addressGroup } from "./address_group.ts";

const GROUPS = {
  "192.168.1.20": "192.168.1.20",
  "unknown": "unknown",
  "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
  "2001:DB8:1:2:ffff::1": "2001:db8:1:2::/64",
  "2001:db8::1": "2001:db8:0:0::/64",
  "2001:0db8:0001::": "2001:db8:1:0::/64",
  "::1": "0:0:0:0::/64",
  "fe80::1%eth0": "fe80:0:0:0::/64",
};
for (const [address, group] of Object.entries(GROUPS)) {
  Deno.test(`${address} counts as ${group}`, () => assert.equal(addressGroup(address), group));
}
