const ESTABLISHED = "01";

/**
 * The ports at the other end of a server's open connections, of the text of `/proc/net/tcp`
 * (proc_net_tcp of the kernel's documentation): IPv4, both ends on this machine.
 *
 * A connection that the server closed is in another state, or gone, even while its last bytes wait
 * for somebody who does not read.
 */
export function openPeerPorts(procNetTcp: string, serverPort: number): Set<number> {
  const ports = new Set<number>();
  const lines = /^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) ([0-9A-F]{2}) /gm;
  for (const [, local = "", remote = "", state] of procNetTcp.matchAll(lines)) {
    if (state !== ESTABLISHED || parseInt(local, 16) !== serverPort) continue;
    ports.add(parseInt(remote, 16));
  }
  return ports;
}

/** How many of these client ports a server still holds a connection with. */
export async function countOpen(
  clientPorts: readonly number[],
  serverPort: number,
): Promise<number> {
  const open = openPeerPorts(await Deno.readTextFile("/proc/net/tcp"), serverPort);
  return clientPorts.filter((port) => open.has(port)).length;
}

/** @throws {Error} that says what to do, when a process here may not open so many files */
export async function assertOpenFileLimit(needed: number): Promise<void> {
  const limits = await Deno.readTextFile("/proc/self/limits");
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (soft === undefined || Number(soft) >= needed) return; // "unlimited" is no number
  throw new Error(
    `a process may have ${soft} files open, ${needed} are needed: a socket is one; ` +
      `raise the limit first: ulimit -n ${needed}`,
  );
}
