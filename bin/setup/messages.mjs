import { writeSync } from 'node:fs';

/** A set-up that cannot go on. Its message is one line for a person and says what to do next. */
export class SetupFault extends Error {}

/**
 * One line on stderr, written at once. The stream objects of `process` are not used: making them
 * can switch a shared pipe to non-blocking under the program that inherits it.
 * @param {string} line
 */
export function say(line) {
  try {
    writeSync(2, `deltaring: ${line}\n`);
  } catch {
    // Nobody reads stderr any more; that is no reason to stop.
  }
}

/**
 * Says why nothing could be started: one line for a fault that was foreseen, the stack for one
 * that was not.
 * @param {unknown} fault
 */
export function explain(fault) {
  if (fault instanceof SetupFault) return say(fault.message);
  say(`the start failed unexpectedly: ${fault instanceof Error ? fault.stack : String(fault)}`);
}
