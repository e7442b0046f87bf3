import type { IngestConfig } from "../config.ts";
import type { MeshPlace } from "./peers.ts";

/** The first message to a worker, with the ports in it transferred. */
export interface WorkerStart {
  readonly place: MeshPlace;
  readonly config: IngestConfig;
  readonly viewerDirectory: string;
  /** What follows goes by it, either way. */
  readonly control: MessagePort;
}

/** Each is answered by one {@link WorkerAnswer}, and the next comes after that. */
export type WorkerOrder =
  /** 0 takes a free one. */
  | { readonly type: "listen"; readonly port: number }
  /** It is about to stop, and goes on until then. */
  | { readonly type: "drain" }
  | { readonly type: "stop" };

export type WorkerAnswer =
  /** Unasked: it knows its place and hears the others. */
  | { readonly type: "ready" }
  | { readonly type: "listens"; readonly url: string }
  | { readonly type: "drains" }
  | { readonly type: "stopped" }
  /** It cannot listen as it was told to. */
  | { readonly type: "refused"; readonly reason: string; readonly isMisuse: boolean };
