/** A TCP port on loopback that was free a moment ago, for what must be started at a known one. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
