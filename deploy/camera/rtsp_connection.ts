import { errorChain, logFor } from "@porthole/protocol/service";
import type { MediaKind, MediaRelay } from "./media_relay.ts";
import { PacketQueue } from "./packet_queue.ts";
import {
  type AuthScheme,
  type Challenge,
  checkAuthorization,
  type Credentials,
  formatChallenge,
} from "./rtsp_auth.ts";
import {
  formatResponse,
  interleavedChannels,
  type InterleavedPacket,
  requestPath,
  RtspParser,
  type RtspRequest,
  type RtspResponse,
  RtspSyntaxError,
} from "./rtsp_message.ts";

const MAX_PENDING_BYTES = 4 * 1024 * 1024;
const SESSION_TIMEOUT_S = 60;
const REALM = "Porthole simulated camera";
const METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

/** What all connections to one camera have in common. */
export interface CameraMount {
  readonly path: string;
  /** Known only to the FFmpeg that makes the picture. */
  readonly publishPath: string;
  readonly auth: AuthScheme;
  readonly credentials: Credentials;
  readonly relay: MediaRelay;
  /** The publisher's SDP, once it is there. */
  description: string | undefined;
}

type Channels = Readonly<Record<MediaKind, number>>;

interface Session {
  readonly id: string;
  readonly channels: Channels;
}

const log = logFor("camera", "rtsp");

/** One TCP connection: a client that watches, or the publisher. */
export class RtspConnection {
  readonly #conn: Deno.TcpConn;
  readonly #mount: CameraMount;
  readonly #queue: PacketQueue;
  readonly #nonce = crypto.randomUUID().replaceAll("-", "");
  #session: Session | undefined;
  #isPublisher = false;
  #isPlaying = false;
  #isClosed = false;

  constructor(conn: Deno.TcpConn, mount: CameraMount) {
    this.#conn = conn;
    this.#mount = mount;
    this.#queue = new PacketQueue(conn, MAX_PENDING_BYTES, (reason, cause) => {
      log.warn("client dropped", { reason, error: cause && errorChain(cause) });
      this.close();
    });
    conn.setNoDelay(true);
  }

  /** Serves the connection until either side closes it; never rejects. */
  async serve(): Promise<void> {
    try {
      const parser = new RtspParser();
      const chunk = new Uint8Array(64 * 1024);
      while (!this.#isClosed) {
        const readBytes = await this.#conn.read(chunk);
        if (readBytes === null) break;
        for (const item of parser.push(chunk.subarray(0, readBytes))) this.#take(item);
      }
    } catch (error) {
      if (error instanceof RtspSyntaxError) this.#answer({ status: 400 }, "0");
      if (!this.#isClosed) log.debug("connection ended", { error: errorChain(error) });
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#mount.relay.remove(this.#receive);
    this.#queue.close();
    this.#conn.close();
  }

  #take(item: RtspRequest | InterleavedPacket): void {
    if (this.#isClosed) return;
    if (item.kind === "request") {
      this.#answer(this.#respond(item), item.headers.get("cseq") ?? "0");
      if (item.method === "PLAY" && this.#isPlaying) this.#mount.relay.add(this.#receive);
      return;
    }
    // What clients send is receiver reports; nobody reads them.
    if (this.#isPublisher) this.#publish(item);
  }

  #answer(response: RtspResponse, cSeq: string): void {
    this.#queue.push(formatResponse(response, cSeq));
  }

  readonly #receive = (kind: MediaKind, packet: Uint8Array): void => {
    if (this.#session === undefined) return;
    this.#queue.push(onChannel(packet, this.#session.channels[kind]));
  };

  #publish({ channel, bytes }: InterleavedPacket): void {
    const channels = this.#session?.channels;
    if (channel === channels?.rtp) this.#mount.relay.relay("rtp", bytes);
    if (channel === channels?.rtcp) this.#mount.relay.relay("rtcp", bytes);
  }

  #respond(request: RtspRequest): RtspResponse {
    const path = requestPath(request.url);
    const { publishPath } = this.#mount;
    if (path === publishPath || path.startsWith(`${publishPath}/`)) {
      return this.#respondToPublisher(request);
    }
    return this.#respondToClient(request, path);
  }

  #respondToPublisher(request: RtspRequest): RtspResponse {
    switch (request.method) {
      case "OPTIONS":
        return { status: 200, headers: { Public: "OPTIONS, ANNOUNCE, SETUP, RECORD, TEARDOWN" } };
      case "ANNOUNCE":
        this.#mount.description = new TextDecoder().decode(request.body);
        return { status: 200 };
      case "SETUP":
        return this.#setUp(request);
      case "RECORD":
        this.#isPublisher = true;
        return this.#inSession({ status: 200 });
      case "TEARDOWN":
        return { status: 200 };
      default:
        return { status: 501 };
    }
  }

  #respondToClient(request: RtspRequest, path: string): RtspResponse {
    if (request.method === "OPTIONS") return { status: 200, headers: { Public: METHODS } };
    const refusal = this.#refuseUnauthorized(request);
    if (refusal !== undefined) return refusal;
    if (path !== this.#mount.path && !path.startsWith(`${this.#mount.path}/`)) {
      return { status: 404 };
    }
    if (request.method === "DESCRIBE") return this.#describe(request);
    if (request.method === "SETUP") return this.#setUp(request);

    const givenSession = request.headers.get("session")?.split(";")[0]?.trim();
    if (givenSession !== undefined && givenSession !== this.#session?.id) return { status: 454 };
    switch (request.method) {
      case "PLAY":
        if (this.#session === undefined) return { status: 455 };
        this.#isPlaying = true;
        return this.#inSession({ status: 200 });
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return this.#inSession({ status: 200 });
      case "TEARDOWN":
        return this.#tearDown();
      default:
        return { status: 501 };
    }
  }

  #refuseUnauthorized(request: RtspRequest): RtspResponse | undefined {
    const { auth, credentials } = this.#mount;
    if (auth === "none") return undefined;
    const challenge: Challenge = { scheme: auth, realm: REALM, nonce: this.#nonce };
    const authorization = request.headers.get("authorization");
    const verdict = checkAuthorization(authorization, challenge, credentials, request);
    if (verdict === "granted") return undefined;
    const header = formatChallenge(challenge, verdict === "stale");
    return { status: 401, headers: { "WWW-Authenticate": header } };
  }

  #describe(request: RtspRequest): RtspResponse {
    const { description } = this.#mount;
    if (description === undefined) return { status: 404 };
    const base = request.url.replace(/\/*$/, "/");
    const headers = { "Content-Type": "application/sdp", "Content-Base": base };
    return { status: 200, headers, body: description };
  }

  #setUp(request: RtspRequest): RtspResponse {
    const channels = interleavedChannels(request.headers.get("transport") ?? "");
    if (channels === undefined) return { status: 461 };
    const id = this.#session?.id ?? crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    this.#session = { id, channels };
    const transport = `RTP/AVP/TCP;unicast;interleaved=${channels.rtp}-${channels.rtcp}`;
    return this.#inSession({ status: 200, headers: { Transport: transport } });
  }

  #tearDown(): RtspResponse {
    this.#mount.relay.remove(this.#receive);
    this.#isPlaying = false;
    this.#session = undefined;
    return { status: 200 };
  }

  #inSession(response: RtspResponse): RtspResponse {
    if (this.#session === undefined) return response;
    const session = `${this.#session.id};timeout=${SESSION_TIMEOUT_S}`;
    return { ...response, headers: { ...response.headers, Session: session } };
  }
}

function onChannel(packet: Uint8Array, channel: number): Uint8Array {
  if (packet[1] === channel) return packet;
  const readdressed = packet.slice();
  readdressed[1] = channel;
  return readdressed;
}
