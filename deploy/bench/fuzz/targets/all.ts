import type { FuzzTarget } from "../target.ts";
import { accessUnitTarget } from "./access_unit.ts";
import { controlTarget } from "./control.ts";
import { flvTarget, nutTarget, smjpegTarget } from "./demuxer.ts";
import { framesTarget } from "./frames.ts";
import { framingTarget } from "./framing.ts";
import { gopCacheTarget } from "./gop_cache.ts";
import { h264Target } from "./h264.ts";
import { httpTarget } from "./http.ts";
import { jpegTarget } from "./jpeg.ts";
import { livePublishTarget } from "./live_publish.ts";
import { plainAckTarget } from "./plain_ack.ts";
import { routesTarget } from "./routes.ts";
import { sessionTarget } from "./session.ts";
import { webSocketTarget } from "./websocket.ts";
import { wireTarget } from "./wire.ts";

/** Makes each target anew, in the order of the path that bytes take. */
export const TARGETS: readonly (() => FuzzTarget | Promise<FuzzTarget>)[] = [
  ...[flvTarget, nutTarget, smjpegTarget, h264Target, accessUnitTarget, jpegTarget],
  ...[framingTarget, wireTarget, framesTarget, controlTarget],
  ...[gopCacheTarget, livePublishTarget, plainAckTarget, sessionTarget, webSocketTarget],
  ...[routesTarget, httpTarget],
];
