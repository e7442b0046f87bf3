import assert from "node:assert/strict";
import type { ClientChange } from "./client_counts.ts";
import { type Client, ClientRegistry, type ClientReport } from "./client_registry.ts";
import { eventually } from "./testing/eventually.ts";

const REPORT: ClientReport = {
  ...{ rendition: null, selected: "auto", reason: "", ageMs: 0, bytesInFlight: 0 },
  ...{ linkKbps: 0, roundTripMs: 0, framesSent: 0, bytesSent: 0, framesDiscarded: 0 },
  playback: null,
};

function client(onClose: (code: string) => void = () => {}, onTick = () => {}): Client {
  return {
    queuedBytes: 0,
    streamId: "cam",
    close: onClose,
    expire: () => onClose("expired"),
    tick: onTick,
    report: () => REPORT,
    playback: () => undefined,
  };
}

Deno.test("there is room up to each limit, and again when somebody has left", () => {
  using registry = new ClientRegistry({ maxClients: 3, maxClientsPerAddress: 2 });
  const [a, b, c] = [client(), client(), client()];
  registry.add(a, "10.0.0.1");
  assert.equal(registry.refusal("10.0.0.1"), undefined);
  registry.add(b, "10.0.0.1");
  assert.match(registry.refusal("10.0.0.1") ?? "", /2 viewers from this address/);
  assert.equal(registry.refusal("10.0.0.2"), undefined);
  registry.add(c, "10.0.0.2");
  assert.match(registry.refusal("10.0.0.3") ?? "", /3 viewers are connected/);
  registry.remove(a);
  assert.equal(registry.refusal("10.0.0.1"), undefined);
  assert.equal(registry.size, 2);
});

Deno.test("whoever leaves twice, or was never there, makes no room", () => {
  using registry = new ClientRegistry({ maxClients: 9, maxClientsPerAddress: 1 });
  const [a, b] = [client(), client()];
  registry.add(a, "10.0.0.1");
  registry.remove(a);
  registry.add(b, "10.0.0.1");
  registry.remove(a);
  registry.remove(client());
  assert.match(registry.refusal("10.0.0.1") ?? "", /this address/);
  assert.equal(registry.size, 1);
});

Deno.test("closeAll reaches everyone, also when they leave meanwhile", () => {
  using registry = new ClientRegistry({ maxClients: 9, maxClientsPerAddress: 9 });
  const codes: string[] = [];
  for (let index = 0; index < 3; index++) {
    const one = client((code) => {
      codes.push(code);
      registry.remove(one);
    });
    registry.add(one, "10.0.0.1");
  }
  registry.closeAll("shutdown", "");
  assert.deepEqual(codes, ["shutdown", "shutdown", "shutdown"]);
  assert.equal(registry.size, 0);
});

Deno.test("everyone is told of the time, also when one leaves by it", async () => {
  using registry = new ClientRegistry({ maxClients: 9, maxClientsPerAddress: 9 });
  let ticks = 0;
  const leaving: Client = client(() => {}, () => registry.remove(leaving));
  registry.add(leaving, "10.0.0.1");
  registry.add(client(() => {}, () => ticks++), "10.0.0.2");
  await eventually("two ticks", () => ticks >= 2);
  assert.deepEqual(registry.viewersOf("cam").map(({ address }) => address), ["10.0.0.2"]);
  assert.deepEqual(registry.viewersOf("other"), []);
});

Deno.test("those on other workers are counted: for the limits, and of their stream", () => {
  using registry = new ClientRegistry({ maxClients: 3, maxClientsPerAddress: 2 });
  const elsewhere = { stream: "cam", address: "10.0.0.1" };
  registry.countElsewhere({ ...elsewhere, delta: 1 });
  registry.add(client(), "10.0.0.1");
  assert.equal(registry.viewerCountOf("cam"), 2);
  assert.equal(registry.size, 1);
  assert.match(registry.refusal("10.0.0.1") ?? "", /2 viewers from this address/);
  registry.countElsewhere({ ...elsewhere, stream: "other", address: "10.0.0.2", delta: 1 });
  assert.match(registry.refusal("10.0.0.3") ?? "", /3 viewers are connected/);
  registry.countElsewhere({ ...elsewhere, delta: -1 });
  assert.equal(registry.refusal("10.0.0.1"), undefined);
  assert.equal(registry.viewerCountOf("cam"), 1);
});

Deno.test("whoever comes here and leaves is told to the others, once", () => {
  const told: ClientChange[] = [];
  using registry = new ClientRegistry(
    { maxClients: 3, maxClientsPerAddress: 2 },
    (change) => told.push(change),
  );
  const one = client();
  registry.add(one, "10.0.0.1");
  registry.remove(one);
  registry.remove(one);
  registry.countElsewhere({ stream: "cam", address: "10.0.0.2", delta: 1 });
  const change = { stream: "cam", address: "10.0.0.1" };
  assert.deepEqual(told, [{ ...change, delta: 1 }, { ...change, delta: -1 }]);
});
