/** Every bench, in the order of a full run: the outer promises first. */
import { bench as auditLag } from '../audit-lag.ts';
import { bench as auditLog } from '../audit-log.ts';
import { bench as brokerOrders } from '../broker-orders.ts';
import { bench as chainRead } from '../chain-read.ts';
import { bench as chainUpdate } from '../chain-update.ts';
import { bench as confirmToBroker } from '../confirm-to-broker.ts';
import { bench as hammer } from '../hammer.ts';
import { bench as http } from '../http.ts';
import { bench as ingest } from '../ingest.ts';
import { bench as journal } from '../journal.ts';
import { bench as kill } from '../kill.ts';
import { bench as mcpRoundTrip } from '../mcp-round-trip.ts';
import { bench as preview } from '../preview.ts';
import { bench as pricing } from '../pricing.ts';
import { bench as promises } from '../promises.ts';
import { bench as recovery } from '../recovery.ts';
import { bench as ring } from '../ring.ts';
import { bench as ringThreads } from '../ring-threads.ts';
import { bench as riskGate } from '../risk-gate.ts';
import { bench as tickToExit } from '../tick-to-exit.ts';
import { bench as tokenCost } from '../token-cost.ts';
import type { Bench } from './bench.ts';

export const BENCHES: readonly Bench[] = [
  promises,
  ingest,
  chainUpdate,
  chainRead,
  preview,
  riskGate,
  confirmToBroker,
  brokerOrders,
  journal,
  auditLog,
  auditLag,
  recovery,
  kill,
  tickToExit,
  mcpRoundTrip,
  http,
  hammer,
  tokenCost,
  ring,
  ringThreads,
  pricing,
];
