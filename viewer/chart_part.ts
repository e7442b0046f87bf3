import { element } from "./dom.ts";

/**
 * The bundle that draws, and its style; the browser keeps both once somebody has looked.
 *
 * @throws {Error} when the server does not have it
 */
export async function loadChartPart(): Promise<typeof import("./latency_chart.ts")> {
  addStyle(new URL("uplot.css", import.meta.url).href);
  return await import(new URL("latency_chart.js", import.meta.url).href);
}

function addStyle(href: string): void {
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  const style = element("link", "");
  style.rel = "stylesheet";
  style.href = href;
  document.head.append(style);
}
