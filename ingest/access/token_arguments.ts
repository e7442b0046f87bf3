import { MisuseError } from "@porthole/protocol/service";
import { parseArgs } from "node:util";
import { type Claims, grantOf, TokenError } from "./claims.ts";

const USAGE = `deno task token --watch door --publish door --operate --expires 30d

  --watch ID     may watch this stream, or '*' for all; as often as there are streams
  --publish ID   may publish under this name, or '*'
  --operate      may ask for metrics and viewers
  --expires 30d  a number of s, m, h or d from now; 30d if not given`;

const UNIT_S: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 24 * 3600],
]);

/**
 * What a token is to say, from the words of a command line. Pure.
 *
 * @param nowMs by the wall clock
 * @throws {MisuseError} with what is wrong and how to say it
 */
export function claimsFromArguments(words: readonly string[], nowMs: number): Claims {
  const { watch, publish, operate, expires } = optionsIn(words);
  if (watch.length === 0 && publish.length === 0 && !operate) {
    throw new MisuseError(`a token has to allow something:\n${USAGE}`);
  }
  const exp = Math.floor(nowMs / 1000) + secondsIn(expires);
  const claims = { watch, publish, operate, exp };
  try {
    grantOf(claims, nowMs);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new MisuseError(`${error.message}:\n${USAGE}`);
  }
  return claims;
}

function optionsIn(words: readonly string[]) {
  try {
    const { values } = parseArgs({
      // `deno task token -- …` hands the dashes on.
      args: words.filter((word, index) => index > 0 || word !== "--"),
      options: {
        watch: { type: "string", multiple: true, default: [] },
        publish: { type: "string", multiple: true, default: [] },
        operate: { type: "boolean", default: false },
        expires: { type: "string", default: "30d" },
      },
    });
    return values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MisuseError(`${reason}\n${USAGE}`);
  }
}

function secondsIn(text: string): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const unitS = UNIT_S.get(unit);
  if (unitS === undefined) throw new MisuseError(`--expires ${text} is no time:\n${USAGE}`);
  return Number(count) * unitS;
}
