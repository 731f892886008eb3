import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandOutput } from "@aws-sdk/client-cloudwatch";
import { clientSettings } from "../aws.ts";
import type { IncomingRecords } from "./audit-run.ts";

/** What a stream took, by the metric that Kinesis publishes of it. The only file that knows CloudWatch's SDK. */
export class CloudWatchIncoming implements IncomingRecords {
  readonly #client: CloudWatchClient;
  readonly #streamName: string;

  constructor(client: CloudWatchClient, streamName: string) {
    this.#client = client;
    this.#streamName = streamName;
  }

  static connect(streamName: string): CloudWatchIncoming {
    return new CloudWatchIncoming(new CloudWatchClient(clientSettings()), streamName);
  }

  /**
   * The sum of the minutes' data points; a minute without one counts as none. Undefined where no minute has one, where
   * CloudWatch has something to say of the answer (`Messages`), or has not given all of it (`StatusCode`; CloudWatch API,
   * GetMetricData).
   */
  async records(fromMs: number, toMs: number): Promise<number | undefined> {
    const question = {
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      MetricDataQueries: [{ Id: "incoming", MetricStat: this.#statistic, ReturnData: true }],
    };
    let sum: number | undefined;
    let isWhole = false;
    let NextToken: string | undefined;
    do {
      const page: GetMetricDataCommandOutput = await this.#client.send(
        new GetMetricDataCommand({ ...question, NextToken }),
      );
      if ((page.Messages ?? []).length > 0) return undefined;
      for (const { Values = [], StatusCode } of page.MetricDataResults ?? []) {
        // Of the last page: those before it are partial.
        isWhole = StatusCode === "Complete";
        for (const value of Values) sum = (sum ?? 0) + value;
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return isWhole ? sum : undefined;
  }

  get #statistic() {
    const Dimensions = [{ Name: "StreamName", Value: this.#streamName }];
    return { Metric: { Namespace: "AWS/Kinesis", MetricName: "IncomingRecords", Dimensions }, Period: 60, Stat: "Sum" };
  }
}
