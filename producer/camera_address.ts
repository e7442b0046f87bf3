import { urlHost } from "@porthole/protocol/service";
import { lookup } from "node:dns/promises";
import type { CameraConfig } from "./config.ts";

/** The camera's address is not one that RTSP_ALLOW lets a camera have. */
export class AddressNotAllowedError extends Error {
  override readonly name = "AddressNotAllowedError";
}

/** The camera's host name has no address. */
export class UnknownHostError extends Error {
  override readonly name = "UnknownHostError";
}

/** The system's way to resolve a name, its hosts file and mDNS included. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * The camera's URL as it is to be connected to.
 *
 * Where RTSP_ALLOW restricts the addresses, the name is resolved here, once, and the first address
 * that is allowed takes its place in the URL. Were the name handed on, FFmpeg would resolve it again,
 * and whoever answers for the name could give an allowed address to the check and another one to
 * FFmpeg: DNS rebinding.
 *
 * @param signal ends the wait for an answer
 * @throws {AddressNotAllowedError | UnknownHostError} or the reason of `signal`
 */
export async function checkedCameraUrl(
  { url, allowed }: Pick<CameraConfig, "url" | "allowed">,
  signal: AbortSignal,
  resolve: Resolve = resolveBySystem,
): Promise<string> {
  if (allowed === undefined) return url;
  const checked = new URL(url);
  const addresses = await unlessAborted(resolve(hostOf(checked)), signal);
  const address = addresses.find((candidate) => allowed.allows(candidate));
  if (address === undefined) {
    throw new AddressNotAllowedError(
      `camera's address ${addresses.join(", ")} is not in RTSP_ALLOW=${allowed.text}`,
    );
  }
  checked.hostname = urlHost(address);
  return checked.href;
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Leaves nothing at `signal`, which may live for as long as the producer. @throws its reason */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new UnknownHostError(`the name ${host} has no address`, { cause });
  }
}
