/** Nobody waits so long but where something is broken: machines that are busy stand still for seconds. */
const DEADLINE_MS = 20_000;
const POLL_MS = 5;

/**
 * The first value of `probe` that is neither `undefined` nor `false`.
 *
 * @throws {Error} after twenty seconds without one
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const startedMs = Date.now();
  while (true) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() - startedMs > DEADLINE_MS) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
