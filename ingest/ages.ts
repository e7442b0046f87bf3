import type { MetricsRegistry } from "@porthole/protocol/metrics";

/** One observation, in ms. */
export type Observe = (ms: number) => void;

/** How late pictures of one stream are, at each place where that is known. */
export interface StreamAges extends Disposable {
  /** From the publisher's timestamp to here: each frame of a live publish once. */
  readonly published: Observe;
  /** From here to a viewer's acknowledgement: each viewer every two seconds. */
  readonly delivered: Observe;
  /** From the publisher's timestamp to the painting: the median of each report of a viewer. */
  readonly shown: Observe;
  /** From a viewer's first word to the first frame handed over to it. */
  readonly joined: Observe;
}

const AGE_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5];
const GLASS_BUCKETS_S = [0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5];
const JOIN_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const HISTOGRAMS = {
  published: {
    name: "porthole_publish_age_seconds",
    help: "Age of frames when ingest has them, by the publisher's timestamp and clock.",
    buckets: AGE_BUCKETS_S,
  },
  delivered: {
    name: "porthole_delivery_age_seconds",
    help: "From a frame's arrival at ingest to a viewer's acknowledgement, its way back included.",
    buckets: AGE_BUCKETS_S,
  },
  shown: {
    name: "porthole_glass_age_seconds",
    help: "Age of pictures when they are painted: the median of each viewer's report.",
    buckets: GLASS_BUCKETS_S,
  },
  joined: {
    name: "porthole_join_seconds",
    help: "From a viewer's connecting to the first frame that is handed over to it.",
    buckets: JOIN_BUCKETS_S,
  },
} as const;

/** How late pictures are, by stream; there are as many series as streams, and they go with them. */
export class Ages {
  readonly #histograms;

  constructor(registry: MetricsRegistry) {
    const add = (name: keyof typeof HISTOGRAMS) =>
      registry.addHistogram({ ...HISTOGRAMS[name], labelNames: ["stream"] });
    this.#histograms = {
      published: add("published"),
      delivered: add("delivered"),
      shown: add("shown"),
      joined: add("joined"),
    };
  }

  /** Of one stream, until it is disposed of. */
  of(stream: string): StreamAges {
    const all = Object.values(this.#histograms);
    let isThere = true;
    const observing = (name: keyof typeof HISTOGRAMS): Observe => {
      const histogram = this.#histograms[name].labels(stream);
      // Whoever was late to leave must not bring its series back.
      return (ms) => isThere && histogram.observe(ms / 1000);
    };
    return {
      published: observing("published"),
      delivered: observing("delivered"),
      shown: observing("shown"),
      joined: observing("joined"),
      [Symbol.dispose]: () => {
        isThere = false;
        for (const histogram of all) histogram.remove(stream);
      },
    };
  }
}

/** Where nobody asks. */
export const NO_AGES: StreamAges = {
  published() {},
  delivered() {},
  shown() {},
  joined() {},
  [Symbol.dispose]() {},
};
