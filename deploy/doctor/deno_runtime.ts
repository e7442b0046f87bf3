import { fail, type Finding, ok } from "./finding.ts";

const OLDEST = "2.9";

/** @param version of Deno, such as `2.9.6` */
export function examineDeno(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST.split(".").map(Number);
  const isOldEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (isOldEnough) return ok(`Deno ${version}`);
  return fail(
    `Deno ${version} is too old: ${OLDEST} or newer is needed`,
    "`deno upgrade`, or `npm install -g deno`",
  );
}
