import { createRequire } from "node:module";
import "prom-client";

/** Comes with prom-client, and its tests with it. */
const PACKAGE = /^.*[/\\]bintrees[/\\][^/\\]+[/\\](?=lib[/\\])/;

/**
 * Folders of packages that no binary is to carry, where Deno keeps them. Bintrees has test data in
 * files without an extension, a number a line, a hundred thousand of them: `deno compile` takes that
 * for one long sum in JavaScript, and its parser overflows its stack.
 *
 * @throws {Error} where bintrees has not been loaded
 */
export function excludedPaths(): string[] {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  const [folder] = loaded.flatMap((path) => PACKAGE.exec(path) ?? []);
  if (folder === undefined) throw new Error("bintrees, which prom-client uses, is not to be found");
  return [`${folder}test`];
}
