import { element } from "./dom.ts";

/** Has the browser save a picture as a file. */
export function downloadPicture(png: Blob, fileName: string): void {
  const url = URL.createObjectURL(png);
  const link = element("a", "");
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken hold of the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}

/** `<stream>-<ISO time>.png`, its colons as hyphens: Windows allows none in a file name. */
export function pictureFileName(streamId: string, takenAt: Date): string {
  return `${streamId}-${takenAt.toISOString().replaceAll(":", "-")}.png`;
}
