/** A thread that runs simulated sessions, a batch at a time, as the campaign asks. */
import { parentPort } from 'node:worker_threads';
import type { SessionJob } from './session-runs.ts';
import { runJob } from './session-runs.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
port.on('message', (jobs: readonly SessionJob[]) => port.postMessage(jobs.map(runJob)));
