import { randomUUID } from "node:crypto";
import { escaped } from "../s3/xml.ts";
import type { HttpResponse } from "./http-message.ts";

const xml = (status: number, body: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

/** The answer of an operation in the AWS Query protocol (Smithy, AWS Query protocol). */
export function queryResponse(operation: string, namespace: string, members: Readonly<Record<string, string>>) {
  const result = Object.entries(members).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  const body = `<${operation}Result>${result.join("")}</${operation}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  return xml(200, `<${operation}Response xmlns="${namespace}">${body}${metadata}</${operation}Response>`);
}

/** An error in the AWS Query protocol; those of REST XML are of the same form. */
export function queryError(status: number, code: string, message: string): HttpResponse {
  const fault = status < 500 ? "Sender" : "Receiver";
  const error = `<Error><Type>${fault}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return xml(status, `<ErrorResponse>${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`);
}

/** An error as EC2 writes it (Smithy, AWS EC2 query protocol). */
export function ec2Error(status: number, code: string, message: string): HttpResponse {
  const error = `<Errors><Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error></Errors>`;
  return xml(status, `<Response>${error}<RequestID>${randomUUID()}</RequestID></Response>`);
}
