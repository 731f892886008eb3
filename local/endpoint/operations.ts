import { randomUUID } from "node:crypto";
import { readCbor, writeCbor } from "./cbor.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { unsupportedMember } from "./unsupported.ts";

/** An operation of kinesalite or dynalite, which are of one make. */
export type Action<Store> = (
  store: Store,
  input: Record<string, unknown>,
  answer: (error: unknown, output?: unknown) => void,
) => void;

/** What the two check an operation's input against. */
export type InputCheck = { readonly types: object; readonly custom?: unknown };

export type Validations = {
  /** Both throw errors with a `statusCode` and a `body`. The first drops members that it does not know. */
  readonly checkTypes: (input: object, types: object) => Record<string, unknown>;
  readonly checkValidations: (input: object, types: object, custom: unknown, store: unknown) => void;
};

export type Operations<Store> = {
  readonly store: Store;
  readonly validations: Validations;
  readonly operations: ReadonlyMap<string, { readonly action: Action<Store>; readonly check: InputCheck }>;
  /** The input as the operations take it. Throws {@link OperationError}. */
  readonly prepare?: (operation: string, input: Record<string, unknown>) => Record<string, unknown>;
};

/** A service's answer other than success. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  /** Such as `ResourceNotFoundException`. */
  readonly type: string;
  readonly status: number;

  constructor(status: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
    this.status = status;
  }
}

/** Reads an error of kinesalite or dynalite; what is none of theirs is a failure of this machine, such as a full disk. */
function operationError(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const { statusCode, body } = Object(error) as { statusCode?: number; body?: Record<string, unknown> };
  if (statusCode === undefined || body === undefined) {
    return new OperationError(500, "InternalFailure", error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  const type = String(body.__type).replace(/^.*#/, "");
  return new OperationError(statusCode, type, String(body.message ?? body.Message ?? type), { cause: error });
}

function hasNullInList(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((entry) => entry === null || hasNullInList(entry));
  return typeof value === "object" && value !== null && Object.values(value).some(hasNullInList);
}

function checked<Store>({ validations, store }: Operations<Store>, check: InputCheck, input: object) {
  try {
    const data = validations.checkTypes(input, check.types);
    // Their checks let these through, and the operations trip over them where nobody can catch it.
    if (hasNullInList(data)) throw new TypeError("null in a list");
    validations.checkValidations(data, check.types, check.custom, store);
    return data;
  } catch (error) {
    if ("statusCode" in Object(error)) throw operationError(error);
    // The checks themselves trip over null where a structure should be.
    throw new OperationError(400, "SerializationException", "The input has members of the wrong type", {
      cause: error,
    });
  }
}

/** Runs one operation. Throws {@link OperationError}, for a member of the input that is not known too. */
export async function runOperation<Store>(
  service: Operations<Store>,
  operation: string,
  input: object,
): Promise<unknown> {
  const known = service.operations.get(operation);
  if (known === undefined) {
    throw new OperationError(400, "UnknownOperationException", `The operation ${operation} does not run here`);
  }
  const prepared = service.prepare?.(operation, { ...input }) ?? { ...input };
  const unsupported = unsupportedMember(prepared, known.check.types);
  if (unsupported !== undefined) {
    throw new OperationError(400, "ValidationException", `${unsupported} of ${operation} does not run on the laptop`);
  }
  const data = checked(service, known.check, prepared);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  known.action(service.store, data, (error, output) => (error ? reject(operationError(error)) : resolve(output)));
  return promise;
}

const cborType = "application/x-amz-cbor-1.1";

/** JSON, or the CBOR of Kinesis' clients for Java, whose times are in milliseconds. */
type Protocol = {
  readonly contentType: string;
  readonly read: (body: Buffer) => unknown;
  readonly write: (output: object) => Buffer | string;
};

const protocolOf = (request: HttpRequest, jsonType: string): Protocol =>
  request.headers["content-type"]?.startsWith(cborType) === true
    ? {
        contentType: cborType,
        read: (body) => readCbor(body, "milliseconds"),
        write: (output) => writeCbor(output, "milliseconds"),
      }
    : { contentType: jsonType, read: (body) => JSON.parse(body.toString()), write: (output) => JSON.stringify(output) };

function parsed({ read, contentType }: Protocol, body: Buffer): object {
  try {
    const input = read(body);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Refused below, as is a value that is not an object.
  }
  const kind = contentType === cborType ? "CBOR map" : "JSON object";
  throw new OperationError(400, "SerializationException", `Expected a body of one ${kind}`);
}

/** Answers a request in the protocol of its content type: CBOR, or the JSON that `jsonType` names. Never rejects. */
export async function operationResponse<Store>(
  service: Operations<Store>,
  request: HttpRequest,
  jsonType: string,
): Promise<HttpResponse> {
  const protocol = protocolOf(request, jsonType);
  const headers = { "content-type": protocol.contentType, "x-amzn-requestid": randomUUID() };
  try {
    const [, operation = ""] = (request.headers["x-amz-target"] ?? "").split(".");
    const output = await runOperation(service, operation, parsed(protocol, request.body));
    return { status: 200, headers, body: output === undefined ? "" : protocol.write(Object(output)) };
  } catch (error) {
    const { status, type, message } = error instanceof OperationError ? error : operationError(error);
    const body = protocol.write({ __type: type, message });
    return { status, headers: { ...headers, "x-amzn-errortype": type }, body };
  }
}
