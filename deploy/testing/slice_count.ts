const NON_IDR_SLICE = 1;
const IDR_SLICE = 5;

/**
 * Slices of each of the first `accessUnits` access units of an H.264 camera.
 *
 * @throws {Error} with what FFmpeg printed when it cannot read the camera
 */
export async function captureSliceCounts(url: string, accessUnits: number): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-hide_banner", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url],
      ...["-c", "copy", "-frames:v", String(accessUnits), "-f", "h264", "pipe:1"],
    ],
  }).output();
  if (!success) throw new Error(`FFmpeg: ${new TextDecoder().decode(stderr).trim()}`);
  return countSlices(stdout);
}

/** Slices of each access unit of an H.264 byte stream (ITU-T H.264, annex B). */
export function countSlices(byteStream: Uint8Array): number[] {
  const counts: number[] = [];
  for (let offset = 0; offset + 4 < byteStream.length; offset++) {
    const [a, b, c, header = 0, sliceHeader = 0] = byteStream.subarray(offset, offset + 5);
    if (a !== 0 || b !== 0 || c !== 1) continue;
    const type = header & 0x1f;
    if (type !== NON_IDR_SLICE && type !== IDR_SLICE) continue;
    // first_mb_in_slice is 0, one set bit in Exp-Golomb code, in a picture's first slice alone.
    const isFirst = (sliceHeader & 0x80) !== 0;
    if (isFirst || counts.length === 0) counts.push(1);
    else counts.push((counts.pop() ?? 0) + 1);
  }
  return counts;
}
