/** Every bench, in the order of a full run. */
import { bench as chainUpdate } from '../chain-update.ts';
import { bench as pricing } from '../pricing.ts';
import { bench as ring } from '../ring.ts';
import type { Bench } from './bench.ts';

export const BENCHES: readonly Bench[] = [chainUpdate, ring, pricing];
