import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CfnStream } from "aws-cdk-lib/aws-kinesis";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { App, CfnOutput, Stack } from "aws-cdk-lib/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeDirectory, deleteOldAssets, readAssets } from "../../../local/template/assets.ts";
import { runTemplate } from "../../../local/template/run.ts";
import { parseTemplate } from "../../../local/template/template.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assets-"));
  await writeFile(join(folder, "index.mjs"), "export const handler = () => 'hello';");
});
afterAll(() => rm(folder, { recursive: true }));

describe("a template that aws-cdk-lib wrote", () => {
  it("runs, and leads from a function to the folder of its code", async () => {
    const app = new App({ outdir: join(folder, "cdk.out") });
    const stack = new Stack(app, "Shop", { env: { region: "eu-west-1" } });
    const stream = new CfnStream(stack, "Events", { streamModeDetails: { streamMode: "ON_DEMAND" } });
    const code = Code.fromAsset(folder, { exclude: ["cdk.out"] });
    const environment = { STREAM: stream.ref, STREAM_ARN: stream.attrArn };
    new LambdaFunction(stack, "Collect", { runtime: Runtime.NODEJS_24_X, handler: "index.handler", code, environment });
    new CfnOutput(stack, "Stream", { value: stream.ref });
    const assembly = app.synth();

    const template = parseTemplate(assembly.getStackByName("Shop").template);
    const assets = await readAssets(assembly.directory, "Shop");
    const functions: Record<string, unknown>[] = [];
    const running = await runTemplate({
      template,
      settings: { stackName: "Shop", region: "eu-west-1", accountId: "111122223333" },
      provisioners: {
        "AWS::Kinesis::Stream": ({ physicalId }) => ({ ref: physicalId, attributes: { Arn: `arn:${physicalId}` } }),
        "AWS::Lambda::Function": async ({ logicalId, physicalId, properties }) => {
          const source = await readFile(join(codeDirectory(logicalId, properties.Code, assets), "index.mjs"), "utf8");
          functions.push({ ...properties, source });
          return { ref: physicalId, attributes: { Arn: `arn:${physicalId}` } };
        },
      },
    });
    expect(functions).toMatchObject([
      { Environment: { Variables: { STREAM: "Shop-Events", STREAM_ARN: "arn:Shop-Events" } } },
    ]);
    expect(functions[0]?.source).toContain("hello");
    expect(running.outputs.Stream).toBe("Shop-Events");
    expect(running.notRun.map(({ type }) => type)).toContain("AWS::IAM::Role");
  });
});

it("assets of no function in the current template are deleted", async () => {
  const assembly = await mkdtemp(join(tmpdir(), "assembly-"));
  const source = { path: "asset.new", packaging: "zip" };
  const files = { new: { source, destinations: { here: { objectKey: "new.zip" } } } };
  await writeFile(join(assembly, "Shop.assets.json"), JSON.stringify({ files }));
  for (const name of ["asset.new", "asset.old", "other"]) await mkdir(join(assembly, name));
  await deleteOldAssets(assembly, "Shop");
  expect((await readdir(assembly)).sort()).toEqual(["Shop.assets.json", "asset.new", "other"]);
  await rm(assembly, { recursive: true });
});

describe("codeDirectory", () => {
  it("says which asset it looked for, and refuses code that is in the template itself", () => {
    const assets = new Map([["f.json", { path: "/out/f.json", packaging: "file" as const }]]);
    expect(() => codeDirectory("F", { S3Bucket: "b", S3Key: "x.zip" }, assets)).toThrow(
      "F.Properties.Code: no asset of the cloud assembly has the key x.zip",
    );
    expect(() => codeDirectory("F", { ZipFile: "…" }, assets)).toThrow(
      "expected S3Bucket and S3Key of an asset, got ZipFile",
    );
    expect(() => codeDirectory("F", { S3Key: "f.json" }, assets)).toThrow(
      "expected a folder, got the file /out/f.json",
    );
  });
});
