import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";
import type { FunctionSettings } from "../../../local/lambda/function-settings.ts";
import { type Lambda, type LambdaOptions, type LogLine, startLambda } from "../../../local/lambda/lambda.ts";
import { type Bundle, Doorbell, writeBundle } from "./bundle.ts";

let bundle: Bundle;
let doorbell: Doorbell;
let lambda: Lambda;
let lines: LogLine[];
let metrics: MetricStore;

beforeAll(async () => {
  bundle = writeBundle();
  doorbell = await Doorbell.open();
});
afterAll(() => {
  doorbell.close();
  bundle.remove();
});
beforeEach(() => start());
afterEach(() => lambda.close());

async function start(options: Partial<LambdaOptions> = {}): Promise<void> {
  lines = [];
  metrics = new MetricStore();
  lambda = await startLambda({ log: (line) => lines.push(line), metrics, ...options });
}

async function restart(options: Partial<LambdaOptions>): Promise<void> {
  await lambda.close();
  await start(options);
}

function define(handler: string, changes: Partial<FunctionSettings> = {}): string {
  const name = changes.name ?? `fn-${handler.replace(/\W/g, "-")}`;
  const { directory } = bundle;
  lambda.define({ directory, handler, timeoutSeconds: 20, memoryMib: 256, environment: {}, ...changes, name });
  return name;
}

/** Defines a function of index.mjs and invokes it. */
async function run(handler: string, event: unknown = {}, changes: Partial<FunctionSettings> = {}) {
  const name = define(handler.includes(".") ? handler : `index.${handler}`, changes);
  return lambda.invoke(name, JSON.stringify(event));
}

async function answerOf(...of: Parameters<typeof run>): Promise<Record<string, unknown>> {
  const outcome = await run(...of);
  if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.payload) as Record<string, unknown>;
}

const sum = (name: string, functionName: string) =>
  metrics.statistics("AWS/Lambda", name, { FunctionName: functionName }, 0, Number.POSITIVE_INFINITY).sum;

describe("a function", () => {
  test("gets its event and answers it, whatever JSON that is", async () => {
    const name = define("index.echo");
    for (const event of [{ a: [1, "ü", null] }, "text", 5, null]) {
      expect(await lambda.invoke(name, JSON.stringify(event))).toEqual({ kind: "ok", payload: JSON.stringify(event) });
    }
    expect(await run("nothing")).toEqual({ kind: "ok", payload: "null" });
    expect(await run("common.handler")).toEqual({ kind: "ok", payload: '"common"' });
  });

  test("gets Lambda's context and environment, and nothing of the machine's but PATH", async () => {
    process.env.MILLRACE_TEST_SECRET = "x";
    const { context, env, remaining, cwd } = (await answerOf("about", {}, { environment: { TABLE: "t" } })) as {
      context: Record<string, unknown>;
      env: Record<string, string>;
      remaining: number;
      cwd: string;
    };
    delete process.env.MILLRACE_TEST_SECRET;
    expect(context).toEqual({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:fn-index-about",
      functionName: "fn-index-about",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      logGroupName: "/aws/lambda/fn-index-about",
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      callbackWaitsForEmptyEventLoop: true,
    });
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(20_000);
    expect(cwd).toBe(bundle.directory);
    expect(env).toMatchObject({ TABLE: "t", PATH: process.env.PATH, TZ: ":UTC", _HANDLER: "index.about" });
    expect(env).toMatchObject({ AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x", AWS_REGION: "us-east-1" });
    expect(Object.keys(env).filter((name) => !/^(AWS_|_|LAMBDA_|PATH$|LANG$|TZ$|TABLE$)/.test(name))).toEqual([]);
  });

  test("is kept warm: the next invocation finds the same process, and its state", async () => {
    const name = define("index.counted");
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await lambda.invoke(name, "{}"));
    const [first, , third] = answers.map((each) => JSON.parse(each.kind === "ok" ? each.payload : "null"));
    expect(third).toEqual({ pid: first.pid, count: 3 });
    expect(lambda.environments()).toEqual([{ functionName: name, pid: first.pid, busy: false }]);
  });

  test.skipIf(process.platform !== "linux")("can be found by its name among the processes of the machine", async () => {
    define("index.meetAndWait", { name: "my-function" });
    const done = lambda.invoke("my-function", JSON.stringify({ port: doorbell.port }));
    const { pid, socket } = await doorbell.visitor();
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    expect(command.at(-2)).toBe("my-function");
    socket.write("go");
    expect(await done).toEqual({ kind: "ok", payload: String(pid) });
  });

  test("has its output taken line by line, and metrics in it measured", async () => {
    await run("prints", {}, { name: "prints" });
    await lambda.close();
    const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.text);
    expect(of("stdout").slice(0, 2)).toEqual(["first", "second"]);
    expect(of("stderr")).toEqual(["wrong"]);
    expect(of("platform").map((text) => text.split(" ")[0])).toEqual(["START", "END", "REPORT"]);
    expect(metrics.statistics("Shop", "sold", { service: "till" }, 0, Number.POSITIVE_INFINITY).sum).toBe(3);
  });
});

describe("an error", () => {
  test.each([
    ["thrower", "TypeError", "no such thing", true],
    ["throwsText", "string", "just text", true],
    ["notJson", "TypeError", /BigInt/, true],
    ["uncaught", "RangeError", "from a timer", true],
    ["rejected", "Runtime.UnhandledPromiseRejection", /lost/, true],
    ["never", "Runtime.ExitError", /exited with error: exit status 13/, false],
    ["broken.handler", "Runtime.UserCodeSyntaxError", /SyntaxError/, true],
    ["failing.handler", "URIError", "at load", true],
    ["missing.handler", "Runtime.ImportModuleError", /not-installed-anywhere/, true],
    ["absent.handler", "Runtime.ImportModuleError", /absent/, true],
    ["index.noSuchExport", "Runtime.HandlerNotFound", "index.noSuchExport is undefined or not exported", true],
    ["notAFunction", "Runtime.HandlerNotFound", "index.notAFunction is not a function", true],
    ["callback", "Runtime.CallbackHandlerDeprecated", /callback/, true],
  ])("of %s is a %s", async (handler, errorType, message, handled) => {
    const outcome = await run(handler);
    expect(outcome).toMatchObject({ kind: "function-error", errorType, handled });
    if (outcome.kind === "function-error") expect(outcome.errorMessage).toMatch(message);
  });

  test("comes with its stack", async () => {
    const outcome = await run("thrower");
    expect(outcome.kind === "function-error" && outcome.trace?.[1]).toMatch(/at .*thrower.*index\.mjs/);
  });

  test.each([
    [0, "Runtime exited without providing a reason"],
    [7, "Runtime exited with error: exit status 7"],
  ])("is what process.exit(%i) comes to, and the next invocation has a new process", async (code, message) => {
    expect(await run("exit", { code })).toMatchObject({ errorType: "Runtime.ExitError", handled: false });
    const outcome = await lambda.invoke("fn-index-exit", JSON.stringify({ code }));
    expect(outcome.kind === "function-error" && outcome.errorMessage).toContain(message);
  });

  test("is what a process that is killed in the middle leaves, and the next invocation has a new one", async () => {
    const name = define("index.meetAndWait");
    const event = JSON.stringify({ port: doorbell.port });
    const first = lambda.invoke(name, event);
    const victim = await doorbell.visitor();
    process.kill(victim.pid, "SIGKILL");
    expect(await first).toMatchObject({
      kind: "function-error",
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("signal: killed"),
    });
    const second = lambda.invoke(name, event);
    const next = await doorbell.visitor();
    next.socket.write("go");
    expect(await second).toEqual({ kind: "ok", payload: String(next.pid) });
    expect(next.pid).not.toBe(victim.pid);
  });

  test("of time is Sandbox.Timedout, for a handler that waits and for one in an endless loop", async () => {
    const outcomes = await Promise.all(["hang", "spin"].map((handler) => run(handler, {}, { timeoutSeconds: 1 })));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        kind: "function-error",
        errorType: "Sandbox.Timedout",
        errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
        handled: false,
      });
    }
  });

  test("of memory ends the process, whether it is V8's or only resident", async () => {
    const [heap, buffers] = await Promise.all(
      ["heap", "buffers"].map((handler) => run(handler, {}, { memoryMib: 128 })),
    );
    expect(heap).toMatchObject({ kind: "function-error", handled: false });
    if (process.platform === "linux") {
      expect(buffers).toMatchObject({
        errorType: "Runtime.OutOfMemory",
        errorMessage: expect.stringContaining("killed"),
      });
    }
  });
});

describe("a payload", () => {
  const limit = 6 * 1024 * 1024;

  test("of 6 MB goes in, and one byte more is refused", async () => {
    const name = define("index.nothing");
    const payload = `"${"x".repeat(limit - 2)}"`;
    expect(await lambda.invoke(name, payload)).toEqual({ kind: "ok", payload: "null" });
    expect(await lambda.invoke(name, `${payload} `)).toMatchObject({ kind: "refused" });
  });

  test("of 6 MB and 100 bytes comes out, and one byte more is an error that the process survives", async () => {
    const name = define("index.large");
    const of = (bytes: number) => lambda.invoke(name, JSON.stringify({ bytes }));
    expect((await of(6_291_556 - 2)).kind).toBe("ok");
    expect(await of(6_291_556 - 1)).toMatchObject({ errorType: "Function.ResponseSizeTooLarge", handled: false });
    const { pid } = lambda.environments()[0] ?? {};
    expect((await of(1)).kind).toBe("ok");
    expect(lambda.environments()[0]?.pid).toBe(pid);
  });
});

describe("concurrency", () => {
  test("is had by more processes, each with one invocation at a time", async () => {
    const name = define("index.meetAndWait");
    const event = JSON.stringify({ port: doorbell.port });
    const invocations = [lambda.invoke(name, event), lambda.invoke(name, event)];
    const visitors = [await doorbell.visitor(), await doorbell.visitor()];
    expect(lambda.environments().map((each) => each.busy)).toEqual([true, true]);
    for (const { socket } of visitors) socket.write("go");
    const outcomes = await Promise.all(invocations);
    expect(new Set(outcomes.map((each) => each.kind === "ok" && each.payload)).size).toBe(2);
  });

  test("beyond the processes of a function waits its turn", async () => {
    await restart({ environmentsMax: 1 });
    const name = define("index.counted");
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => lambda.invoke(name, "{}")));
    const answers = outcomes.map((each) => JSON.parse(each.kind === "ok" ? each.payload : "null"));
    expect(answers.map((each) => each.count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(answers.map((each) => each.pid)).size).toBe(1);
  });

  test("beyond the reserved is throttled, and with none reserved everything is", async () => {
    const name = define("index.meetAndWait", { reservedConcurrency: 1 });
    const first = lambda.invoke(name, JSON.stringify({ port: doorbell.port }));
    const { socket } = await doorbell.visitor();
    expect(await lambda.invoke(name, "{}")).toEqual({ kind: "throttled" });
    socket.write("go");
    expect((await first).kind).toBe("ok");
    expect(await run("echo", {}, { reservedConcurrency: 0 })).toEqual({ kind: "throttled" });
    expect([sum("Invocations", name), sum("Throttles", name), sum("Errors", name)]).toEqual([1, 1, 0]);
  });
});

describe("the processes", () => {
  test("end when they have had no work for a while", async () => {
    await restart({ idleSeconds: 0 });
    const name = define("index.meet");
    void lambda.invoke(name, JSON.stringify({ port: doorbell.port }));
    await (await doorbell.visitor()).gone;
  });

  test("end with Lambda, busy or not, and what was under way ends in an error", async () => {
    const event = JSON.stringify({ port: doorbell.port });
    await lambda.invoke(define("index.meet"), event);
    const idle = await doorbell.visitor();
    const spinning = lambda.invoke(define("index.spin"), event);
    const busy = await doorbell.visitor();
    await lambda.close();
    expect(await spinning).toMatchObject({ kind: "function-error" });
    expect(lambda.environments()).toEqual([]);
    await Promise.all([idle.gone, busy.gone]);
  });

  test("end when Lambda's own process is killed: idle, waiting or in an endless loop", async () => {
    const host = fileURLToPath(new URL("host.ts", import.meta.url));
    const parent = spawn(process.execPath, [host, bundle.directory, String(doorbell.port)], { stdio: "inherit" });
    const visitors = [await doorbell.visitor(), await doorbell.visitor(), await doorbell.visitor()];
    parent.kill("SIGKILL");
    await Promise.all(visitors.map((visitor) => visitor.gone));
  });
});

describe("a definition", () => {
  test("is refused where Lambda would refuse it, and when its name is taken", () => {
    expect(() => define("index.echo", { name: "no spaces" })).toThrow("expected name to be");
    expect(() => define("handler")).toThrow('expected handler to be file.export, got "handler"');
    expect(() => define("index.echo", { timeoutSeconds: 901 })).toThrow(
      "expected timeoutSeconds to be a whole number from 1 to 900, got 901",
    );
    expect(() => define("index.echo", { memoryMib: 127 })).toThrow("expected memoryMib");
    define("index.echo");
    expect(() => define("index.echo")).toThrow("is defined twice");
  });

  test("is needed: an invocation of anything else is rejected", async () => {
    await expect(lambda.invoke("nobody", "{}")).rejects.toThrow("There is no function nobody");
  });
});

describe("metrics", () => {
  test("are those of Lambda, by function", async () => {
    await run("echo");
    await run("thrower");
    expect([sum("Invocations", "fn-index-echo"), sum("Errors", "fn-index-echo")]).toEqual([1, 0]);
    expect([sum("Invocations", "fn-index-thrower"), sum("Errors", "fn-index-thrower")]).toEqual([1, 1]);
    const duration = metrics.statistics(
      "AWS/Lambda",
      "Duration",
      { FunctionName: "fn-index-echo" },
      0,
      Number.POSITIVE_INFINITY,
    );
    expect(duration.samples).toBe(1);
  });
});
