import type { CameraFailureCode } from "../camera_failure.ts";

/**
 * What newer FFmpegs than Debian 12's said of cameras that failed, recorded line by line; addresses
 * of memory and port numbers are cut short. 7.0.2 is linked with GnuTLS, 9.0.2 with OpenSSL.
 */
export const RECORDED_WORDS: readonly [
  version: string,
  code: CameraFailureCode,
  words: string,
][] = [
  [
    "7.0.2",
    "unauthorized",
    `[rtsp @ 0x280] method OPTIONS failed: 401 Unauthorized
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 401 Unauthorized (authorization failed)
Error opening input file pipe:0.
Error opening input files: Server returned 401 Unauthorized (authorization failed)`,
  ],
  [
    "7.0.2",
    "unauthorized",
    `[rtsp @ 0x280] method OPTIONS failed: 403 Forbidden
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 403 Forbidden (access denied)
Error opening input file pipe:0.
Error opening input files: Server returned 403 Forbidden (access denied)`,
  ],
  [
    "7.0.2",
    "not_found",
    `[rtsp @ 0x280] method OPTIONS failed: 404 Not Found
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 404 Not Found
Error opening input file pipe:0.
Error opening input files: Server returned 404 Not Found`,
  ],
  [
    "7.0.2",
    "ffmpeg_failed",
    `[rtsp @ 0x280] method OPTIONS failed: 454 Session Not Found
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 4XX Client Error, but not one of 40{0,1,3,4}
Error opening input file pipe:0.
Error opening input files: Server returned 4XX Client Error, but not one of 40{0,1,3,4}`,
  ],
  [
    "7.0.2",
    "ffmpeg_failed",
    `[rtsp @ 0x280] method OPTIONS failed: 503 Service Unavailable
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 5XX Server Error reply
Error opening input file pipe:0.
Error opening input files: Server returned 5XX Server Error reply`,
  ],
  [
    "7.0.2",
    "unreachable",
    `[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Invalid data found when processing input
Error opening input file pipe:0.
Error opening input files: Invalid data found when processing input`,
  ],
  [
    "7.0.2",
    "refused",
    `[tcp @ 0xd00] Connection to tcp://127.0.0.1:4?timeout=300000 failed: Connection refused
[concat @ 0x000] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Connection refused
Error opening input file pipe:0.
Error opening input files: Connection refused`,
  ],
  [
    "7.0.2",
    "unreachable",
    `[tls @ 0x900] Error in the pull function.
[tls @ 0x900] IO error: Connection timed out
[concat @ 0x000] Impossible to open 'rtsps://127.0.0.1:4/camera'
[in#0 @ 0xc80] Error opening input: Connection timed out
Error opening input file pipe:0.
Error opening input files: Connection timed out`,
  ],
  [
    "7.0.2",
    "no_video",
    `Stream map '0:v:0' matches no streams.
To ignore this, add a trailing '?' to the map.
Failed to set value '0:v:0' for option 'map': Invalid argument
Error parsing options for output file pipe:1.
Error opening output files: Invalid argument`,
  ],
  [
    "7.0.2",
    "parameters_missing",
    `[flv @ 0x040] dimensions not set
[out#0/flv @ 0x7c0] Could not write header (incorrect codec parameters ?): Invalid argument`,
  ],
  [
    "7.0.2",
    "ended",
    `Cannot determine format of input 0:0 after EOF
[vf#0:0 @ 0xd40] Task finished with error code: -1094995529 (Invalid data found when processing input)
[vf#0:0 @ 0xd40] Terminating thread with return code -1094995529 (Invalid data found when processing input)
[vost#0:0/libx264 @ 0x2c0] Could not open encoder before EOF
[vost#0:0/libx264 @ 0x2c0] Task finished with error code: -22 (Invalid argument)
[out#0/flv @ 0x7c0] Nothing was written into output file, because at least one of its streams received no packets.`,
  ],
  [
    "9.0.2",
    "unauthorized",
    `[rtsp @ 0x280] method OPTIONS failed: 401 (Unauthorized)
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 401 Unauthorized (authorization failed)
Error opening input file pipe:0.
Error opening input files: Server returned 401 Unauthorized (authorization failed)`,
  ],
  [
    "9.0.2",
    "unauthorized",
    `[rtsp @ 0x280] method OPTIONS failed: 403 (Forbidden)
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 403 Forbidden (access denied)
Error opening input file pipe:0.
Error opening input files: Server returned 403 Forbidden (access denied)`,
  ],
  [
    "9.0.2",
    "not_found",
    `[rtsp @ 0x280] method OPTIONS failed: 404 (Not Found)
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 404 Not Found
Error opening input file pipe:0.
Error opening input files: Server returned 404 Not Found`,
  ],
  [
    "9.0.2",
    "ffmpeg_failed",
    `[rtsp @ 0x280] method OPTIONS failed: 454 (Session Not Found)
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 4XX Client Error, but not one of 40{0,1,3,4}
Error opening input file pipe:0.
Error opening input files: Server returned 4XX Client Error, but not one of 40{0,1,3,4}`,
  ],
  [
    "9.0.2",
    "ffmpeg_failed",
    `[rtsp @ 0x280] method OPTIONS failed: 503 (Service Unavailable)
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Server returned 5XX Server Error reply
Error opening input file pipe:0.
Error opening input files: Server returned 5XX Server Error reply`,
  ],
  [
    "9.0.2",
    "unreachable",
    `[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Invalid data found when processing input
Error opening input file pipe:0.
Error opening input files: Invalid data found when processing input`,
  ],
  [
    "9.0.2",
    "refused",
    `[tcp @ 0xd00] Connection to tcp://127.0.0.1:4?timeout=300000 failed: Connection refused
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@127.0.0.1:4/Channels/401'
[in#0 @ 0xc80] Error opening input: Connection refused
Error opening input file pipe:0.
Error opening input files: Connection refused`,
  ],
  [
    "9.0.2",
    "unreachable",
    `[tls @ 0x900] IO error: Connection timed out
[in#0 @ 0x3c0] Impossible to open 'rtsps://127.0.0.1:4/camera'
[in#0 @ 0xc80] Error opening input: Connection timed out
Error opening input file pipe:0.
Error opening input files: Connection timed out`,
  ],
  [
    "9.0.2",
    "no_video",
    `Stream map '' matches no streams.
To ignore this, add a trailing '?' to the map.
Failed to set value '0:v:0' for option 'map': Invalid argument
Error parsing options for output file pipe:1.
Error opening output files: Invalid argument`,
  ],
  [
    "9.0.2",
    "parameters_missing",
    `[flv @ 0x040] dimensions not set
[out#0/flv @ 0x7c0] Could not write header (incorrect codec parameters ?): Invalid argument`,
  ],
  [
    "9.0.2",
    "ended",
    `[vf#0:0 @ 0xd40] Cannot determine format of input 0:0 after EOF
[vf#0:0 @ 0xd40] Task finished with error code: -1094995529 (Invalid data found when processing input)
[vf#0:0 @ 0xd40] Terminating thread with return code -1094995529 (Invalid data found when processing input)
[vost#0:0/libx264 @ 0x2c0] [enc:libx264 @ 0x880] Could not open encoder before EOF
[vost#0:0/libx264 @ 0x2c0] Task finished with error code: -22 (Invalid argument)
[out#0/flv @ 0x7c0] Nothing was written into output file, because at least one of its streams received no packets.`,
  ],
  [
    "9.0.2",
    "unknown_host",
    `[tcp @ 0xd00] Failed to resolve hostname no-such-camera.invalid: Name or service not known
[in#0 @ 0x3c0] Impossible to open 'rtsp://admin:pw@no-such-camera.invalid/1'
[in#0 @ 0xc80] Error opening input: Input/output error
Error opening input file pipe:0.
Error opening input files: Input/output error`,
  ],
  [
    "9.0.2",
    "untrusted_certificate",
    `[tls @ 0xa40] error:0A000086:SSL routines::certificate verify failed
[in#0 @ 0x3c0] Impossible to open 'rtsps://127.0.0.1:4/camera'
[in#0 @ 0xc80] Error opening input: Input/output error
Error opening input file pipe:0.
Error opening input files: Input/output error`,
  ],
];
