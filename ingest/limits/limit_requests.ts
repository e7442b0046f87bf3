import { epochNowMs } from "@porthole/protocol";
import { createMiddleware } from "hono/factory";
import { errorResponse } from "../http_error.ts";
import type { Connection } from "../connection.ts";
import type { Metrics } from "../metrics.ts";
import { AddressRates } from "./address_rates.ts";

export interface RequestLimits {
  /** Of one address, over time. */
  readonly perSecond: number;
  /** Of one address, at once. */
  readonly burst: number;
}

/** A frame by a request of its own is bounded by what its stream may be sent, not by this. */
const PUBLISH_PATH = /^\/ingest(\/|$)/;

/**
 * 429 for who asks too often, before anything else is looked at. What publishes successfully costs
 * nothing: a camera may well be sixty requests a second.
 */
export function limitRequests({ perSecond, burst }: RequestLimits, metrics: Metrics) {
  const rates = new AddressRates({ perSecond, burst });
  return createMiddleware<{ Bindings: Connection }>(
    async (context, next): Promise<Response | void> => {
      const { address } = context.env;
      const isPublish = context.req.method === "POST" && PUBLISH_PATH.test(context.req.path);
      const nowMs = epochNowMs();
      const mayAsk = isPublish ? rates.wouldAdmit(address, nowMs) : rates.admits(address, nowMs);
      if (!mayAsk) {
        metrics.requestsRefused++;
        const message =
          `more than ${perSecond} requests a second come from this address; ask less ` +
          "often, or raise MAX_REQUESTS_PER_SECOND";
        return errorResponse(context, 429, "too_many_requests", message, { "retry-after": "1" });
      }
      await next();
      // Nothing else is set by it: an upgrade's response is not to be touched.
      if (isPublish && !context.res.ok) rates.charge(address, epochNowMs());
    },
  );
}
