/** What shows a player's picture: its canvas, or the `<video>` in the place of that. */
export type ShownElement = HTMLCanvasElement | HTMLVideoElement;

export function shownElementOf(stream: string): ShownElement | null {
  const player = `figure.player[data-stream="${CSS.escape(stream)}"]`;
  return document.querySelector<HTMLVideoElement>(`${player} video.picture:not(.picture-coming)`) ??
    document.querySelector<HTMLCanvasElement>(`${player} canvas`);
}

/** Of the picture, px. */
export function sizeOf(shown: ShownElement): { readonly width: number; readonly height: number } {
  return shown instanceof HTMLVideoElement
    ? { width: shown.videoWidth, height: shown.videoHeight }
    : shown;
}
