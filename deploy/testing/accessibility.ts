import axe from "axe-core";
import type { PlayerPage } from "./browser.ts";

/** What axe-core finds on a page as it is now, one line each; of what keeps people out, all of it. */
export async function seriousFindings({ page }: PlayerPage): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate<string[]>(`axe.run().then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => id + ": " + help + " " + nodes.map(({ html }) => html).join()))`);
}
