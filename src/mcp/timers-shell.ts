/** Waiting. The only timers of the faces; none of them keeps the process alive. */

/** Calls `work` every so many milliseconds until the returned function is called. */
export function every(millis: number, work: () => void): () => void {
  const timer = setInterval(work, millis);
  timer.unref();
  return () => clearInterval(timer);
}

/** Calls `work` once after so many milliseconds, unless the returned function is called before. */
export function after(millis: number, work: () => void): () => void {
  const timer = setTimeout(work, millis);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Resolves once everything that waits on the event loop now had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
