import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../../lib/aws.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { configFile, loadConfig } from "../../lib/config/load.ts";
import { settingsOf } from "../../lib/config/settings.ts";
import { LambdaFunctions } from "../../lib/invoke.ts";
import { names } from "../../lib/names.ts";
import { pointInTime } from "../../lib/query/url-question.ts";
import { fillGaps, type GapReport } from "../../lib/recovery/gaps/fill-gaps.ts";
import { LambdaRollUp } from "../../lib/recovery/isolate/lambda.ts";
import { storeReachOf } from "../../lib/recovery/isolate/store-reach.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { KinesisStream } from "../../lib/stream/kinesis.ts";
import type { PageReader } from "../../lib/stream/reader.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { checkFormat, formatOption, printReport } from "../format.ts";
import { valuesOfOptions } from "../option-values.ts";
import { textTable } from "../table.ts";
import { tallyText } from "../tally-text.ts";
import { UsageError } from "../usage-error.ts";

export const gapsUsage = `millrace gaps [--from TIME] [--to TIME] [--dry-run] [--accept-late] [--config FILE]
    [--format table|json] [--aws]
  Counts records that the stream still has and that are in no part: what Lambda gave up on and nobody took, what came
  before a mapping. By when they arrived, from an hour ago (--from) to 15 minutes ago (--to). Reads the stream a little, two
  or three times a second, between each two parts: an hour takes minutes. --dry-run: says what it would count. --accept-late: puts into quarantine what the store takes no
  more, for its age.`;

/** The roll-up reads the same shard, and on a bad day at its limit: a tool that takes hours waits for its turn. */
const throttledMsMax = 10 * 60_000;

/** `millrace gaps`. Exit code 1 where something could not be counted. */
export async function runGaps(parameters: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: valuesOfOptions(parameters),
    options: {
      ...endpointOptions,
      from: { type: "string", default: "-1h" },
      to: { type: "string", default: "-15m" },
      "dry-run": { type: "boolean", default: false },
      "accept-late": { type: "boolean", default: false },
      config: { type: "string" },
      ...formatOption,
    },
  });
  checkFormat(values.format);
  const [fromMs, toMs] = [timeOf("from", values.from), timeOf("to", values.to)];
  if (fromMs >= toMs) throw new UsageError(`Expected --from before --to, got ${values.from} and ${values.to}`);
  chooseEndpoint(values);
  const settings = clientSettings();
  const patience = { waitMsMax: throttledMsMax, clock: systemClock };
  const stream = new KinesisStream(new KinesisClient(settings), names.stream, patience);
  const report = await fillGaps(
    {
      streamName: names.stream,
      shards: stream,
      ledger: new DynamoLedger(new DynamoDBClient(settings), names.ledger),
      stream: shown(stream, systemClock),
      rollUp: new LambdaRollUp(LambdaFunctions.connect(), names.rollUp),
      reach: storeReachOf(settingsOf(await loadConfig(configFile(values.config)))),
      clock: systemClock,
    },
    { fromMs, toMs, dryRun: values["dry-run"], acceptLate: values["accept-late"] },
  );
  printReport(values.format, report, gapsText);
  if (report.gaps.some(({ why }) => why !== undefined)) process.exitCode = 1;
}

const progressMs = 2_000;

/** The stream, whose reads are shown on the way: a gap is looked for slowly, not to take reads from the roll-up. */
function shown(stream: PageReader, clock: Pick<Clock, "now">): PageReader {
  let [reads, records, saidMs] = [0, 0, clock.now()];
  return {
    async *pages(shardId, start, limit) {
      for await (const page of stream.pages(shardId, start, limit)) {
        reads++;
        records += page.records.length;
        if (clock.now() - saidMs >= progressMs) {
          saidMs = clock.now();
          const at = page.records.at(-1)?.arrivalMs;
          const arrived = at === undefined ? "" : `, at what arrived ${new Date(at).toISOString()}`;
          process.stderr.write(`${reads} reads, ${records} records looked at, ${shardId}${arrived}\n`);
        }
        yield page;
      }
    },
  };
}

function timeOf(option: string, text: string): number {
  const ms = pointInTime(text, Date.now());
  if (Number.isNaN(ms)) throw new UsageError(`Expected --${option} to be a time such as -2h, got ${text}`);
  return ms;
}

/** The report for a person. */
export function gapsText({ dryRun, shards, looked, gaps, tally, skipped, preview }: GapReport): string {
  const records = gaps.reduce((sum, gap) => sum + gap.records, 0);
  const left = gaps.filter(({ why }) => why !== undefined).reduce((sum, gap) => sum + gap.records, 0);
  const found = dryRun ? `${records} records in no part` : `${records - left} records counted, ${left} left`;
  const lines = [`${shards} ${shards === 1 ? "shard" : "shards"}, ${looked} places looked at: ${found}`];
  if (tally.events > 0) lines.push(tallyText(tally));
  if (preview !== undefined && preview.events > 0)
    lines.push(`${preview.events} events, ${preview.counted} to count at most`);
  for (const { shardId, sequenceNumber } of skipped)
    lines.push(`Skipped a record that ends the process: ${shardId} ${sequenceNumber}`);
  if (gaps.length === 0) return `${lines.join("\n")}\n`;
  const table = gaps.map((gap) => [
    gap.shardId,
    `${gap.firstSequence}-${gap.lastSequence}`,
    `${gap.firstArrival}-${gap.lastArrival}`,
    gap.records,
    gap.why ?? "",
  ]);
  return `${lines.join("\n")}\n${textTable([["shard", "sequence", "arrived", "records", "why not"], ...table])}`;
}
