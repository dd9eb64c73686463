/** The simulator's own thread: starts it from `workerData` (SimOptions) and passes messages on. It
 * posts SimNotice and takes SimCommand. */
import { parentPort, workerData } from 'node:worker_threads';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { SimCommand, SimNotice, SimOptions } from './sim-options.ts';
import type { RunningSimulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';

function post(notice: SimNotice): void {
  parentPort?.postMessage(notice);
}

async function obey(simulator: RunningSimulator, command: SimCommand): Promise<void> {
  if (command.kind === 'knobs') {
    simulator.control(command.change);
    return;
  }
  await simulator.stop();
  post({ kind: 'stopped' });
  parentPort?.close();
}

async function run(options: SimOptions): Promise<void> {
  const simulator = await startSimulator(options);
  const { baseUrl, dxlinkUrl, credentials } = simulator;
  parentPort?.on('message', (command: SimCommand) => void obey(simulator, command));
  post({ kind: 'ready', baseUrl, dxlinkUrl, credentials });
}

run(workerData).catch((error: unknown) => {
  const code = error instanceof DeltaringError ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  post({ kind: 'failed', code, message });
});
