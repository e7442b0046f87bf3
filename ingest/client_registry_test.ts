import assert from "node:assert/strict";
import { type Client, ClientRegistry } from "./client_registry.ts";

function client(onClose: (code: string) => void = () => {}): Client {
  return { close: onClose };
}

Deno.test("there is room up to each limit, and again when somebody has left", () => {
  const registry = new ClientRegistry({ maxClients: 3, maxClientsPerAddress: 2 });
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
  const registry = new ClientRegistry({ maxClients: 9, maxClientsPerAddress: 1 });
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
  const registry = new ClientRegistry({ maxClients: 9, maxClientsPerAddress: 9 });
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
