import { logFor } from "@porthole/protocol/service";

/**
 * Connections that may wait to be accepted. Deno accepts all that wait before any that was refused
 * has given its descriptor back.
 */
export const ACCEPT_BACKLOG = 128;
/** Besides connections, for each thread: who is turned away, files of the page, twice a backlog. */
const RESERVED_A_THREAD = 100 + 2 * ACCEPT_BACKLOG;
/** With fewer there is no serving anybody. */
const FEWEST_CONNECTIONS = 10;

const log = logFor("ingest", "limits");

/**
 * How many connections all threads may hold so that the process never runs out of file descriptors:
 * at EMFILE Deno stops accepting, for good (seen in 2.9.6). Says so where that is fewer than wanted.
 */
export function connectionsWithinDescriptors(
  wanted: number,
  { threads, file }: { readonly threads: number; readonly file: string },
): number {
  const reserved = threads * RESERVED_A_THREAD;
  const free = freeDescriptors(file, wanted + reserved);
  if (free === undefined || free >= wanted + reserved) return wanted;
  const connections = Math.max(FEWEST_CONNECTIONS, free - reserved);
  log.warn("fewer connections are taken than MAX_CLIENTS asks for", {
    connections,
    wanted,
    because: `the process may open ${free} more files`,
    cure: "raise the limit of open files (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= " +
      "of Docker), or lower MAX_CLIENTS",
  });
  return connections;
}

/**
 * Descriptors that can be had, up to so many, by having them for a moment: where the limit stands
 * (`/proc/self/limits`) may be read with every permission there is alone. `undefined` when it
 * cannot be told.
 */
export function freeDescriptors(file: string, upTo: number): number | undefined {
  using opened = new DisposableStack();
  for (let count = 0; count < upTo; count++) {
    try {
      opened.use(Deno.openSync(file));
    } catch (cause) {
      if (count > 0) return count;
      log.debug("how many files may be open is not known", { cause });
      return undefined;
    }
  }
  return upTo;
}
