/** Bits of `eventFlags` in the DXLink protocol. */
export const EVENT_FLAGS = {
  /** More events of the same transaction follow. */
  pending: 0x01,
  /** The event takes an earlier one of the same time and sequence back. */
  removeEvent: 0x02,
  /** First, newest event of a snapshot. */
  snapshotBegin: 0x04,
  /** Last, oldest event of a complete snapshot. */
  snapshotEnd: 0x08,
  /** Last event of a snapshot that was cut short. */
  snapshotSnip: 0x10,
} as const;
