export type Verdict = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  readonly verdict: Verdict;
  /** What is so. */
  readonly what: string;
  /** What to do about it, where it is not as it should be. */
  readonly cure?: string;
}

export const ok = (what: string): Finding => ({ verdict: "ok", what });
/** It works, and less well than it could. */
export const warn = (what: string, cure: string): Finding => ({ verdict: "warn", what, cure });
/** It does not work like this. */
export const fail = (what: string, cure: string): Finding => ({ verdict: "fail", what, cure });

/** As a line of the report, and one more where there is a cure. */
export function reportOf({ verdict, what, cure }: Finding): string {
  const line = `${verdict.padEnd(4)}  ${what}`;
  return cure === undefined ? line : `${line}\n      → ${cure}`;
}

/** The report's last line. */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: Verdict) => findings.filter(({ verdict }) => verdict === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed + warned === 0) return "All is well.";
  return `${failed} to mend, ${warned} to look at, ${count("ok")} in order.`;
}
