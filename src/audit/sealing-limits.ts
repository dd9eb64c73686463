/** Every limit of sealing and shipping, named. */

/** A record that is not urgent waits at most this long to be sealed. */
export const SEAL_WITHIN_MILLIS = 800;
/** Without anything to seal a checkpoint still says, so often, that the log is alive. */
export const HEARTBEAT_MILLIS = 60_000;

/** What may wait for the object store. Beyond either bound nothing is lost, the log on disk is the
 * spool, but openings halt until the store has caught up. */
export const MAX_SPOOL_BYTES = 64 << 20;
export const MAX_SPOOL_MILLIS = 10 * 60_000;
/** Openings go on once what waits is below this share of both bounds. */
export const SPOOL_RESUMES_BELOW = 0.5;

/** Folder of the logs within a bucket. */
export const DEFAULT_PREFIX = 'deltaring';
