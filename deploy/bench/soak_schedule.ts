import { seededRandom, shuffled } from "./seeded_random.ts";

export const FAULTS = [
  "camera-killed",
  "camera-frozen",
  "camera-rebooted",
  "ffmpeg-killed",
  "ffmpeg-frozen",
  "ingest-frozen",
] as const;
export type FaultName = (typeof FAULTS)[number] | "ingest-killed";

export interface PlannedFault {
  readonly name: FaultName;
  /** After the one before has been recovered from. */
  readonly afterMs: number;
  /** How long it lasts, where that is for somebody to decide. */
  readonly lastsMs: number;
  /** Of the camera when it is back, px. */
  readonly widthPx: number;
  readonly heightPx: number;
}

export const VISITS = ["polite", "hasty", "garbage", "never reads", "slow"] as const;
export type VisitName = (typeof VISITS)[number];

export interface PlannedVisit {
  readonly name: VisitName;
  /** After the one before began. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

const AFTER_MS = [4_000, 10_000] as const;
const LASTS_MS = [500, 8_000] as const;
const SIZES = [[640, 360], [480, 270], [800, 450]] as const;
const VISIT_AFTER_MS = [500, 2_500] as const;
const VISIT_LASTS_MS = [200, 12_000] as const;

/** What goes wrong, without end; each fault once before any comes again. The same for a seed. */
export function* faultsOf(
  seed: number,
  { withIngest = false }: { withIngest?: boolean } = {},
): Generator<PlannedFault, never> {
  const random = seededRandom(seed);
  const names: readonly FaultName[] = withIngest ? [...FAULTS, "ingest-killed"] : FAULTS;
  while (true) {
    for (const name of shuffled(names, random)) {
      const [widthPx, heightPx] = SIZES[Math.floor(random() * SIZES.length)] ?? SIZES[0];
      yield {
        name,
        afterMs: between(AFTER_MS, random),
        lastsMs: between(LASTS_MS, random),
        widthPx,
        heightPx,
      };
    }
  }
}

/** Who comes and goes, without end. The same for a seed. */
export function* visitsOf(seed: number): Generator<PlannedVisit, never> {
  const random = seededRandom(~seed);
  while (true) {
    for (const name of shuffled(VISITS, random)) {
      yield {
        name,
        afterMs: between(VISIT_AFTER_MS, random),
        lastsMs: between(VISIT_LASTS_MS, random),
      };
    }
  }
}

function between([least, most]: readonly [number, number], random: () => number): number {
  return Math.round(least + (most - least) * random());
}
