import { once } from "node:events";
import net from "node:net";

/**
 * Takes a port for a moment, for oneself alone.
 *
 * @throws {Error} with Node's `code`, such as `EADDRINUSE`
 */
export async function assertPortIsFree(host: string, port: number): Promise<void> {
  const server = net.createServer();
  const listening = once(server, "listening");
  server.listen({ host, port });
  await listening;
  const closed = once(server, "close");
  server.close();
  await closed;
}
