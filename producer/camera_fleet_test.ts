import assert from "node:assert/strict";
import { CameraFleet } from "./camera_fleet.ts";
import { configOf, loadCameraDefaults, type ProducerConfig } from "./config.ts";
import { until } from "./testing/fixtures.ts";

function config(id: string, path = "1"): ProducerConfig {
  return configOf({ id, url: new URL(`rtsp://cam/${path}`) }, loadCameraDefaults({}));
}

/** Owners that do nothing but say when they run and when they have ended. */
class Owners {
  readonly events: string[] = [];
  /** What owners wait for before they have ended. */
  closing: Promise<void> = Promise.resolve();
  fails = false;

  readonly produce = async (
    { uplink: { streamId }, camera }: ProducerConfig,
    _onStatus: unknown,
    signal: AbortSignal,
  ) => {
    const name = `${streamId}${new URL(camera.url).pathname}`;
    this.events.push(`+${name}`);
    if (this.fails) throw new Error("a bug");
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await this.closing;
    this.events.push(`-${name}`);
  };
}

Deno.test("an edit starts, restarts and ends the cameras that it touches, and no other", async () => {
  const owners = new Owners();
  {
    await using fleet = new CameraFleet(owners.produce);
    fleet.apply([config("a"), config("b"), config("c")]);
    await until(() => owners.events.length === 3, "all run");
    owners.events.length = 0;
    const change = fleet.apply([config("a"), config("b", "2"), config("d")]);
    assert.deepEqual(change, { added: ["d"], changed: ["b"], removed: ["c"] });
    await until(() => owners.events.length === 4, "three were touched");
    assert.deepEqual(owners.events.toSorted(), ["+b/2", "+d/1", "-b/1", "-c/1"]);
    assert.ok(owners.events.indexOf("-b/1") < owners.events.indexOf("+b/2"));
    assert.deepEqual(fleet.apply([config("a"), config("b", "2"), config("d")]), {
      ...{ added: [], changed: [], removed: [] },
    });
    owners.events.length = 0;
  }
  assert.deepEqual(owners.events.toSorted(), ["-a/1", "-b/2", "-d/1"]);
});

Deno.test("a camera that comes back waits until the one before it has ended", async () => {
  const owners = new Owners();
  const closing = Promise.withResolvers<void>();
  owners.closing = closing.promise;
  await using fleet = new CameraFleet(owners.produce);
  fleet.apply([config("a")]);
  await until(() => owners.events.length === 1, "it runs");
  fleet.apply([]);
  fleet.apply([config("a", "2")]);
  fleet.apply([config("a", "3")]);
  closing.resolve();
  await until(() => owners.events.includes("+a/3"), "the last one runs");
  assert.deepEqual(owners.events, ["+a/1", "-a/1", "+a/3"]);
});

Deno.test("an owner that fails leaves the others alone, and may be ended while it waits", async () => {
  const owners = new Owners();
  await using fleet = new CameraFleet(owners.produce);
  fleet.apply([config("a")]);
  await until(() => owners.events.length === 1, "it runs");
  owners.fails = true;
  fleet.apply([config("a"), config("b")]);
  await until(() => owners.events.includes("+b/1"), "the other one ran");
  assert.ok(!owners.events.includes("-a/1"));
  assert.equal(fleet.cameras.length, 2);
});
