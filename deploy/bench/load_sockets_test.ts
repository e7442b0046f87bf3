import assert from "node:assert/strict";
import { countOpen, openPeerPorts } from "./load_sockets.ts";

const TABLE = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 0100007F:0BB8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
   2: 0100007F:9C40 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0
   3: 0100007F:0BB8 0100007F:9C41 04 00001000:00000000 01:00000014 00000000     0        0 0 1 0
1004: 0100007F:0BB8 0100007F:9C42 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0
1005: 0100007F:0BB9 0100007F:9C43 01 00000000:00000000 00:00000000 00000000     0        0 5 1 0
`;

Deno.test("open connections of a server's port: neither what listens, nor what was closed", () => {
  assert.deepEqual([...openPeerPorts(TABLE, 3000)], [40_000, 40_002]);
  assert.deepEqual([...openPeerPorts(TABLE, 3001)], [40_003]);
  assert.deepEqual([...openPeerPorts("", 3000)], []);
});

Deno.test("a real connection is seen until the server closes its end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const accepted = await listener.accept();
  const ports = [client.localAddr.port];
  assert.equal(await countOpen(ports, listener.addr.port), 1);
  accepted.close();
  assert.equal(await countOpen(ports, listener.addr.port), 0);
});
