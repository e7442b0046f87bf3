import type { PlayerState } from "./presence.ts";

interface TileState {
  /** What people call the camera. */
  readonly name: string;
  readonly state: PlayerState;
}

/** How a whole wall is, in a sentence for a screen reader: which are not as they should be. Pure. */
export function wallStatusOf(tiles: readonly TileState[]): string {
  if (tiles.length === 0) return "No camera yet";
  const cameras = tiles.length === 1 ? "1 camera" : `${tiles.length} cameras`;
  // Out of sight they pause: nothing to tell.
  const amiss = tiles.filter(({ state }) => state !== "live" && state !== "paused");
  if (amiss.length === 0) return `${cameras}, live`;
  const named = amiss.map(({ name, state }) => `${name} is ${state}`).join(", ");
  return `${cameras}; ${named}`;
}
