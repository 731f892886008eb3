import type { HttpRequest } from "../endpoint/http-message.ts";
import { isChecksum } from "./checksum.ts";
import { S3Error } from "./s3-error.ts";

/** Headers that have their effect here, or none that shows: how the request is signed, and how its body travels. */
const knownHeaders = new Set(
  `x-amz-content-sha256 x-amz-date x-amz-security-token x-amz-user-agent x-amz-decoded-content-length x-amz-trailer
  x-amz-sdk-checksum-algorithm x-amz-checksum-algorithm x-amz-checksum-mode x-amz-checksum-type x-amz-copy-source
  x-amz-copy-source-range x-amz-copy-source-if-match x-amz-copy-source-if-none-match x-amz-metadata-directive
  x-amz-mp-object-size`.split(/\s+/),
);

/** Values that mean the same as leaving the header out. */
const withoutEffect: Readonly<Record<string, readonly string[]>> = {
  "x-amz-acl": ["private", "bucket-owner-full-control"],
  "x-amz-object-ownership": ["BucketOwnerEnforced"],
  "x-amz-server-side-encryption": ["AES256"],
  "x-amz-storage-class": ["STANDARD"],
  "x-amz-tagging-directive": ["COPY"],
  "fetch-owner": ["false"],
};

const knownParameters = new Set(
  `list-type prefix delimiter max-keys start-after continuation-token encoding-type delete location x-id uploads
  uploadid partnumber max-parts part-number-marker`.split(/\s+/),
);

/** Throws {@link S3Error}, with its name, for a header or query parameter whose feature does not run here. */
export function checkKnown({ headers }: Pick<HttpRequest, "headers">, query: URLSearchParams): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith("x-amz-") || value === undefined) continue;
    if (knownHeaders.has(name) || name.startsWith("x-amz-meta-") || isChecksum(name)) continue;
    if (withoutEffect[name]?.includes(value)) continue;
    throw new S3Error("NotImplemented", `The header ${name} is not run here.`);
  }
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (knownParameters.has(lower) || lower.startsWith("x-amz-") || withoutEffect[lower]?.includes(value)) continue;
    throw new S3Error("NotImplemented", `The query parameter ${name} is not run here.`);
  }
}
