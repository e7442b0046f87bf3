import { controlTypeOf, decodeMessage, isFrame, VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { eventually } from "./eventually.ts";
import { encode } from "./frames.ts";
import type { TestIngest } from "./test_ingest.ts";
import { within } from "./within.ts";

export interface ReceivedMessage {
  readonly bytes: Uint8Array;
  readonly message: Readonly<Record<string, unknown>>;
}

/** A WebSocket viewer that keeps all it is sent, in order. */
export class TestViewer implements AsyncDisposable {
  readonly received: ReceivedMessage[] = [];
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<CloseEvent>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer)) throw new Error("ingest sends binary messages alone");
      const bytes = new Uint8Array(data);
      const message = decodeMessage(bytes) as ReceivedMessage["message"];
      this.received.push({ bytes, message });
    });
    socket.addEventListener("close", (event) => this.#closed.resolve(event));
  }

  /** With control messages. @throws {Error} when the upgrade is refused */
  static watch(
    ingest: TestIngest,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<TestViewer> {
    const protocols = [VIEWER_SUBPROTOCOL];
    return TestViewer.#open(new WebSocket(ingest.webSocketUrl(path), { protocols, headers }));
  }

  /** The plainest client. @throws {Error} when the upgrade is refused */
  static watchPlainly(
    ingest: TestIngest,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<TestViewer> {
    return TestViewer.#open(new WebSocket(ingest.webSocketUrl(path), { headers }));
  }

  /** How the connection ended, once it has. */
  get closed(): Promise<CloseEvent> {
    return this.#closed.promise;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get frames(): ReceivedMessage[] {
    return this.received.filter(({ message }) => isFrame(message));
  }

  /** The `seq` of each frame, in order. */
  get seqs(): unknown[] {
    return this.frames.map(({ message }) => message["seq"]);
  }

  controls(type: string): ReceivedMessage["message"][] {
    return this.received.map(({ message }) => message).filter((m) => controlTypeOf(m) === type);
  }

  send(message: object): void {
    this.#socket.send(encode(message));
  }

  sendRaw(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** The first control message of a type that fits, come or to come. */
  control(
    type: string,
    fits: (message: ReceivedMessage["message"]) => boolean = () => true,
  ): Promise<ReceivedMessage["message"]> {
    return eventually(
      `"${type}" among ${JSON.stringify(this.received.map((r) => controlTypeOf(r.message)))}`,
      () => this.controls(type).find(fits),
    );
  }

  framesReceived(count: number): Promise<unknown> {
    return eventually(`${count} frames`, () => this.frames.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await within("the WebSocket's end", this.closed);
  }

  static async #open(socket: WebSocket): Promise<TestViewer> {
    const viewer = new TestViewer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true });
      socket.addEventListener("error", () => reject(new Error("the upgrade was refused")), {
        once: true,
      });
    });
    return viewer;
  }
}
