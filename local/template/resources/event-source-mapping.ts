import { createHash } from "node:crypto";
import { type MappingSettings, mappingSettings } from "../../event-source-mapping/mapping-settings.ts";
import { functionArn } from "../../lambda/environment-variables.ts";
import type { Lambda } from "../../lambda/lambda.ts";
import type { Provisioner } from "../run.ts";
import { text } from "./property.ts";

/** AWS::Lambda::EventSourceMapping of a Kinesis stream. Its id comes from its name: its checkpoints are found again. */
export const eventSourceMapping =
  (lambda: Lambda, add: (settings: MappingSettings) => void): Provisioner =>
  ({ logicalId, properties }) => {
    const functionName = text(properties, "FunctionName");
    const hex = createHash("sha256").update(logicalId).digest("hex");
    const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    const arn = functionName.startsWith("arn:") ? functionName : functionArn(lambda, functionName);
    add(mappingSettings(properties, { uuid, functionArn: arn }));
    return { ref: uuid, attributes: { Id: uuid } };
  };
