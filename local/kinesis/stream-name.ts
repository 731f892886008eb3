import { OperationError } from "../endpoint/operations.ts";

const arnForm = /^arn:aws[\w-]*:kinesis:[\w-]+:\d{12}:stream\/([\w.-]{1,128})$/;

const invalidArgument = (message: string): OperationError =>
  new OperationError(400, "InvalidArgumentException", message);

/** The input with the stream that its StreamARN names as StreamName; the stream of an iterator is in the iterator. */
export function withStreamName(operation: string, input: Record<string, unknown>): Record<string, unknown> {
  const { StreamARN: arn, ...rest } = input;
  if (arn === undefined || arn === null) return rest;
  const name = typeof arn === "string" ? arnForm.exec(arn)?.[1] : undefined;
  if (name === undefined) throw invalidArgument(`Expected StreamARN to be the ARN of a stream, got ${arn}`);
  if (operation === "GetRecords") return rest;
  if (rest.StreamName !== undefined && rest.StreamName !== name) {
    throw invalidArgument(`StreamARN ${arn} and StreamName ${rest.StreamName} are not of one stream`);
  }
  return { ...rest, StreamName: name };
}
