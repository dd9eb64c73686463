/** The two clocks of a machine that the audit log notes down. */
import { MICROS_PER_MILLI, MICROS_PER_SECOND } from '../engine/domain/units.ts';

const NANOS_PER_MICRO = 1_000;

/** The clock that can be set, since the epoch, and the uptime, which nothing moves; micros. */
export function machineTimes(): { systemMicros: number; monotonicMicros: number } {
  const [seconds, nanos] = process.hrtime();
  return {
    systemMicros: Date.now() * MICROS_PER_MILLI,
    monotonicMicros: seconds * MICROS_PER_SECOND + Math.floor(nanos / NANOS_PER_MICRO),
  };
}
