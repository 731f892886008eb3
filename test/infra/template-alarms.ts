import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect } from "vitest";
import { MillraceStack } from "../../infra/millrace-stack.ts";
import { configFile } from "../../lib/config/load.ts";
import type { Config } from "../../lib/config/shape.ts";
import { AlarmWatch } from "../../local/cloudwatch/alarm-watch.ts";
import type { MetricStore } from "../../local/cloudwatch/metrics.ts";
import { type MappingSettings, mappingSettings } from "../../local/event-source-mapping/mapping-settings.ts";
import { metricAlarm } from "../../local/template/resources/metric-alarm.ts";

const uuid = "3f9b3c1e-0000-4000-8000-000000000000";
export const streamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

/** The template of a configuration, as far as alarms and the mapping go, with its references put in. */
export class AlarmTemplate {
  readonly template: Template;

  constructor(config: Config) {
    const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
    this.template = Template.fromStack(new MillraceStack(app, "Test", { config, configFile: configFile(undefined) }));
  }

  /** The alarms of these names over these metrics; periods before `sinceMs` do not count. */
  alarmsOn(metrics: MetricStore, sinceMs: number, names = /^/): AlarmWatch {
    const watch = new AlarmWatch(metrics, sinceMs);
    for (const properties of this.#propertiesOf("AWS::CloudWatch::Alarm")) {
      if (!names.test(String(properties.AlarmName))) continue;
      metricAlarm((alarm) => watch.add(alarm))({ logicalId: "Alarm", physicalId: "alarm", properties } as never);
    }
    return watch;
  }

  get mapping(): MappingSettings {
    const [properties = {}] = this.#propertiesOf("AWS::Lambda::EventSourceMapping");
    const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:millrace-roll-up";
    return mappingSettings(properties, { uuid, functionArn });
  }

  #propertiesOf(type: string): Record<string, unknown>[] {
    const found = Object.values(this.template.findResources(type));
    return found.map(({ Properties }) => this.#resolved(Properties) as Record<string, unknown>);
  }

  #resolved(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.#resolved(each));
    const { Ref, "Fn::GetAtt": attribute } = value as { Ref?: string; "Fn::GetAtt"?: string[] };
    const [of = ""] = attribute ?? [Ref];
    if (of === "") {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#resolved(each)]));
    }
    const { Type = "", Properties = {} } = this.template.toJSON().Resources[of] ?? {};
    const values: Readonly<Record<string, string>> = {
      "AWS::Kinesis::Stream": attribute === undefined ? "events" : streamArn,
      "AWS::Lambda::EventSourceMapping": uuid,
      "AWS::Lambda::Function": String(Properties.FunctionName),
      "AWS::S3::Bucket": "arn:aws:s3:::rejects",
    };
    return values[Type] ?? expect.fail(`Expected a reference that is known here, got ${of}`);
  }
}
