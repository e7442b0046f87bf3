import type { ArrivalReport } from "./load_arrivals.ts";
import type { LoadResult } from "./load_run.ts";

interface Column {
  readonly title: string;
  readonly unit: string;
  readonly chars: number;
}

const NAME_CHARS = 24;
const COLUMNS: readonly Column[] = [
  { title: "fps", unit: "mean", chars: 7 },
  { title: "", unit: "min", chars: 7 },
  { title: "delivery", unit: "p50 ms", chars: 10 },
  { title: "", unit: "p95", chars: 8 },
  { title: "", unit: "p99", chars: 8 },
  { title: "", unit: "max", chars: 8 },
  { title: "frames", unit: "missing", chars: 9 },
  { title: "", unit: "discarded", chars: 11 },
  { title: "server", unit: "CPU ms/s", chars: 10 },
  { title: "its RSS", unit: "idle MB", chars: 9 },
  { title: "", unit: "start", chars: 7 },
  { title: "", unit: "end", chars: 7 },
  { title: "", unit: "max", chars: 7 },
  { title: "viewers", unit: "CPU ms/s", chars: 10 },
  { title: "others", unit: "CPU ms/s", chars: 10 },
];

/** Two lines that say what the rows below have. */
export function tableHead(): string[] {
  return [
    line("", COLUMNS.map(({ title }) => title)),
    line("", COLUMNS.map(({ unit }) => unit)),
  ];
}

/** A server with its good viewers, and below them the slow ones, where there are any. */
export function tableRows(result: LoadResult): string[] {
  const { residentBytes: { idle, start, end, max } } = result;
  const server = [
    String(result.discarded),
    result.serverCpuMsPerSecond.toFixed(0),
    ...[idle, start, end, max].map((bytes) => (bytes / 1e6).toFixed(0)),
    result.viewersCpuMsPerSecond.toFixed(0),
    result.othersCpuMsPerSecond.toFixed(0),
  ];
  const rows = [line(result.server, [...arrivalCells(result.good), ...server])];
  if (result.slow.viewers > 0) {
    rows.push(line(`  its ${result.slow.viewers} slow viewers`, arrivalCells(result.slow)));
  }
  if (result.unsent > 0) {
    rows.push(
      `  the publisher gave up ${result.unsent} frames unsent since it began, joins included`,
    );
  }
  return rows;
}

function arrivalCells(report: ArrivalReport): string[] {
  return [
    report.fpsMean.toFixed(2),
    report.fpsMin.toFixed(2),
    ...[report.p50Ms, report.p95Ms, report.p99Ms, report.maxMs].map((ms) => ms.toFixed(1)),
    String(report.missing),
  ];
}

function line(name: string, cells: readonly string[]): string {
  const padded = cells.map((cell, index) => cell.padStart(COLUMNS[index]?.chars ?? 0));
  return `${name.padEnd(NAME_CHARS)}${padded.join("")}`.trimEnd();
}
