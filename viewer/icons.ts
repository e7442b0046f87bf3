const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** Path data on a grid of 24, drawn as strokes. */
const ICON_PATHS = {
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12.5-7.5z",
  fullscreen: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  capture: "M3 8h4l2-3h6l2 3h4v11H3zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  stats: "M5 20v-7M12 20V4M19 20v-10",
  choose: "M7 10l5 5 5-5",
  pip: "M3 5h18v14H3zM12 12h6v4h-6z",
  close: "M6 6l12 12M18 6L6 18",
  back: "M10 5l-7 7 7 7M3 12h18",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  connecting: "M12 3a9 9 0 1 1-9 9",
  stale: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
  offline: "M7 6h8.5v4L21 7v10l-5.5-3v4H6M3 6v12M3 3l18 18",
  unsupported: "M12 3.5l9.5 17h-19zM12 10v4.5M12 17.4v.1",
  help:
    "M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM9.2 9.2a2.8 2.8 0 1 1 4 2.6c-.8.4-1.2 1-1.2 1.9v.3M12 17.2v.1",
  porthole:
    "M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM12 17.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM6.8 13.2c1.8-1.4 3.4-1.4 5.2 0s3.4 1.4 5.2 0",
} as const;

export type IconName = keyof typeof ICON_PATHS;

/** An icon in the colour of the text around it, hidden from screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG_NAMESPACE, "path");
  path.setAttribute("d", ICON_PATHS[name]);
  svg.append(path);
  return svg;
}
