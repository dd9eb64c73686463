import { parentPort, workerData } from 'node:worker_threads';
import { storm } from './pacer-storm.ts';

parentPort?.postMessage(storm(workerData));
