import type { PlayerPage } from "./browser.ts";

/** How much has moved on the page since it was opened without the user's doing; 0 for nothing. */
export function layoutShiftOf({ page }: PlayerPage): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    let moved = 0;
    const observer = new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) moved += value;
    });
    observer.observe({ type: "layout-shift", buffered: true });
    // What is buffered is told in a task of its own.
    requestAnimationFrame(() => setTimeout(() => {
      observer.disconnect();
      resolve(moved);
    }));
  })`);
}
