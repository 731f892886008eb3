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
  sweep: "millrace-sweep",
  redrive: "millrace-redrive",
  quarantinePrefix: "quarantine/",
  /** Lambda writes batches it gave up on below this prefix of its own (Lambda developer guide, "Kinesis on-failure"). */
  failuresPrefix: "aws/lambda/",
  /** Where such a batch goes when it is counted. */
  redrivenPrefix: "redriven/",
  metricNamespace: "Millrace",
} as const;

/** Environment variables of the functions. */
export const environmentNames = {
  stream: "MILLRACE_STREAM",
  database: "MILLRACE_DATABASE",
  ledger: "MILLRACE_LEDGER",
  bucket: "MILLRACE_BUCKET",
} as const;
