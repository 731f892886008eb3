import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { plainHttpServer } from "../../../local/endpoint/plain-http.ts";

async function listening(waits: { firstByteMs?: number; idleMs?: number }): Promise<number> {
  const { server, close } = plainHttpServer((_request, response) => void response.end("answered"), waits);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => close(0));
  return (server.address() as AddressInfo).port;
}

test("a connection that sends nothing is closed", async () => {
  const socket = connect(await listening({ firstByteMs: 1 }), "127.0.0.1").resume();
  await once(socket, "close");
  expect(socket.bytesRead).toBe(0);
});

test("an HTTP/2 connection that has gone silent is closed", async () => {
  const session = connectHttp2(`http://127.0.0.1:${await listening({ idleMs: 1 })}`);
  await once(session, "close");
  expect(session.destroyed).toBe(true);
});
