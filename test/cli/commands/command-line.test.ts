import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notSetUp } from "../../../cli/endpoint.ts";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { metricSummaries } from "../../../lib/query/answer.ts";
import config from "../../../millrace.config.ts";
import { runCli, startCli } from "../run-cli.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "home-"));
});
afterAll(() => rm(home, { recursive: true }));

describe("the command line", () => {
  it("says which version it is", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await runCli(["--version"])).toEqual({ code: 0, out: `millrace ${version}\n`, err: "" });
  });

  it("shows every command", async () => {
    const { code, out } = await runCli(["-h"]);
    expect(code).toBe(0);
    for (const command of ["replay", "query", "gaps", "why"]) expect(out).toContain(`millrace ${command} `);
  });

  it("shows what a command takes", async () => {
    expect(await runCli(["send", "-h"])).toMatchObject({ code: 0, out: expect.stringMatching(/^millrace send /) });
  });

  it("ends in silence where its reader has had enough", async () => {
    const child = startCli(["help"]);
    let err = "";
    child.stderr?.on("data", (data) => {
      err += data;
    });
    child.stdout?.destroy();
    const [code] = await once(child, "close");
    expect([code, err]).toEqual([0, ""]);
  });

  it("says in a sentence that there is no region", async () => {
    const nothing = { AWS_REGION: "", AWS_DEFAULT_REGION: "", AWS_PROFILE: "", AWS_CONFIG_FILE: join(home, "config") };
    const { code, err } = await runCli(["gaps", "--aws"], { ...nothing, AWS_EC2_METADATA_DISABLED: "true" });
    expect([code, err]).toEqual([
      1,
      "millrace gaps: There is no AWS region: set AWS_REGION, or region in the profile that AWS_PROFILE names\n",
    ]);
  });

  it("says in a sentence that there is no configuration", async () => {
    const { code, err } = await runCli(["query"], { MILLRACE_CONFIG: "/nowhere.ts" });
    const expected = "There is no configuration at /nowhere.ts: name one with --config FILE or MILLRACE_CONFIG";
    expect([code, err]).toEqual([1, `millrace query: ${expected}\n`]);
  });

  it.each<[message: string, sentence: RegExp | undefined]>([
    ["Region is missing", /set AWS_REGION/],
    ['Region not accepted: region="" is not a valid hostname component.', /set AWS_REGION/],
    ["Could not load credentials from any providers", /AWS_PROFILE/],
    ["Resolved credential object is not valid", /AWS_PROFILE/],
    ["Rate exceeded", undefined],
  ])("has words for what an SDK lacks: %s", (message, sentence) => {
    if (sentence === undefined) expect(notSetUp(message)).toBeUndefined();
    else expect(notSetUp(message)).toMatch(sentence);
  });
});

describe("query without a metric", () => {
  const metrics = metricSummaries(definitionsOf(config));

  it("lists the metrics as JSON, as the API does", async () => {
    const { code, out } = await runCli(["query", "--format", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ metrics });
  });
});
