import { checkSums } from "./checksum.ts";
import { S3Error } from "./s3-error.ts";

type Headers = Readonly<Record<string, string | undefined>>;

const lineEnd = Buffer.from("\r\n");

function malformed(problem: string): S3Error {
  return new S3Error("IncompleteBody", `The aws-chunked body is broken: ${problem}`);
}

/**
 * Takes an aws-chunked body apart: chunks of `<size in hex>[;extension]`, then trailing headers (Amazon S3 API
 * reference, Signature calculations for trailing headers). Signatures are not checked.
 */
export function decodeAwsChunked(body: Buffer): { content: Buffer; trailers: Headers } {
  const chunks: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = body.indexOf(lineEnd, at);
    if (end < 0) throw malformed(`no end of line after byte ${at}`);
    const text = body.toString("latin1", at, end);
    at = end + lineEnd.length;
    return text;
  };
  for (;;) {
    const header = line();
    const [size] = header.split(";", 1);
    if (size === undefined || !/^[0-9a-f]{1,8}$/i.test(size))
      throw malformed(`expected the size of a chunk, got ${size}`);
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) break;
    if (at + bytes + lineEnd.length > body.length) throw malformed(`a chunk of ${bytes} bytes is cut off`);
    chunks.push(body.subarray(at, at + bytes));
    at += bytes;
    if (line() !== "") throw malformed(`a chunk is longer than the ${bytes} bytes that it says`);
  }
  const trailers: Record<string, string> = {};
  while (at < body.length) {
    const [name = "", ...value] = line().split(":");
    if (name !== "") trailers[name.trim().toLowerCase()] = value.join(":").trim();
  }
  return { content: Buffer.concat(chunks), trailers };
}

type Body = { readonly content: Buffer; readonly trailers: Headers };

/** A body whichever way it is sent, of the length that is said. Throws {@link S3Error}. */
export function requestBody(headers: Headers, body: Buffer): Body {
  const chunked = /^STREAMING-/.test(headers["x-amz-content-sha256"] ?? "");
  const decoded: Body = chunked ? decodeAwsChunked(body) : { content: body, trailers: {} };
  const length = headers["x-amz-decoded-content-length"];
  if (chunked && length !== undefined && Number(length) !== decoded.content.length) {
    throw malformed(`${decoded.content.length} bytes came, x-amz-decoded-content-length says ${length}`);
  }
  return decoded;
}

/** The bytes that a request means to store, which have the checksums that are given. Throws {@link S3Error}. */
export function requestContent(headers: Headers, body: Buffer): Buffer {
  const { content, trailers } = requestBody(headers, body);
  checkSums(content, { ...headers, ...trailers });
  return content;
}
