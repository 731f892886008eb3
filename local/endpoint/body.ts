import type { IncomingMessage } from "node:http";

/** A request's body is longer than may be. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";

  constructor(bytesMax: number) {
    super(`Expected a body of at most ${bytesMax} bytes, more came`);
  }
}

/**
 * Reads a request to its end. Throws {@link BodyTooLarge}, or what broke the connection. What is too much is read and
 * dropped: a client that is not done sending would not see the answer.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not an async iterator: leaving one early destroys the connection, and with it the answer.
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else reject(new BodyTooLarge(bytesMax));
  };
  request.on("data", onData).once("end", resolve).once("error", reject);
  request.once("close", () => reject(new Error("The connection closed within a request's body")));
  try {
    await promise;
    return Buffer.concat(chunks, bytes);
  } finally {
    request.off("data", onData);
    request.resume();
  }
}
