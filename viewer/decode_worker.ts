import { Playback } from "./playback.ts";
import type { PageToWorker, WorkerToPage } from "./worker_messages.ts";

self.addEventListener("message", ({ data }: MessageEvent<PageToWorker>) => {
  if (data.type !== "start") return;
  const playback = new Playback({
    ...data,
    onReport: (report) => tell({ type: "report", report }),
    media: {
      missing: data.missingMediaSource,
      playsH265: data.mediaSourcePlaysH265,
      onFrame: (frame, buffer) => tell({ type: "media", frame }, [buffer]),
      onEnd: () => tell({ type: "media-end" }),
    },
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
    case "way":
      playback.chooseWay(order.wayChoice);
      break;
    case "smoothing":
      playback.smoothingMs = order.smoothingMs;
      break;
    case "network-changed":
      playback.networkChanged();
      break;
    case "media-shown":
      playback.mediaShown(order.shown);
      break;
    case "media-alive":
      playback.mediaAlive();
      break;
    case "media-failed":
      playback.mediaFailed(order.failure);
      break;
    case "history":
      playback.tellHistory(order.wanted);
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

function tell(message: WorkerToPage, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
