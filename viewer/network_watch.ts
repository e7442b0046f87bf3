/**
 * Tells when the network is there again, or is another one. What Chromium's `connection` says of
 * speed changes all the time and is no news; its `type` (on phones alone) is.
 *
 * @see https://wicg.github.io/netinfo/
 */
export function watchNetwork(onChange: () => void, signal: AbortSignal): void {
  addEventListener("online", onChange, { signal });
  const connection: unknown = "connection" in navigator ? navigator.connection : undefined;
  if (!(connection instanceof EventTarget)) return;
  let type = typeOf(connection);
  connection.addEventListener("change", () => {
    const before = type;
    type = typeOf(connection);
    if (type !== before && type !== "none") onChange();
  }, { signal });
}

function typeOf(connection: object): unknown {
  return "type" in connection ? connection.type : undefined;
}
