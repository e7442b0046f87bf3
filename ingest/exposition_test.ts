import { type CameraStatus, epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { eventually } from "./testing/eventually.ts";
import { h264Frame, outbound } from "./testing/frames.ts";
import { MeshWorkers } from "./testing/mesh_workers.ts";

const SLEEPING: CameraStatus = {
  ...{ type: "status", state: "connecting", cause: "it sleeps", standby: true },
};

Deno.test("a camera that sleeps has no series of being live, whichever worker is asked", async () => {
  using mesh = new MeshWorkers(2);
  const here = mesh.worker(0);
  const publisher = here.publish(["main"]);
  const told = async (camera: CameraStatus) => {
    publisher.camera = camera;
    here.target().publisherChanged(epochNowMs());
    await here.hearsAll();
    const texts = await Promise.all([0, 1].map((i) => mesh.worker(i).mesh.overview.exposition()));
    return texts.map((text) => text.match(/^porthole_stream_live.*$/gm));
  };
  const both = (value: number) => Array(2).fill([`porthole_stream_live{stream="cam"} ${value}`]);
  assert.deepEqual(await told(SLEEPING), [null, null]);
  assert.deepEqual(await told({ type: "status", state: "failed", cause: "refused" }), both(0));
  await eventually("it is live", async () => {
    here.target().publish(outbound(h264Frame(1, true)), epochNowMs());
    const lines = await told({ type: "status", state: "live", cause: "" });
    return isDeepStrictEqual(lines, both(1));
  });
  assert.deepEqual(await told(SLEEPING), [null, null], "though a picture came a moment ago");
});
