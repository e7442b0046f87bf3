import type { CameraStatus } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { SourceOnDemand } from "./source_on_demand.ts";
import { until } from "./testing/fixtures.ts";

/** A camera that says when it is opened and closed. */
class Source implements AsyncDisposable {
  readonly events: string[] = [];
  readonly source: SourceOnDemand;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(lingerMs: number) {
    this.source = new SourceOnDemand({
      lingerMs,
      log: logFor("test"),
      run: async (signal) => {
        this.events.push("open");
        this.source.status({ type: "status", state: "connecting", cause: "" });
        this.source.status({ type: "status", state: "live", cause: "" });
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        this.events.push("closed");
      },
      onStatus: (status) => void this.events.push(wordsOf(status)),
    });
    this.#running = this.source.run(this.#abort.signal);
  }

  untilEvents(count: number): Promise<void> {
    return until(() => this.events.length >= count, `${count} events: ${this.events}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}

function wordsOf({ state, standby = false, cause }: CameraStatus): string {
  return standby ? cause.replace(/^the camera /, "") : state;
}

const ASLEEP = "sleeps until somebody watches";
const WAKING = "waking the camera";

Deno.test("it sleeps until it is wanted, and again a while after it is not", async () => {
  await using demanded = new Source(1);
  assert.deepEqual(demanded.events, [ASLEEP]);
  demanded.source.want(false);
  demanded.source.want(true);
  const opened = [ASLEEP, WAKING, "open", WAKING, "live"];
  await demanded.untilEvents(opened.length);
  assert.deepEqual(demanded.events, opened);
  demanded.source.want(false);
  await demanded.untilEvents(opened.length + 2);
  assert.deepEqual(demanded.events, [...opened, "closed", ASLEEP]);
  demanded.source.want(true);
  await until(() => demanded.events.at(-1) === "live", "it opens again");
});

Deno.test("who comes back in time finds it open", async () => {
  await using demanded = new Source(60_000);
  demanded.source.want(true);
  await until(() => demanded.events.at(-1) === "live", "it is open");
  for (let visit = 0; visit < 3; visit++) {
    demanded.source.want(false);
    await Promise.resolve();
    demanded.source.want(true);
    await Promise.resolve();
  }
  assert.equal(demanded.events.filter((event) => event === "open").length, 1);
  assert.ok(!demanded.events.includes("closed"));
});

Deno.test("stopped while it sleeps, is open, or lingers, it ends at once", async () => {
  for (const wants of [[], [true], [true, false]]) {
    const demanded = new Source(60_000);
    for (const want of wants) {
      demanded.source.want(want);
      if (want) await until(() => demanded.events.at(-1) === "live", "it is open");
    }
    await demanded[Symbol.asyncDispose]();
    assert.equal(demanded.events.includes("closed"), wants.length > 0);
  }
});
