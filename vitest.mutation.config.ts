import { defineConfig } from 'vitest/config';

/** The tests of each part that is changed: those of one say little of another, and take long. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  audit: [
    'test/audit/{checked-journal,checkpoint,crc32c,journal-engine,journal-file,journal-format,journal-open,journal-scan,journal-segment,journal-tail,record-reading,torn-tail}.test.ts',
  ],
  desk: [
    'test/desk/previews/*.test.ts',
    'test/desk/{bit-changes,engine-api-tokens,kill-and-authority}.test.ts',
    'test/desk/orders/{closing,flattening}.test.ts',
  ],
  risk: ['test/risk/**/*.test.ts'],
};

/**
 * The tests that have to kill the mutants of stryker.config.json: in process, no simulation, no
 * process that is killed. What runs only through a worker is no help here: mutants are switched on in
 * this process. Files share one module graph within a run, and each run has its own. `MUTATED_ROOM`: the room
 * of `src` that is changed; the tests of all where it is absent.
 */
export default defineConfig({
  test: {
    include: [...(TESTS[process.env['MUTATED_ROOM'] ?? ''] ?? Object.values(TESTS).flat())],
    setupFiles: ['test/support/property-seed.ts', 'test/support/properties-of-mutants.ts'],
    pool: 'threads',
    isolate: false,
    testTimeout: 600_000,
    passWithNoTests: false,
  },
});
