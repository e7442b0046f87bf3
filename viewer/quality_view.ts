import { codecFamilyOf, JPEG_RENDITION } from "@porthole/protocol";
import type { PictureSize } from "./display_box.ts";
import { AUTO } from "./quality_choices.ts";
import type { Report } from "./worker_messages.ts";

export interface QualityOption {
  /** As `select` says it. */
  readonly value: string;
  readonly label: string;
}

/** What a player shows of its quality. */
export interface QualityView {
  /** What ingest says this viewer gets; empty before it says so. */
  readonly rendition: string;
  /** Why, in ingest's words; empty before it says so. */
  readonly reason: string;
  /** Which rendition is painted, and on the way to which. */
  readonly name: string;
  /** Of the painted picture, or the first one to come. */
  readonly size: string;
  readonly isPinned: boolean;
  readonly isLinkSlow: boolean;
  /** All of it in a sentence. */
  readonly description: string;
  readonly options: readonly QualityOption[];
  readonly selected: string;
}

/** @param selected the user's choice: a rendition's name, or `"auto"` */
export function qualityViewOf(report: Report | undefined, selected: string): QualityView {
  const { rendition = "", reason = "" } = report?.quality ?? {};
  const isPinned = selected !== AUTO;
  const isLinkSlow = (report?.stats.discardedLately ?? 0) > 0;
  const view = {
    rendition,
    reason,
    name: nameOf(report?.picture?.rendition, rendition),
    size: sizeOf(report),
    isPinned,
    isLinkSlow,
    options: optionsOf(report, selected),
    selected,
  };
  return { ...view, description: descriptionOf(view) };
}

/** Whether a choice of the user's cannot be had any more. What is not known is not gone. */
export function isGone(selected: string, report: Report): boolean {
  if (selected === AUTO) return false;
  if (!isPlayable(selected, report)) return true;
  const { connection, streamState, selectable } = report;
  if (connection !== "open" || streamState !== "live" || selectable === undefined) return false;
  return !selectable.includes(selected);
}

/** How wide and high, in px. */
export function sizeText({ widthPx, heightPx }: PictureSize): string {
  return `${widthPx} × ${heightPx}`;
}

/** Of what is painted, and before that of what is going to be. */
function sizeOf(report: Report | undefined): string {
  if (report?.picture !== undefined) return sizeText(report.picture);
  const promised = report?.renditions.find(({ name }) => name === report.quality?.rendition);
  if (promised === undefined) return "";
  return sizeText({ widthPx: promised.width, heightPx: promised.height });
}

function nameOf(painted: string | undefined, promised: string): string {
  if (painted === undefined || promised === "" || painted === promised) return painted ?? promised;
  return `${painted} → ${promised}`;
}

function descriptionOf(
  { name, size, reason, isPinned, isLinkSlow }: Omit<QualityView, "description">,
): string {
  const shown = [name, size].filter((part) => part !== "").join(" · ");
  const how = [shown, isPinned ? "pinned" : "automatic"].filter((part) => part !== "").join(", ");
  const why = reason === "" ? "" : `: ${reason}`;
  const slow = isLinkSlow ? ". Frames were skipped lately: the link is slow" : "";
  return `Quality ${how}${why}${slow}`;
}

/** What can be chosen, the user's choice always among it. */
function optionsOf(report: Report | undefined, selected: string): QualityOption[] {
  const names = report?.selectable ?? report?.renditions.map(({ name }) => name) ?? [];
  const playable = names.filter((name) => report !== undefined && isPlayable(name, report));
  const listed = selected === AUTO || playable.includes(selected)
    ? playable
    : [...playable, selected];
  return [
    { value: AUTO, label: "Automatic" },
    ...listed.map((name) => ({ value: name, label: labelOf(name, report) })),
  ];
}

function labelOf(name: string, report: Report | undefined): string {
  const running = report?.renditions.find((rendition) => rendition.name === name);
  if (running === undefined) return name;
  return `${name} · ${sizeText({ widthPx: running.width, heightPx: running.height })}`;
}

/** What does not run yet says nothing of its codec; `jpeg` is of JPEG alone. SPEC.md, "Frames". */
function isPlayable(name: string, { decodesH264, decodesH265, renditions }: Report): boolean {
  if (name === JPEG_RENDITION) return true;
  const codec = renditions.find((rendition) => rendition.name === name)?.codec;
  switch (codec === undefined ? undefined : codecFamilyOf(codec)) {
    case "jpeg":
      return true;
    case "hvc1":
      return decodesH265;
    default:
      return decodesH264;
  }
}
