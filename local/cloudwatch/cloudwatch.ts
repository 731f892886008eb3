import { randomUUID } from "node:crypto";
import type { AwsService } from "../endpoint/aws-endpoint.ts";
import { readCbor } from "../endpoint/cbor.ts";
import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { rpcCbor, serviceError } from "../endpoint/service-error.ts";
import { describeAlarms } from "./alarms.ts";
import type { CloudWatchParts } from "./cloudwatch-parts.ts";
import { CloudWatchFailure, notHere } from "./failure.ts";
import { type Fields, fieldsOf } from "./field.ts";
import { listMetrics } from "./list-metrics.ts";
import { getMetricData } from "./metric-data.ts";
import { getMetricStatistics } from "./metric-statistics.ts";

interface Operation {
  readonly run: (parts: CloudWatchParts, request: Fields) => object;
  /** The members of a request that have their effect here, or are refused with what to do instead. */
  readonly members: string;
}

const operations: Readonly<Record<string, Operation>> = {
  DescribeAlarms: {
    run: describeAlarms,
    members:
      "ActionPrefix AlarmNamePrefix AlarmNames AlarmTypes ChildrenOfAlarmName MaxRecords NextToken ParentsOfAlarmName StateValue",
  },
  GetMetricData: { run: getMetricData, members: "EndTime MaxDatapoints MetricDataQueries NextToken ScanBy StartTime" },
  GetMetricStatistics: {
    run: getMetricStatistics,
    members: "Dimensions EndTime ExtendedStatistics MetricName Namespace Period StartTime Statistics Unit",
  },
  ListMetrics: { run: listMetrics, members: "Dimensions MetricName Namespace NextToken RecentlyActive" },
};

const contentType = "application/x-amz-json-1.0";
const bodyBytesMax = 1024 * 1024;

/**
 * CloudWatch over the laptop's own metrics, in the protocols that the AWS SDKs send: AWS JSON 1.0 (JavaScript) and
 * Smithy RPC v2 CBOR (boto3, the AWS CLI). Clients that send forms are told so.
 */
export const cloudWatch = (parts: CloudWatchParts): AwsService => ({
  bodyBytesMax,
  handle: async (request) => {
    const isCbor = request.headers["smithy-protocol"] === "rpc-v2-cbor";
    try {
      const output = isCbor ? cborAnswerOf(parts, request) : answerOf(parts, request);
      return isCbor ? rpcCbor(200, output) : answer(200, output);
    } catch (error) {
      if (!(error instanceof CloudWatchFailure)) throw error;
      return isCbor ? serviceError("monitoring", request.headers, error) : refusal(error);
    }
  },
});

function answerOf(parts: CloudWatchParts, { headers, body }: HttpRequest): object {
  const [, name] = (headers["x-amz-target"] ?? "").split(".");
  if (name === undefined) {
    const message = `Expected AWS JSON 1.0 with X-Amz-Target, got ${headers["content-type"] ?? "no content type"}`;
    throw new CloudWatchFailure("UnsupportedMediaType", message, 415);
  }
  return run(parts, name, () => parsed(body));
}

function cborAnswerOf(parts: CloudWatchParts, { url, body }: HttpRequest): object {
  const name = /\/operation\/(\w+)$/.exec(url)?.[1] ?? "";
  return run(parts, name, () => fieldsOf(readCbor(body, "seconds"), "the body"));
}

function run(parts: CloudWatchParts, name: string, read: () => Fields): object {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    const known = Object.keys(operations).join(", ");
    throw new CloudWatchFailure(
      "UnknownOperationException",
      `${name} does not run on this laptop; what runs: ${known}`,
    );
  }
  const request = read();
  const unknown = Object.keys(request).find(
    (member) => request[member] !== null && !operation.members.split(" ").includes(member),
  );
  if (unknown !== undefined) throw notHere(`${unknown} of ${name}`, "leave it out");
  return operation.run(parts, request);
}

function parsed(body: Buffer): Fields {
  try {
    return fieldsOf(JSON.parse(body.toString("utf8")), "the body");
  } catch (error) {
    if (error instanceof CloudWatchFailure) throw error;
    throw new CloudWatchFailure("SerializationException", "Expected a body of one JSON object");
  }
}

const answer = (status: number, body: object, more: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: { "content-type": contentType, "x-amzn-requestid": randomUUID(), ...more },
  body: JSON.stringify(body),
});

/** Codes of the query protocol that are not the exception's name without its ending (the SDK's own model). */
const codes: Readonly<Record<string, string>> = { MissingRequiredParameterException: "MissingParameter" };

/** With the code of the query protocol beside the type (Smithy, AWS query compatible trait). */
function refusal({ type, message, status }: CloudWatchFailure): HttpResponse {
  const code = codes[type] ?? type.replace(/Exception$/, "");
  return answer(status, { __type: type, message }, { "x-amzn-query-error": `${code};Sender` });
}
