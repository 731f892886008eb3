import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runAudit } from "../../cli/commands/audit.ts";
import { runGaps } from "../../cli/commands/gaps.ts";
import { runQuarantine } from "../../cli/commands/quarantine.ts";
import { query } from "../../cli/commands/query.ts";
import { runRedrive } from "../../cli/commands/redrive.ts";
import { rehearse } from "../../cli/commands/rehearse.ts";
import { replayFile } from "../../cli/commands/replay.ts";
import { send } from "../../cli/commands/send.ts";
import { runSkip } from "../../cli/commands/skip.ts";
import { runSweep } from "../../cli/commands/sweep.ts";
import { runWhy } from "../../cli/commands/why.ts";
import { names } from "../../lib/names.ts";
import type { ListedEntry } from "../../lib/query/quarantine/answer.ts";
import { ran } from "../cli/ran.ts";
import { compiled } from "../compiled.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "shop.config.ts");
const top = join(import.meta.dirname, "../..");
let laptop: Laptop;

/** An order that counts, one that can't be, and a page view: of all of them it is known what became of them. */
beforeAll(async () => {
  laptop = await Laptop.start({ config });
  for (const [name, value] of Object.entries(laptop.environment)) {
    if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  }
  await ran(send, '{"type":"track","event":"Order Completed","messageId":"good","properties":{"revenue":7}}');
  await ran(send, '{"type":"track","event":"Order Completed","messageId":"bad","properties":{"revenue":"much"}}');
  const { output } = await ran(send);
  expect(output).toMatch(/^Sent \{"anonymousId":"millrace-cli",.*"type":"page"/);
  await laptop.caughtUp();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await laptop[Symbol.asyncDispose]();
});

describe("millrace query", () => {
  test("names the metrics, and prints one as a table, as CSV and as JSON", async () => {
    const { output } = await ran(query, "--config", config);
    expect(output).toMatch(/^page_views +count +path$/m);
    const revenue = ["revenue", "--from", "-1h", "--every", "all", "--config", config];
    expect((await ran(query, ...revenue)).output).toMatch(/^value\n +7\n$/);
    expect((await ran(query, ...revenue, "--format", "csv")).output).toMatch(/^value\r?\n7\r?\n$/);
    expect(JSON.parse((await ran(query, ...revenue, "--format", "json")).output)).toMatchObject({
      rows: [{ value: 7 }],
    });
    const elsewhere = [...revenue, "--by", "currency", "--where", "currency:EUR"];
    expect((await ran(query, ...elsewhere)).output).not.toContain("7");
  });

  test("says where there are more rows than were asked for", async () => {
    await ran(send, '{"type":"page","context":{"page":{"path":"/second"}}}');
    await laptop.caughtUp();
    const pages = ["page_views", "--every", "all", "--by", "path", "--limit", "1", "--config", config];
    expect((await ran(query, ...pages)).errors).toContain("Only the first 1 rows");
  });
});

describe("millrace why", () => {
  test("says what became of a message, and exits with 1 where nobody knows it", async () => {
    const good = await ran(runWhy, "good");
    expect(good.output).toContain('COUNTED: track "Order Completed"');
    expect(good.exitCode).toBe(0);
    expect((await ran(runWhy, "bad", "--from", "-2h")).output).toContain("IN QUARANTINE: ");
    const unknown = await ran(runWhy, "never", "--format", "json");
    expect(JSON.parse(unknown.output)).toMatchObject({ messageId: "never", copies: [] });
    expect(unknown.exitCode).toBe(1);
  });
});

describe("millrace quarantine", () => {
  const entries = async (): Promise<ListedEntry[]> => {
    const { output } = await ran(runQuarantine, "list", "--where", "reason=invalid", "--format", "json");
    return (JSON.parse(output) as { entries: ListedEntry[] }).entries;
  };

  test("lists and shows what could not be counted", async () => {
    const { output } = await ran(runQuarantine, "list", "--where", "event=Order Completed", "--from", "-1h");
    expect(output).toContain("invalid");
    const [entry] = await entries();
    const shown = await ran(runQuarantine, "show", entry?.id ?? "");
    expect(JSON.parse(shown.output)).toMatchObject({ messageId: "bad" });
    expect(shown.errors).toContain("properties.revenue: expected a number");
    const json = await ran(runQuarantine, "show", entry?.id ?? "", "--format", "json");
    expect(JSON.parse(json.output)).toMatchObject({ id: entry?.id });
    await expect(ran(runQuarantine, "show", "nothing")).rejects.toThrow("id: ");
  });

  test("sends again what is mended, once, and says what it would send", async () => {
    const [entry] = await entries();
    const patch = join(laptop.dataDirectory, "patch.json");
    await writeFile(patch, '{"properties":{"revenue":5}}');
    const mended = ["replay", entry?.id ?? "", "--patch", patch, "--config", config];
    expect((await ran(runQuarantine, ...mended, "--dry-run")).output).toMatch(/revenue +1/);
    const outcomes = async () => {
      const { output } = await ran(runQuarantine, ...mended, "--format", "json");
      return (JSON.parse(output) as { outcomes: object }).outcomes;
    };
    expect(await outcomes()).toMatchObject({ sent: 1, replayed: 0 });
    expect(await outcomes()).toMatchObject({ sent: 0, replayed: 1 });
    await expect(ran(runQuarantine, "replay", "nothing", "--config", config)).rejects.toThrow(
      "Expected the ID of an entry of quarantine, got nothing",
    );
  });
});

describe("what is looked after by schedule can be run now", () => {
  test("the sweep finds no promise left", async () => {
    await laptop.caughtUp();
    expect(await ran(runSweep)).toMatchObject({ output: "1 shard, 0 open promises: 0 kept, 0 lost\n", exitCode: 0 });
    const dry = await ran(runSweep, "--dry-run", "--format", "json");
    expect(JSON.parse(dry.output)).toMatchObject({ dryRun: true, shards: 1, open: 0 });
  });

  test("redrive finds nothing to do", async () => {
    const { output, exitCode } = await ran(runRedrive);
    expect(output).toBe("0 batches, 0 records counted; 0 batches were counted before\n");
    expect(exitCode).toBe(0);
  });

  test("gaps finds no record between the parts", async () => {
    const { output, exitCode } = await ran(runGaps, "--from", "-1h", "--to", "-1m", "--dry-run");
    expect(output).toMatch(/^1 shard, \d+ places looked at: 0 records in no part\n$/);
    expect(exitCode).toBe(0);
  });

  test("the audit finds nothing wrong", async () => {
    const { output, exitCode } = await ran(runAudit, "--from", "-2h", "--to", "-1h");
    expect(output).toMatch(/^nothing wrong\n/);
    expect(exitCode).toBe(0);
  });
});

test("millrace skip does not step over what is counted", async () => {
  const { output } = await ran(runWhy, "good", "--format", "json");
  const { copies } = JSON.parse(output) as { copies: { shardId: string; sequenceNumber: string }[] };
  const { shardId = "", sequenceNumber = "" } = copies[0] ?? {};
  await expect(ran(runSkip, shardId, sequenceNumber)).rejects.toThrow(
    "Expected a record that is not counted yet, got one in committed part ",
  );
});

test("millrace rehearse takes a service away and gives it back, and ends processes", async () => {
  expect((await ran(rehearse, "s3", "errors", "--for", "1h")).output).toBe("s3 answers errors for 1h\n");
  expect((await ran(rehearse, "s3", "normally")).output).toBe("s3 answers normally\n");
  expect((await ran(rehearse, names.rollUp, "killed")).output).toMatch(
    /^\d+ processes of millrace-roll-up were killed/,
  );
  await expect(ran(rehearse, "sqs", "errors")).rejects.toThrow("sqs");
});

describe("millrace replay", () => {
  test("sends a file of events as fast as it can, shows the first bad lines and counts the rest", async () => {
    const file = join(laptop.dataDirectory, "pages.ndjson");
    const line = (second: number) =>
      JSON.stringify({ type: "page", timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), anonymousId: "ann" });
    await writeFile(file, [line(0), ...Array(7).fill("{"), line(1), line(2)].join("\n"));
    const { output, errors } = await ran(
      replayFile,
      file,
      "--shift-to-now",
      "--speed",
      "max",
      "--run",
      "1",
      "--config",
      config,
    );
    expect(output).toMatch(/^Sent 3 events, \d+ a second: 3 counted\n$/);
    expect(errors).toMatch(/^Shifted by \d+ ms/m);
    expect(errors.match(/^Line \d: expected JSON/gm)).toHaveLength(5);
    expect(errors).toContain("7 rows were left out\n");
    await expect(ran(replayFile, file, "--strict", "--speed", "max")).rejects.toThrow("expected JSON");
  });
});

describe("the command line", () => {
  const millrace = async (...parameters: string[]): Promise<{ code: number; output: string; errors: string }> => {
    const options = { env: { ...laptop.environment, ...compiled }, cwd: top };
    const run = promisify(execFile)(process.execPath, [join(top, "cli/millrace.ts"), ...parameters], options);
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout, errors: stderr }),
      ({ code, stdout, stderr }) => ({ code, output: stdout, errors: stderr }),
    );
  };

  test("tells of every command, and of one", async () => {
    const all = await millrace();
    for (const name of ["replay", "query", "send", "sweep", "redrive", "why", "audit", "quarantine", "gaps", "skip"]) {
      expect(all.output).toMatch(new RegExp(`^millrace ${name} `, "m"));
    }
    expect(all.code).toBe(0);
    expect((await millrace("skip", "--help")).output).toMatch(/^millrace skip SHARD SEQUENCE/);
  });

  test("exits with 2 where it was called wrong, and with 1 where something went wrong", async () => {
    expect(await millrace("count")).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^millrace count: Expected one of replay, .*, help, got count\n$/),
    });
    expect(await millrace("skip", "one")).toMatchObject({ code: 2 });
    expect(await millrace("skip", "--everything")).toMatchObject({ code: 2 });
    expect(await millrace("query", "--config", "no.config.ts")).toMatchObject({ code: 1 });
    const { code, output, errors } = await millrace("redrive", "--aws", "--format", "xml");
    expect({ code, output, errors }).toEqual({
      code: 2,
      output: "",
      errors: "millrace redrive: Expected --format table|json, got xml\n",
    });
  });
});

test("a replay that begins while the stream is cut off waits for it", async () => {
  await laptop.rehearse("services/kinesis", { answers: "nothing", seconds: 3 });
  const orders = ["examples/orders.csv", "--map", "examples/orders.map.json"].map((part) =>
    part.startsWith("-") ? part : join(top, part),
  );
  const { output } = await laptop.run("cli/millrace.ts", "replay", ...orders, "--shift-to-now", "--speed", "max");
  expect(output).toMatch(/^Sent 4 events, .*: 4 counted$/m);
});
