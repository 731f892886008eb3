import type { MetricSink } from "../cloudwatch/metrics.ts";
import type { MappingSettings } from "./mapping-settings.ts";

/** The EventCount group (Lambda developer guide, "Types of metrics for Lambda functions"). */
type EventCount =
  | "PolledEventCount"
  | "InvokedEventCount"
  | "FailedInvokeEventCount"
  | "DroppedEventCount"
  | "OnFailureDestinationDeliveredEventCount";

/** What a mapping tells CloudWatch. */
export interface MappingMetrics {
  /** The age of the last record of a batch as it is sent to the function. */
  iteratorAge(ms: number, atMs: number): void;
  /** How far a read was behind the tip of its shard; 0 when caught up. */
  getRecordsIteratorAge(ms: number, atMs: number): void;
  /** Does nothing unless the mapping asks for these. */
  events(name: EventCount, records: number, atMs: number): void;
  destinationDeliveryFailure(atMs: number): void;
}

/** Dimensions are those of AWS; IteratorAge has none for the shard, so one function on two streams mixes them. */
export function mappingMetrics(settings: MappingSettings, sink: MetricSink): MappingMetrics {
  const ofFunction = { FunctionName: settings.functionArn.split(":")[6] ?? settings.functionArn };
  const ofStream = { StreamName: settings.streamArn.slice(settings.streamArn.indexOf("/") + 1) };
  const ofMapping = { EventSourceMappingUUID: settings.uuid };
  const lambda = { namespace: "AWS/Lambda", unit: "Count" } as const;
  const age = { unit: "Milliseconds" } as const;
  return {
    iteratorAge: (value, atMs) =>
      sink.put({ ...age, namespace: "AWS/Lambda", name: "IteratorAge", dimensions: ofFunction, value, atMs }),
    getRecordsIteratorAge: (value, atMs) =>
      sink.put({
        ...age,
        namespace: "AWS/Kinesis",
        name: "GetRecords.IteratorAgeMilliseconds",
        dimensions: ofStream,
        value,
        atMs,
      }),
    events: (name, value, atMs) => {
      if (settings.eventCountMetrics) sink.put({ ...lambda, name, dimensions: ofMapping, value, atMs });
    },
    destinationDeliveryFailure: (atMs) =>
      sink.put({ ...lambda, name: "DestinationDeliveryFailures", dimensions: ofFunction, value: 1, atMs }),
  };
}
