import { assertPortIsFree } from "../../ingest/mesh/port_check.ts";
import { localHost } from "../local_host.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const ASK_WITHIN_MS = 2_000;
/** Of `/proc/net/tcp`. */
const LISTENS = "0A";

/** Where a service is to listen, and which settings say so. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly hostSetting: string;
  readonly portSetting: string;
}

/** Whether a service can listen there, and if not, who does. */
export async function examinePort(listening: Listening): Promise<Finding> {
  const { host, port, hostSetting, portSetting } = listening;
  const where = `port ${port} of ${host}`;
  if (port === 0) return ok(`${portSetting}=0: it takes a port that is free`);
  try {
    await assertPortIsFree(host, port);
    return ok(`${where} is free`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    switch (code) {
      case "EADDRINUSE":
        return await takenBy(listening, where);
      case "EACCES":
        return fail(
          `${where} is for root alone`,
          `set ${portSetting} to 1024 or more and let a proxy have that one, or give the service ` +
            "CAP_NET_BIND_SERVICE",
        );
      case "EADDRNOTAVAIL":
      case "EINVAL": // as some sandboxes have it
      case "ENOTFOUND":
        return fail(
          `${hostSetting}: ${host} is not an address of this machine`,
          "set an address that `ip addr` shows, or 0.0.0.0 for all of them",
        );
      default:
        throw error;
    }
  }
}

async function takenBy({ host, port, portSetting }: Listening, where: string): Promise<Finding> {
  if (await isOurs(host, port)) {
    const who = portSetting === "INGEST_PORT" ? "an ingest" : "a service of Porthole's";
    return warn(
      `${where} is taken by ${who} that runs already`,
      `nothing, if it is to run; for another one beside it set another ${portSetting}`,
    );
  }
  const holder = await holderOf(port);
  return fail(
    `${where} is taken by ${holder ?? "another program"}`,
    `stop that one, or set ${portSetting} to another port`,
  );
}

async function isOurs(host: string, port: number): Promise<boolean> {
  const url = `http://${localHost(host)}:${port}/healthz`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_WITHIN_MS) });
    return (await response.text()).replaceAll(" ", "").includes('"status":"ok"');
  } catch {
    return false; // whatever it is, it is not one of ours
  }
}

/** The program that listens on a port, by name and process id; Linux tells, and to root of all. */
async function holderOf(port: number): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const inodes = await listeningInodes(port);
  for await (const { name: pid } of Deno.readDir("/proc")) {
    if (/^\d+$/.test(pid) && await holdsOne(pid, inodes)) {
      const name = await Deno.readTextFile(`/proc/${pid}/comm`).catch(() => "a process");
      return `${name.trim()} (process ${pid})`;
    }
  }
  return undefined;
}

/** proc(5), `/proc/net/tcp`: addresses are hexadecimal, the tenth column is the inode. */
async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => Deno.readTextFile(path).catch(() => "")),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = tables.flatMap((table) => table.split("\n").map((row) => row.trim().split(/\s+/)));
  return new Set(
    rows.filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === LISTENS)
      .flatMap((columns) => columns[9] ?? []),
  );
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
      const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
      if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "")) return true;
    }
  } catch (error) {
    // Another user's, or gone meanwhile.
    const isClosedToUs = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable;
    if (!isClosedToUs) throw error;
  }
  return false;
}
