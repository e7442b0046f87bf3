import { element } from "./dom.ts";

/** Has the browser save a picture as a file. */
export function downloadPicture(png: Blob, fileName: string): void {
  downloadFile(png, fileName);
}

/** Has the browser save a file. */
export function downloadFile(content: Blob, fileName: string): void {
  const url = URL.createObjectURL(content);
  const link = element("a", "");
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken hold of the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}

/** `<stream>-<ISO time>.png`, its colons as hyphens: Windows allows none in a file name. */
export function pictureFileName(streamId: string, takenAt: Date): string {
  return `${streamId}-${timeInName(takenAt)}.png`;
}

/** `porthole-<stream>-<ISO time>.json`. */
export function statsFileName(streamId: string, takenAt: Date): string {
  return `porthole-${streamId}-${timeInName(takenAt)}.json`;
}

function timeInName(takenAt: Date): string {
  return takenAt.toISOString().replaceAll(":", "-");
}
