import { describe, expect, test } from "vitest";
import { hostRefusal, pageRefusal } from "../../../local/endpoint/browser-guard.ts";

describe("the Host of a request", () => {
  test.each([
    "localhost",
    "LOCALHOST:4566",
    "localhost:8787",
    "bucket.localhost:4566",
    "my.bucket.localhost",
    "127.0.0.1",
    "127.0.0.1:4566",
    "127.12.0.1:1",
    "[::1]",
    "[::1]:4566",
  ])("%s leads to this machine", (host) => {
    expect(hostRefusal(host)).toBeUndefined();
  });

  test.each([
    undefined,
    "",
    "evil.example",
    "evil.example:4566",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.1.evil.example:4566",
    "evillocalhost",
    "localhost:4566.evil.example",
    "localhost@evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "evil.example\n.localhost",
    "0.0.0.0:4566",
    "192.168.1.10:8787",
    "10.0.0.1",
    "[::]:4566",
    "[::ffff:7f00:1]:4566",
    "[fe80::1]",
    "shop.s3.eu-west-1.amazonaws.com",
    "127.1",
    "2130706433",
  ])("%s does not", (host) => {
    expect(hostRefusal(host)).toMatch(/^Expected a Host of localhost or a loopback address, got /);
  });
});

test("a name given by the owner is accepted, whole and in any case, and no other", () => {
  const names = ["abc.tunnel.example"];
  expect(hostRefusal("ABC.tunnel.example", names)).toBeUndefined();
  expect(hostRefusal("x.abc.tunnel.example", names)).toBeDefined();
  expect(hostRefusal("abc.tunnel.example:8787", names)).toBeDefined();
});

describe("what the AWS endpoint", () => {
  const signed = { authorization: "AWS4-HMAC-SHA256 Credential=laptop/20260102/us-east-1/sts/aws4_request" };

  test.each([
    { "content-type": "application/x-amz-json-1.1", ...signed },
    { "content-type": "application/x-amz-json-1.0" },
    { "content-type": "application/x-amz-cbor-1.1", ...signed },
    // AWS Query: STS, IAM, and CloudWatch of older SDKs.
    { "content-type": "application/x-www-form-urlencoded; charset=utf-8", ...signed },
    // An S3 object of that type.
    { "content-type": "text/plain", ...signed },
    { "content-type": "application/json" },
    // A presigned address, opened by a person.
    { "sec-fetch-site": "none" },
    // Node's fetch.
    { "sec-fetch-mode": "cors" },
    {},
  ])("takes: %j", (headers) => {
    expect(pageRefusal(headers)).toBeUndefined();
  });

  test.each([
    { origin: "https://evil.example" },
    { origin: "null", ...signed },
    { origin: "http://localhost:4566", ...signed },
    { origin: "", ...signed },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "same-origin" },
    { "content-type": "text/plain" },
    { "content-type": "text/plain;charset=UTF-8" },
    { "content-type": "TEXT/PLAIN; x=application/json" },
    { "content-type": " application/x-www-form-urlencoded" },
    { "content-type": "multipart/form-data; boundary=x" },
    { "content-type": "text/plain, application/json" },
  ])("refuses: %j", (headers) => {
    expect(pageRefusal(headers)).toMatch(/^Web pages cannot use the AWS endpoint: expected /);
  });
});
