import { type BugReportFacts, bugReportOf } from "./bug_report.ts";
import { downloadFile, statsFileName } from "./download.ts";
import { VERSION } from "./version.ts";

/** What only the player knows. */
export type PlayerFacts = Omit<
  BugReportFacts,
  "version" | "userAgent" | "isSecureContext" | "takenAt"
>;

/**
 * Copies a player's statistics for a bug report. Where the clipboard is not to be had, as on plain
 * http, they become a file.
 *
 * @returns what became of them, for the user
 */
export async function copyStats(facts: PlayerFacts): Promise<string> {
  const takenAt = new Date();
  const { userAgent } = navigator;
  const report = bugReportOf({ version: VERSION, userAgent, isSecureContext, takenAt, ...facts });
  const json = JSON.stringify(report, null, 2);
  try {
    await navigator.clipboard.writeText(json);
    return "The statistics are copied: paste them where they are wanted";
  } catch {
    const file = new Blob([json], { type: "application/json" });
    downloadFile(file, statsFileName(facts.stream, takenAt));
    return "This page may not copy, so the statistics are saved as a file";
  }
}
