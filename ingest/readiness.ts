/** What is said of readiness, one fact each. */
export interface ReadinessReason {
  readonly code: "draining" | "over_memory" | "no_publisher";
  /** In words, with what to do about it where anybody has to. */
  readonly message: string;
}

export interface Readiness {
  readonly status: "ready" | "not_ready";
  /** Why new viewers should be sent elsewhere; none while it is ready. */
  readonly reasons: readonly ReadinessReason[];
  /** What is worth knowing and no reason to send anybody elsewhere. */
  readonly notes: readonly ReadinessReason[];
}

export interface ReadinessFacts {
  readonly isDraining: boolean;
  /** Why no new viewer may come for want of memory, if so. */
  readonly memoryRefusal: string | undefined;
  readonly publishedStreams: number;
}

/**
 * Whether new viewers are welcome here, and why not. Another server would serve them better while this
 * one stops or is short of memory. Without a publisher it is as ready as it can be: a viewer that waits
 * here has its picture the moment one comes, and a producer that could not reach an ingest because it
 * has no producer would keep it so. Pure.
 */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const { isDraining, memoryRefusal, publishedStreams } = facts;
  const reasons: ReadinessReason[] = [];
  if (isDraining) {
    reasons.push({
      code: "draining",
      message: "it is stopping: who is new is better off elsewhere",
    });
  }
  if (memoryRefusal !== undefined) {
    reasons.push({ code: "over_memory", message: memoryRefusal });
  }
  const notes: ReadinessReason[] = [];
  if (publishedStreams === 0) {
    notes.push({ code: "no_publisher", message: "nobody publishes here: is a producer running?" });
  }
  return { status: reasons.length === 0 ? "ready" : "not_ready", reasons, notes };
}
