/** Load by autocannon from a process of its own, on the processor that is not the engine's. */
import { z } from 'zod';
import { LOAD_CPU, outputOf, startPinned } from './pinned-node.ts';

/** What is asked of the load's process. */
export interface LoadRequest {
  readonly url: string;
  readonly seconds: number;
  readonly connections?: number;
  /** Posted as JSON where there is one. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends after so many requests instead. */
  readonly amount?: number;
}

const loadShape = z.object({
  /** Requests answered with 200, and those that were not. */
  count: z.number(),
  bad: z.number(),
  requestsPerSecond: z.number(),
  /** Microseconds. */
  p50: z.number(),
  p99: z.number(),
  p999: z.number(),
});

export type Load = z.infer<typeof loadShape>;

export async function loadOn(request: LoadRequest): Promise<Load> {
  const child = startPinned('http-load.ts', [JSON.stringify(request)], LOAD_CPU);
  return loadShape.parse(JSON.parse(await outputOf(child)));
}
