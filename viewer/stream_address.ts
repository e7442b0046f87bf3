import { DEFAULT_STREAM_ID, STREAM_ID_PATTERN } from "@porthole/protocol";

/** Where a stream is watched, and asked about. */
export interface StreamAddress {
  readonly streamId: string;
  readonly socketUrl: string;
  /** Of the API, to be asked why a connection is refused. */
  readonly streamUrl: string;
}

/** Of `/ws/ws` the second is a stream's name. */
const WATCH_PATH = /^(.*?\/)ws(?:\/([^/]*))?$/;
const SCHEMES: Readonly<Record<string, { http: string; ws: string }>> = {
  "ws:": { http: "http:", ws: "ws:" },
  "wss:": { http: "https:", ws: "wss:" },
  "http:": { http: "http:", ws: "ws:" },
  "https:": { http: "https:", ws: "wss:" },
};

/**
 * What an address such as `wss://cams.example.com/ws/door` names; `https:` means the same. A query
 * is left out: it would be logged, and nothing is asked by it.
 *
 * @param base what a relative one is relative to; none where there is no page
 * @throws {TypeError} with what is wrong, in words
 */
export function streamAddressOf(src: string, base?: string): StreamAddress {
  const url = URL.canParse(src, base) ? new URL(src, base) : undefined;
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol];
  const [, root, id = DEFAULT_STREAM_ID] = WATCH_PATH.exec(url?.pathname ?? "") ?? [];
  if (url === undefined || scheme === undefined || root === undefined) {
    throw new TypeError(`“${src}” is not the address of a stream, such as wss://host/ws/door`);
  }
  if (!STREAM_ID_PATTERN.test(id)) throw new TypeError(`“${id}” is not the name of a stream`);
  const at = (protocol: string, path: string) => `${protocol}//${url.host}${root}${path}`;
  return {
    streamId: id,
    socketUrl: at(scheme.ws, `ws/${id}`),
    streamUrl: at(scheme.http, `api/streams/${id}`),
  };
}
