/** Names that the stack gives and that the command line and the laptop look for. */
export const names = {
  stack: "Millrace",
  stream: "millrace-events",
  database: "millrace",
  /** One row per metric, group, minute and part. */
  minuteTable: "metrics_1m",
  ledger: "millrace-ledger",
  rollUp: "millrace-roll-up",
  query: "millrace-query",
  live: "millrace-live",
  collect: "millrace-collect",
  sweep: "millrace-sweep",
  redrive: "millrace-redrive",
  audit: "millrace-audit",
  quarantinePrefix: "quarantine/",
  /** Lambda writes batches it gave up on below this prefix of its own (Lambda developer guide, "Kinesis on-failure"). */
  failuresPrefix: "aws/lambda/",
  /** Where such a batch goes when it is counted. */
  redrivenPrefix: "redriven/",
  metricNamespace: "Millrace",
  /** Parts whose memory of message ids was shorter than `dedupeWindow`. */
  dedupeWindowShort: "DedupeWindowShort",
  /** How far the shortest of them reached, in seconds. Not published where none was short. */
  dedupeWindow: "DedupeWindow",
  /** Milliseconds that a record waits to be counted, of the shard that is furthest behind. */
  shardLag: "ShardLag",
  /** Secrets with the sources' write keys, by the name of the source. */
  writeKeysPrefix: "millrace/write-keys/",
  /** The secret that values are hashed with. */
  privacyKey: "millrace/privacy-key",
} as const;

/** The secret that holds a source's write key. */
export const writeKeySecret = (source: string): string => `${names.writeKeysPrefix}${source}`;

/** Metrics of the audit that alarms look at. */
export const auditMetrics = {
  findings: "AuditFindings",
  /** How old the newest record is that the audits of a schedule have surely looked at, in seconds. */
  behind: { hourly: "AuditHourlyBehind", daily: "AuditDailyBehind" },
} as const;

/** Environment variables of the functions. */
export const environmentNames = {
  stream: "MILLRACE_STREAM",
  database: "MILLRACE_DATABASE",
  ledger: "MILLRACE_LEDGER",
  bucket: "MILLRACE_BUCKET",
} as const;
