/** What a viewer asks to stay below when its user wants to save data: the `low` rendition and a bit. */
export const DATA_SAVER_KBPS = 500;

/**
 * The rate to stay below, kbit/s, when the user has told the browser to save data; `undefined`
 * otherwise, and where the browser does not say.
 *
 * @param browser `navigator`
 * @see https://wicg.github.io/savedata/
 */
export function wantedMaxKbps(browser: object): number | undefined {
  if (!("connection" in browser)) return undefined;
  const { connection } = browser;
  if (typeof connection !== "object" || connection === null) return undefined;
  return "saveData" in connection && connection.saveData === true ? DATA_SAVER_KBPS : undefined;
}
