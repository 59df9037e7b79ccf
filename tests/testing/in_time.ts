/** A minute: what has not ended by then hangs, however busy the machine is. */
const HANG_MS = 60_000;

/** Waits for the end of work. @throws When it hangs. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No end after ${HANG_MS} ms`)), HANG_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something has become so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resume) => setTimeout(resume, 10));
}
