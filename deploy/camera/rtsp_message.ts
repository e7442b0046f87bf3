/** A request that breaks the rules in a way that leaves nothing to answer; the connection ends. */
export class RtspSyntaxError extends Error {
  override readonly name = "RtspSyntaxError";
}

export interface RtspRequest {
  readonly kind: "request";
  readonly method: string;
  /** As it stood in the request line; RTSP asks for an absolute URL, or `*`. */
  readonly url: string;
  /** Names in lower case; of a name given twice, the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface InterleavedPacket {
  readonly kind: "interleaved";
  readonly channel: number;
  /** With the four bytes `$`, channel and length before it; a copy, owned by the receiver. */
  readonly bytes: Uint8Array;
}

export interface RtspResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const MAX_HEAD_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const DOLLAR = 0x24;
export const INTERLEAVED_HEADER_BYTES = 4;

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  461: "Unsupported Transport",
  501: "Not Implemented",
};

/**
 * Cuts what an RTSP peer sends into requests and interleaved packets (RFC 2326, sections 6 and
 * 10.12). Holds at most one unfinished item: 64 KiB and its head.
 */
export class RtspParser {
  #pending: Uint8Array = new Uint8Array(0);

  /**
   * What `chunk` completes; `chunk` may be reused afterwards.
   *
   * @throws {RtspSyntaxError} on something that is not RTSP/1.0, or too long
   */
  *push(chunk: Uint8Array): Generator<RtspRequest | InterleavedPacket> {
    let rest = this.#pending.length === 0 ? chunk : concat(this.#pending, chunk);
    for (let item = takeItem(rest); item !== undefined; item = takeItem(rest)) {
      rest = rest.subarray(item.takenBytes);
      if (item.value !== undefined) yield item.value;
    }
    this.#pending = rest.slice();
  }
}

interface Taken {
  readonly value: RtspRequest | InterleavedPacket | undefined;
  readonly takenBytes: number;
}

function takeItem(bytes: Uint8Array): Taken | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] === DOLLAR) return takeInterleaved(bytes);
  const emptyLineBytes = leadingEmptyLineBytes(bytes);
  if (emptyLineBytes > 0) return { value: undefined, takenBytes: emptyLineBytes };
  return takeRequest(bytes);
}

function takeInterleaved(bytes: Uint8Array): Taken | undefined {
  const [, channel, lengthHigh, lengthLow] = bytes;
  if (channel === undefined || lengthHigh === undefined || lengthLow === undefined) {
    return undefined;
  }
  const takenBytes = INTERLEAVED_HEADER_BYTES + lengthHigh * 256 + lengthLow;
  if (bytes.length < takenBytes) return undefined;
  return { value: { kind: "interleaved", channel, bytes: bytes.slice(0, takenBytes) }, takenBytes };
}

/** Some clients end a body with a line break too many; servers are to skip it (RFC 2616, 4.1). */
function leadingEmptyLineBytes(bytes: Uint8Array): number {
  if (bytes[0] === 0x0a) return 1;
  return bytes[0] === 0x0d && bytes[1] === 0x0a ? 2 : 0;
}

function takeRequest(bytes: Uint8Array): Taken | undefined {
  const headBytes = findHeadEnd(bytes);
  if (headBytes === undefined) {
    if (bytes.length > MAX_HEAD_BYTES) throw new RtspSyntaxError("the request's head is too long");
    return undefined;
  }
  if (headBytes > MAX_HEAD_BYTES) throw new RtspSyntaxError("the request's head is too long");
  const head = new TextDecoder().decode(bytes.subarray(0, headBytes));
  const [requestLine = "", ...headerLines] = head.split(/\r?\n/).filter((line) => line !== "");
  const parts = /^([A-Z_]+) (\S+) RTSP\/1\.\d$/.exec(requestLine);
  const [, method, url] = parts ?? [];
  if (method === undefined || url === undefined) {
    throw new RtspSyntaxError("the request line is not RTSP/1.0");
  }
  const headers = parseHeaders(headerLines);
  const takenBytes = headBytes + contentLength(headers);
  if (bytes.length < takenBytes) return undefined;
  const body = bytes.slice(headBytes, takenBytes);
  return { value: { kind: "request", method, url, headers, body }, takenBytes };
}

function findHeadEnd(bytes: Uint8Array): number | undefined {
  for (let lf = bytes.indexOf(0x0a); lf !== -1; lf = bytes.indexOf(0x0a, lf + 1)) {
    if (lf >= MAX_HEAD_BYTES) return undefined;
    if (bytes[lf + 1] === 0x0a) return lf + 2;
    if (bytes[lf + 1] === 0x0d && bytes[lf + 2] === 0x0a) return lf + 3;
  }
  return undefined;
}

function parseHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new RtspSyntaxError("a header line has no name");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function contentLength(headers: ReadonlyMap<string, string>): number {
  const given = headers.get("content-length") ?? "0";
  if (!/^\d{1,9}$/.test(given)) throw new RtspSyntaxError("Content-Length is not a number");
  const length = Number(given);
  if (length > MAX_BODY_BYTES) throw new RtspSyntaxError("the request's body is too long");
  return length;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** The bytes of `response` to the request with `cSeq`; `Content-Length` is added for a body. */
export function formatResponse(response: RtspResponse, cSeq: string): Uint8Array {
  const body = new TextEncoder().encode(response.body ?? "");
  const headers = { CSeq: cSeq, Server: "Porthole simulated camera", ...response.headers };
  const lines = [
    `RTSP/1.0 ${response.status} ${REASONS[response.status] ?? "Unknown"}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body.length > 0 ? [`Content-Length: ${body.length}`] : []),
  ];
  return concat(new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n"), body);
}

/** The interleaved channels of a `Transport` header; `undefined` when it asks for another way. */
export function interleavedChannels(
  transport: string,
): { readonly rtp: number; readonly rtcp: number } | undefined {
  for (const offer of transport.split(",")) {
    const [protocol = "", ...parameters] = offer.trim().split(";");
    if (protocol.toUpperCase() !== "RTP/AVP/TCP") continue;
    const interleaved = parameters.find((parameter) => /^interleaved=/i.test(parameter.trim()));
    const [, rtp = "0", rtcp] = /=(\d{1,3})(?:-(\d{1,3}))?$/.exec(interleaved?.trim() ?? "") ?? [];
    const channels = { rtp: Number(rtp), rtcp: Number(rtcp ?? Number(rtp) + 1) };
    if (channels.rtp <= 255 && channels.rtcp <= 255) return channels;
  }
  return undefined;
}

/** Path of a request's URL without query and without the slashes at its end; `*` as it is. */
export function requestPath(url: string): string {
  const [, path = url] = /^rtsps?:\/\/[^/?]*([^?]*)/i.exec(url) ?? [];
  return path.replace(/\/+$/, "") || "/";
}
