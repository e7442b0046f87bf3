import { urlHost } from "@porthole/protocol/service";

/** Where a service that listens at `host` is reached from this machine, as a URL has it. */
export function localHost(host: string): string {
  return urlHost(host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host);
}
