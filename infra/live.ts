import { Duration } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Settings } from "../lib/config/settings.ts";
import { environmentNames, names } from "../lib/names.ts";
import type { Look } from "../lib/query/live/look.ts";
import { BundledFunction } from "./bundled-function.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";

export interface LiveProps {
  readonly configFile: string;
  readonly settings: Settings;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
}

/**
 * The one function that reads the stream for all who look: events as they come, and how far the roll-up is. A shard takes
 * five reads a second from everybody, the roll-up included (Kinesis API, GetRecords); however many look, it takes three.
 */
export class Live extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, { configFile, settings, stream, ledger }: LiveProps) {
    super(scope, id);
    const live = new BundledFunction(this, "Function", {
      functionName: names.live,
      description: "Reads the stream for all who look",
      entry: "live.ts",
      configFile,
      memoryMib: 512,
      timeoutSeconds: 30,
      concurrency: settings.concurrency?.live,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.ledger]: ledger.table.tableName,
      },
    });
    this.function = live;
    stream.grantRead(live);
    ledger.grantRead(live);
    this.#watchLag(live);
  }

  /**
   * Looks at the ledger and the stream themselves, so it tells of a roll-up that is not run at all too. 1,000 shards are
   * 2,000 reads of the ledger a minute: about 11 dollars a month, beside 11,000 for the shards.
   */
  #watchLag(live: BundledFunction): void {
    const look: Look = { look: "lag" };
    // The next one is due in a minute: nothing that failed, or found the function busy, is tried for longer.
    live.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    new Rule(this, "Lag", {
      description: "Publishes how far the roll-up is behind, every minute",
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(live, { retryAttempts: 0, event: RuleTargetInput.fromObject(look) })],
    });
  }
}
