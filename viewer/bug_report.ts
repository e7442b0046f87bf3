import { latencyStages } from "./latency_stages.ts";
import type { PlaybackSettings } from "./playback_settings.ts";
import type { Presence } from "./presence.ts";
import type { QualityView } from "./quality_view.ts";
import type { Report } from "./worker_messages.ts";

/** What is known besides the player's own report. */
export interface BugReportFacts {
  /** Of the viewer. */
  readonly version: string;
  readonly userAgent: string;
  /** Whether the page is on https or localhost, where browsers decode video. */
  readonly isSecureContext: boolean;
  readonly takenAt: Date;
  readonly stream: string;
  readonly presence: Presence;
  readonly quality: QualityView;
  /** What the user set. */
  readonly settings: PlaybackSettings;
  readonly report: Report | undefined;
}

/** Another number when a field changes its meaning; new fields change none. */
export const BUG_REPORT_FORMAT = "porthole-stats/1";

/**
 * All statistics as plain data, for a bug report: README.md, "Statistics as JSON". No address, no
 * token, no user: nothing of it needs to be blacked out.
 */
export function bugReportOf(facts: BugReportFacts): Record<string, unknown> {
  const { presence, quality, report } = facts;
  return {
    format: BUG_REPORT_FORMAT,
    takenAt: facts.takenAt.toISOString(),
    version: facts.version,
    browser: { userAgent: facts.userAgent, isSecureContext: facts.isSecureContext },
    stream: facts.stream,
    state: { ...presence },
    quality: {
      rendition: quality.rendition,
      reason: quality.reason,
      selected: quality.selected,
    },
    settings: { ...facts.settings },
    ...(report === undefined ? {} : measured(report)),
  };
}

function measured(report: Report): Record<string, unknown> {
  const { stats, minute, uplinkMs, clockErrorMs } = report;
  return {
    latency: {
      nowMs: stats.latencyMs ?? null,
      stagesMs: latencyStages({ ...stats, uplinkMs }) ?? null,
      clockErrorMs: clockErrorMs ?? null,
      lastMinute: minute ?? null,
    },
    connection: {
      state: report.connection,
      cause: report.connectionCause,
      reconnects: report.reconnects,
      lastLossCause: report.lastLossCause,
    },
    picture: report.picture ?? null,
    renditions: report.renditions,
    way: { name: report.way, reason: report.wayReason },
    decodesH264: report.decodesH264,
    decodesH265: report.decodesH265,
    bufferedFrames: report.bufferedFrames,
    lostBeforeServer: report.lostBeforeServer,
    stats,
  };
}
