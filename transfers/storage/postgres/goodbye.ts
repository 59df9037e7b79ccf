/** Milliseconds that a connection has to be closed in: nobody may be at its other end, or it was never begun. */
const GOODBYE = 1_000;

/** Waits for connections to be closed, but not for long. */
export async function goodbye(closed: Promise<unknown>): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GOODBYE);
  await Promise.race([closed.catch(() => {}), tooLate]);
  clearTimeout(timer);
}
