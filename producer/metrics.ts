import type { CameraStatus } from "@porthole/protocol";
import {
  addProcessMetrics,
  expositionOf,
  MetricsRegistry,
  type Sample,
} from "@porthole/protocol/metrics";
import { CameraMetrics } from "./camera_metrics.ts";

const AGE_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** What the producer tells of all its cameras; the numbers are looked at when somebody asks. */
export class ProducerMetrics implements Disposable {
  readonly #registry = new MetricsRegistry();
  readonly #cameras = new Map<string, CameraMetrics>();
  readonly #ages = this.#registry.addHistogram({
    name: "porthole_producer_publish_age_seconds",
    help: "From a whole frame to ingest's acknowledgement of it, its way back included.",
    labelNames: ["stream"],
    buckets: AGE_BUCKETS_S,
  });
  readonly #process: Disposable;

  constructor() {
    this.#addFrames();
    this.#addRestarts();
    this.#addNow();
    this.#process = addProcessMetrics(this.#registry);
  }

  /** Of one camera, until it is disposed of. One that has its id takes its place. */
  camera(stream: string): CameraMetrics {
    const age = this.#ages.labels(stream);
    const camera = new CameraMetrics((ms) => age.observe(ms / 1000), () => {
      if (this.#cameras.get(stream) !== camera) return;
      this.#cameras.delete(stream);
      this.#ages.remove(stream);
    });
    this.#cameras.set(stream, camera);
    return camera;
  }

  /** How each camera is, and whether ingest takes its pictures. */
  get states(): ReadonlyMap<string, { status: CameraStatus; isConnected: boolean }> {
    return this.#cameras;
  }

  /** Prometheus text exposition format 0.0.4 */
  async exposition(): Promise<string> {
    return expositionOf([await this.#registry.parts()]);
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }

  #addFrames(): void {
    this.#addCounter("frames", "Frames that were made, as far as they are published.", {
      ...{ labelNames: ["rendition"], of: ({ frames }) => frames },
    });
    this.#addCounter("bytes", "Bytes of those frames.", {
      ...{ labelNames: ["rendition"], of: ({ bytes }) => bytes },
    });
    this.#addCounter("frames_discarded", "Frames that the uplink gave up, by why.", {
      ...{ labelNames: ["rendition", "cause"], of: ({ discarded }) => discarded },
    });
  }

  #addRestarts(): void {
    this.#addCounter("camera_restarts", "Connections to the camera that ended, by why.", {
      ...{ labelNames: ["cause"], of: ({ restarts }) => restarts },
    });
    this.#addCounter("rendition_restarts", "FFmpegs that make a rendition and ended, by why.", {
      ...{ labelNames: ["rendition", "cause"], of: ({ renditionRestarts }) => renditionRestarts },
    });
    this.#addCounter("uplink_restarts", "Publishes that ended or could not begin, by why.", {
      ...{ labelNames: ["cause"], of: ({ uplinkRestarts }) => uplinkRestarts },
    });
  }

  #addNow(): void {
    this.#addGauge("camera_live", "1 while pictures come from the camera, else 0; none asleep.", {
      // One that sleeps until somebody watches lacks nothing.
      of: ({ status }) => status.standby === true ? [] : [flag(status.state === "live")],
    });
    this.#addGauge("uplink_connected", "1 while ingest takes the camera's pictures, else 0.", {
      of: ({ isConnected }) => [flag(isConnected)],
    });
    this.#addGauge("uplink_rtt_seconds", "There and back to ingest, the shortest of late.", {
      of: ({ roundTripMs }) =>
        roundTripMs === undefined ? [] : [{ labels: {}, value: roundTripMs / 1000 }],
    });
    this.#addGauge("renditions_running", "FFmpegs that run: main and what is made of it.", {
      ...{ labelNames: ["rendition"], of: ({ running }) => running },
    });
  }

  #addCounter(name: string, help: string, { labelNames = [], of }: CameraFigure): void {
    this.#registry.addCounter({
      name: `porthole_producer_${name}_total`,
      help,
      labelNames: ["stream", ...labelNames],
      read: () => this.#each(of),
    });
  }

  #addGauge(name: string, help: string, { labelNames = [], of }: CameraFigure): void {
    this.#registry.addGauge({
      name: `porthole_producer_${name}`,
      help,
      labelNames: ["stream", ...labelNames],
      read: () => this.#each(of),
    });
  }

  #each(of: CameraFigure["of"]): Sample[] {
    return [...this.#cameras].flatMap(([stream, camera]) =>
      of(camera).map(({ labels, value }) => ({ labels: { stream, ...labels }, value }))
    );
  }
}

interface CameraFigure {
  readonly labelNames?: readonly string[];
  readonly of: (camera: CameraMetrics) => readonly Sample[];
}

function flag(isSet: boolean): Sample {
  return { labels: {}, value: isSet ? 1 : 0 };
}
