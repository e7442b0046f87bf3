/**
 * A worker that does not do what it should: on its own it cannot listen, with one other it cannot
 * even start, with more it listens and then fails.
 *
 * @module
 */
import type { WorkerAnswer, WorkerOrder, WorkerStart } from "../mesh/worker_message.ts";

globalThis.addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const { control, place }: WorkerStart = event.data;
  if (place.peers.length === 1) throw new Error("no way to start");
  const answer = (message: WorkerAnswer) => control.postMessage(message);
  control.addEventListener("message", ({ data }: MessageEvent<WorkerOrder>) => {
    if (data.type === "stop") return answer({ type: "stopped" });
    if (place.peers.length === 0) {
      return answer({ type: "refused", reason: "it is taken", isMisuse: true });
    }
    answer({ type: "listens", url: "http://127.0.0.1:1/" });
    setTimeout(() => {
      throw new Error("out of luck");
    });
  });
  control.start();
  answer({ type: "ready" });
}, { once: true });
