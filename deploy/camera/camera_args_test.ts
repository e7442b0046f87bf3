import assert from "node:assert/strict";
import { parseCameraArgs } from "./camera_args.ts";

Deno.test("the defaults are a 720p30 H.264 camera at port 8554, open", () => {
  assert.deepEqual(parseCameraArgs([]), {
    options: {
      hostname: "127.0.0.1",
      port: 8554,
      path: "/camera",
      codec: "h264",
      pattern: "test",
      widthPx: 1280,
      heightPx: 720,
      fps: 30,
      gopFrames: 30,
      slices: 1,
      bitrateKbps: 3000,
      auth: "none",
      user: "admin",
      password: "",
    },
  });
});

Deno.test("every option is read", () => {
  const line =
    "--host 0.0.0.0 --port 0 --path /a/b --codec h265 --pattern colours --size 640x360 " +
    "--fps 15 --gop 45 --slices 4 --bitrate 500 --auth digest --user u --password p:@";
  assert.deepEqual(parseCameraArgs(line.split(" ")), {
    options: {
      hostname: "0.0.0.0",
      port: 0,
      path: "/a/b",
      codec: "h265",
      pattern: "colours",
      widthPx: 640,
      heightPx: 360,
      fps: 15,
      gopFrames: 45,
      slices: 4,
      bitrateKbps: 500,
      auth: "digest",
      user: "u",
      password: "p:@",
    },
  });
  assert.deepEqual(parseCameraArgs(["-h"]), { options: "help" });
});

Deno.test("what is wrong is told with the name, what was given and what is allowed", () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["--port", "70000", /--port: given "70000"; allowed: a whole number, 0 to 65535/],
    ["--codec", "vp9", /--codec: given "vp9"; allowed: h264, h265, mjpeg/],
    ["--size", "641x360", /--size: given "641x360"; allowed: WxH, both even/],
    ["--path", "camera", /--path: given "camera"/],
    ["--fps", "-1", /fps/],
    ["--nonsense", "1", /nonsense/],
  ];
  for (const [name, value, message] of wrong) {
    const parsed = parseCameraArgs([name, value]);
    assert.ok("usageError" in parsed, name);
    assert.match(parsed.usageError, message);
  }
});
