import assert from "node:assert/strict";
import { ConnectionGate } from "./connection_gate.ts";

function fill(gate: ConnectionGate, addresses: readonly string[]): (string | undefined)[] {
  return addresses.map((address) => {
    const refusal = gate.refusal(address, 0);
    if (refusal === undefined) gate.opened(address);
    return refusal?.code;
  });
}

Deno.test("connections are counted in all and by address, and given back", () => {
  const limits = { maxConnections: 3, maxConnectionsPerAddress: 2, newPerSecond: 100 };
  const gate = new ConnectionGate(limits);
  assert.deepEqual(fill(gate, ["a", "a", "a", "b", "c"]), [
    ...[undefined, undefined, "too_many_requests"],
    ...[undefined, "too_many_connections"],
  ]);
  assert.equal(gate.total, 3);
  gate.closed("a");
  assert.deepEqual(fill(gate, ["a"]), [undefined]);
  for (const address of ["a", "a", "b"]) gate.closed(address);
  assert.equal(gate.total, 0);
});

Deno.test("connections of a proxy count as nobody's, but for how many there are", () => {
  const limits = { maxConnections: 3, maxConnectionsPerAddress: 1, newPerSecond: 1 };
  const gate = new ConnectionGate(limits, (address) => address === "10.0.0.1");
  for (let count = 0; count < 3; count++) {
    assert.equal(gate.refusal("10.0.0.1", 0), undefined);
    gate.opened("10.0.0.1");
  }
  assert.equal(gate.refusal("10.0.0.1", 0)?.code, "too_many_connections");
});
