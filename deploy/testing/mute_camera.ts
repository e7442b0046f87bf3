const SDP = [
  ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=mute", "t=0 0", "m=video 0 RTP/AVP 96"],
  ...["a=rtpmap:96 H264/90000", "a=control:t0"],
  "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==",
  "",
].join("\r\n");
const TRANSPORT = "RTP/AVP/TCP;unicast;interleaved=0-1";
const REPORT_EVERY_MS = 100;
/** A sender report on channel 1 (RFC 2326, 10.12; RFC 3550, 6.4.1), of nothing sent. */
const SENDER_REPORT = Uint8Array.of(0x24, 1, 0, 28, 0x80, 200, 0, 6, ...new Uint8Array(24));

/** A camera whose encoder hangs: it takes connections, plays, and sends RTCP and no pictures. */
export class MuteCamera implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Promise<void>>();
  readonly #plays = Promise.withResolvers<void>();
  readonly #accepting = this.#accept();
  readonly url = `rtsp://127.0.0.1:${this.#listener.addr.port}/camera`;

  /** Resolves once somebody has sent PLAY. */
  get plays(): Promise<void> {
    return this.#plays.promise;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const served = this.#serve(connection).finally(() => this.#connections.delete(served));
      this.#connections.add(served);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    let reports: ReturnType<typeof setInterval> | undefined;
    const writer = connection.writable.getWriter();
    // A client that has gone is seen by the reader, which ends.
    const send = (bytes: Uint8Array<ArrayBuffer>) => void writer.write(bytes).catch(() => {});
    try {
      for await (const text of connection.readable.pipeThrough(new TextDecoderStream("latin1"))) {
        const [, method, sequence] = /^([A-Z]+) [^]*?CSeq: (\d+)/.exec(text) ?? [];
        if (method === undefined) continue;
        send(new TextEncoder().encode(answer(method, sequence ?? "")));
        if (method !== "PLAY") continue;
        reports = setInterval(() => send(SENDER_REPORT), REPORT_EVERY_MS);
        this.#plays.resolve();
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    } finally {
      clearInterval(reports);
    }
  }

  /** Resolves once all its clients are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#connections);
  }
}

function answer(method: string, sequence: string): string {
  const head = `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\nSession: 1\r\n`;
  if (method === "SETUP") return `${head}Transport: ${TRANSPORT}\r\n\r\n`;
  if (method !== "DESCRIBE") return `${head}\r\n`;
  return `${head}Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
}
