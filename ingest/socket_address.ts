/** IPv4 as such, also where it came in by a socket of both kinds. */
export function addressOf(
  socket: { readonly remoteAddress?: string | undefined } | undefined,
): string {
  return socket?.remoteAddress?.replace(/^::ffff:/i, "") ?? "unknown";
}
