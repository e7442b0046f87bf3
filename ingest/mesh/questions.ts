import { logFor } from "@porthole/protocol/service";
import type { MeshMessage } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Peers } from "./peers.ts";

/** A worker that takes longer is busy; whoever asked gets what there is. */
const ANSWER_WITHIN_MS = 500;

interface Pending<A> {
  readonly answers: A[];
  readonly missing: Set<number>;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (answers: A[]) => void;
}

const log = logFor("ingest", "mesh");

/** Questions to all other workers, and what they have answered so far. */
export class Questions<A> implements Disposable {
  readonly #peers: Peers;
  readonly #pending = new Map<number, Pending<A>>();
  #latestId = 0;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** What those answer who answer in time; the others are left out, and logged. */
  ask(question: (id: number) => MeshMessage): Promise<A[]> {
    const id = ++this.#latestId;
    const { promise, resolve } = Promise.withResolvers<A[]>();
    const timer = setTimeout(() => this.#settle(id), ANSWER_WITHIN_MS);
    const missing = new Set(this.#peers.links.map(({ index }) => index));
    this.#pending.set(id, { answers: [], missing, timer, resolve });
    this.#peers.tell(question(id));
    return promise;
  }

  answered(id: number, answer: A, link: PeerLink): void {
    const pending = this.#pending.get(id);
    if (pending === undefined || !pending.missing.delete(link.index)) return;
    pending.answers.push(answer);
    if (pending.missing.size === 0) this.#settle(id);
  }

  /** Whoever waits gets what there is. */
  [Symbol.dispose](): void {
    for (const id of this.#pending.keys()) this.#settle(id);
  }

  #settle(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    const { missing, answers, resolve } = pending;
    if (missing.size > 0) log.warn("workers did not answer in time", { workers: [...missing] });
    resolve(answers);
  }
}
