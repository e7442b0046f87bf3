import { Playback } from "./playback.ts";
import type { PageToWorker, WorkerToPage } from "./worker_messages.ts";

self.addEventListener("message", ({ data }: MessageEvent<PageToWorker>) => {
  if (data.type !== "start") return;
  const playback = new Playback({
    ...data,
    onReport: (report) => tell({ type: "report", report }),
  });
  self.addEventListener("message", ({ data }: MessageEvent<PageToWorker>) => obey(data, playback));
}, { once: true });

function obey(order: PageToWorker, playback: Playback): void {
  switch (order.type) {
    case "play":
    case "pause":
      playback.setPlaying(order.type === "play");
      break;
    case "select":
      playback.select(order.selected);
      break;
    case "token":
      playback.useToken(order.token);
      break;
    case "limit":
      playback.limit(order.maxSize);
      break;
    case "mirror":
      playback.mirrorTo(order.track);
      break;
    case "capture":
      playback.capture().then(
        (png) => tell({ type: "captured", png }),
        (cause) => tell({ type: "capture-failed", reason: String(cause) }),
      );
      break;
    case "stop":
      playback.close();
      self.close();
      break;
  }
}

function tell(message: WorkerToPage): void {
  self.postMessage(message);
}
