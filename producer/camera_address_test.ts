import assert from "node:assert/strict";
import { AddressList } from "@porthole/protocol/service";
import {
  AddressNotAllowedError,
  checkedCameraUrl,
  hostOf,
  UnknownHostError,
} from "./camera_address.ts";

const { signal } = new AbortController();

function checked(url: string, allow: string, ...answers: string[]): Promise<string> {
  const camera = { url, allowed: allow === "" ? undefined : AddressList.parse(allow) };
  return checkedCameraUrl(camera, signal, () => Promise.resolve(answers));
}

Deno.test("without RTSP_ALLOW the URL stays as it is, and nobody is asked", async () => {
  assert.equal(await checked("rtsp://u:p@cam.lan/1", ""), "rtsp://u:p@cam.lan/1");
});

Deno.test("the address that was checked is the one that is connected to", async () => {
  const url = "rtsp://u:p%40@cam.lan:8554/1?a=b";
  const allow = "192.168.1.0/24,fd00::/8";
  assert.equal(
    await checked(url, allow, "8.8.8.8", "192.168.1.7", "192.168.1.8"),
    "rtsp://u:p%40@192.168.1.7:8554/1?a=b",
  );
  assert.equal(await checked(url, allow, "fd00::1"), "rtsp://u:p%40@[fd00::1]:8554/1?a=b");
});

Deno.test("a camera none of whose addresses is allowed is not connected to", async () => {
  for (const answers of [["127.0.0.1"], ["::ffff:127.0.0.1", "169.254.169.254"], []]) {
    await assert.rejects(checked("rtsp://cam/1", "10.0.0.0/8", ...answers), AddressNotAllowedError);
  }
});

Deno.test("an address in another notation is the address the system makes of it", async () => {
  const camera = { url: "rtsp://0x7f000001/1", allowed: AddressList.parse("127.0.0.1") };
  assert.equal(await checkedCameraUrl(camera, signal), "rtsp://127.0.0.1/1");
  const other = { ...camera, allowed: AddressList.parse("10.0.0.0/8") };
  await assert.rejects(checkedCameraUrl(other, signal), AddressNotAllowedError);
});

Deno.test("a name nobody knows is told as such", async () => {
  const camera = { url: "rtsp://no-such-camera.invalid/1", allowed: AddressList.parse("::/0") };
  await assert.rejects(checkedCameraUrl(camera, signal), UnknownHostError);
});

Deno.test("who is asked to stop waits for no answer", async () => {
  const camera = { url: "rtsp://cam/1", allowed: AddressList.parse("::/0") };
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(checkedCameraUrl(camera, stopped, () => new Promise(() => {})), /stopped/);
});

Deno.test("asking over and over leaves nothing behind at the signal that ends it all", async () => {
  const camera = { url: "rtsp://cam/1", allowed: AddressList.parse("10.0.0.0/8") };
  const lasting = new CountingSignal();
  for (const answer of [["10.0.0.1"], ["8.8.8.8"], []]) {
    await checkedCameraUrl(camera, lasting.signal, () => Promise.resolve(answer)).catch((error) =>
      assert.ok(error instanceof AddressNotAllowedError)
    );
  }
  assert.equal(lasting.listeners, 0);
});

/** A signal that tells how many listen to it. */
class CountingSignal {
  listeners = 0;
  readonly signal = new AbortController().signal;

  constructor() {
    const { signal } = this;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      this.listeners++;
      add.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      this.listeners--;
      remove.apply(signal, given);
    };
  }
}

Deno.test("a host is without the brackets of an IPv6 address", () => {
  assert.equal(hostOf(new URL("rtsp://[fd00::1]:554/1")), "fd00::1");
  assert.equal(hostOf(new URL("rtsp://cam/1")), "cam");
});
