/**
 * The runtime of a function: loads its handler, and passes it one invocation after another (Lambda developer guide,
 * "Using the Lambda runtime API for custom runtimes"). Behaves like Lambda's own for Node.js 24, so a handler that
 * takes a callback is refused. Plain JavaScript, because stripping types costs a process 17 MB.
 *
 * @import { IncomingHttpHeaders } from "node:http"
 */
import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const variables = process.env;
const api = new URL(`http://${variables.AWS_LAMBDA_RUNTIME_API}`);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** The invocation that is being handled; an error that nobody caught belongs to it. @type {string | undefined} */
let requestId;

/** @param {string} method @param {string} path @param {string} [body] @param {Record<string, string>} [headers] */
function call(method, path, body, headers = {}) {
  return new Promise((done, fail) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const options = {
      host: api.hostname,
      port: api.port,
      path: `${api.pathname}/2018-06-01/runtime${path}`,
      method,
      agent,
      headers: { ...length, ...headers },
    };
    const outgoing = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, text }));
      response.on("error", fail);
    });
    outgoing.on("error", fail);
    outgoing.end(body);
  });
}

/** @param {string} name @param {string} message */
function runtimeError(name, message) {
  const error = new Error(message);
  error.name = `Runtime.${name}`;
  return error;
}

/** @param {unknown} error */
function report(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? "").split("\n") };
}

/** @param {string} path @param {unknown} error */
async function tell(path, error) {
  const body = report(error);
  await call("POST", path, JSON.stringify(body), { "lambda-runtime-function-error-type": body.errorType });
}

/** Tells the error, and ends the process. @param {unknown} error @param {number} code */
function giveUp(error, code) {
  console.error(error);
  const path = requestId === undefined ? "/init/error" : `/invocation/${requestId}/error`;
  tell(path, error).finally(() => process.exit(code));
}

async function loadHandler() {
  const name = variables._HANDLER ?? "";
  const root = variables.LAMBDA_TASK_ROOT ?? "";
  const dot = name.indexOf(".", name.lastIndexOf("/") + 1);
  const stem = resolve(root, name.slice(0, dot));
  const file = ["", ".js", ".mjs", ".cjs"].map((ending) => stem + ending).find((each) => existsSync(each));
  if (dot < 0 || name.includes("..")) throw runtimeError("MalformedHandlerName", `Bad handler: ${name}`);
  if (file === undefined) throw runtimeError("ImportModuleError", `Error: Cannot find module '${name.slice(0, dot)}'`);
  let loaded;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError("UserCodeSyntaxError", String(error));
    if (error instanceof Error && "code" in error && String(error.code).includes("MODULE_NOT_FOUND")) {
      throw runtimeError("ImportModuleError", String(error));
    }
    throw error;
  }
  const path = name.slice(dot + 1).split(".");
  const find = (/** @type {any} */ from) => path.reduce((value, key) => value?.[key], from);
  const handler = find(loaded) ?? find(loaded.default);
  if (handler === undefined) throw runtimeError("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw runtimeError("HandlerNotFound", `${name} is not a function`);
  if (handler.length >= 3) {
    const message =
      "Lambda for Node.js 24 has no callback-based handlers: return a promise, and take at most 2 arguments";
    throw runtimeError("CallbackHandlerDeprecated", message);
  }
  return handler;
}

/** @param {IncomingHttpHeaders} headers */
function contextOf(headers) {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: String(headers["lambda-runtime-aws-request-id"]),
    invokedFunctionArn: String(headers["lambda-runtime-invoked-function-arn"]),
    functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

/** @param {(event: unknown, context: object) => unknown} handler */
async function handleNext(handler) {
  const next = await call("GET", "/invocation/next");
  if (next.status !== 200) process.exit(0);
  const context = contextOf(next.headers);
  requestId = context.awsRequestId;
  variables._X_AMZN_TRACE_ID = String(next.headers["lambda-runtime-trace-id"]);
  let answer;
  try {
    // What is not JSON is null, such as undefined; what cannot be JSON is the function's error.
    answer = JSON.stringify(await handler(JSON.parse(next.text), context)) ?? "null";
  } catch (error) {
    console.error(error);
    await tell(`/invocation/${requestId}/error`, error);
    requestId = undefined;
    return;
  }
  await call("POST", `/invocation/${requestId}/response`, answer, { "content-type": "application/json" });
  requestId = undefined;
}

// Whoever started this holds the other end: when it closes there is nobody to work for.
process.stdin.on("close", () => process.exit(0)).resume();
// It must not keep a process alive whose handler will never answer.
if ("unref" in process.stdin) process.stdin.unref();

process.on("uncaughtException", (error) => giveUp(error, 129));
process.on("unhandledRejection", (reason) => {
  giveUp(Object.assign(runtimeError("UnhandledPromiseRejection", String(reason)), { cause: reason }), 128);
});

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  console.error(error);
  await tell("/init/error", error);
  process.exit(1);
}
for (;;) {
  // The runtime API went away, and with it the work.
  await handleNext(handler).catch(() => process.exit(1));
}
