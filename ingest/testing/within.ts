/** Nobody waits so long but where something is broken: machines that are busy stand still for seconds. */
const DEADLINE_MS = 20_000;

/**
 * What `promise` resolves to; a test that would wait for ever says for what instead.
 *
 * @throws {Error} after twenty seconds
 */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
