import { readEnvironment, runService } from "@porthole/protocol/service";
import { PRODUCER_SETTINGS } from "./config.ts";
import { serve } from "./service.ts";

await runService(async (signal, hide) => {
  const env = readEnvironment(Object.keys(PRODUCER_SETTINGS));
  await serve(env, hide, signal);
});
