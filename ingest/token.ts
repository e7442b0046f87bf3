/**
 * Mints a signed token with `AUTH_SECRET`: the token on standard output, what it says on standard
 * error. `deno task token --watch door --expires 30d`
 *
 * @module
 */
import { MisuseError, readEnvironment, readSettings, runService } from "@porthole/protocol/service";
import { ACCESS_SETTINGS } from "./access/access_config.ts";
import { claimsFromArguments } from "./access/token_arguments.ts";
import { hmacKey, signToken } from "./access/token_verifier.ts";

const { AUTH_SECRET } = ACCESS_SETTINGS;

/**
 * @param args as after `deno task token`
 * @throws {MisuseError} when they, or `AUTH_SECRET`, are not in order
 */
export async function mintToken(args: readonly string[]): Promise<void> {
  const { AUTH_SECRET: secret } = readSettings(
    { AUTH_SECRET },
    readEnvironment(["AUTH_SECRET"]),
  );
  if (secret === "") {
    throw new MisuseError(
      "AUTH_SECRET: not set; allowed: the same 32 or more characters as ingest's",
    );
  }
  const claims = claimsFromArguments(args, Date.now());
  const token = await signToken(claims, await hmacKey(new TextEncoder().encode(secret)));
  const expires = new Date(claims.exp * 1000).toISOString();
  const encoder = new TextEncoder();
  await Deno.stderr.write(encoder.encode(`${JSON.stringify(claims)}, until ${expires}\n`));
  await Deno.stdout.write(encoder.encode(`${token}\n`));
}

if (import.meta.main) await runService(() => mintToken(Deno.args));
