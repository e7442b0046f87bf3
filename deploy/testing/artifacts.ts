import { fileURLToPath } from "node:url";
import type { PlayerPage } from "./browser.ts";

const DIRECTORY = fileURLToPath(new URL("../../.artifacts/", import.meta.url));

/** Keeps what a page looks like, for people to look at after a test. */
export async function keepScreenshot({ page }: PlayerPage, name: string): Promise<void> {
  await page.screenshot({ path: `${DIRECTORY}${name}.png` });
}
