import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Session } from "node:http2";
import type { Socket } from "node:net";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export type PlainHttpServer = {
  /** To listen with. */
  readonly server: Server;
  /** Takes no more requests and resolves when those under way are answered, or cut off after `wait_ms`. */
  readonly close: (wait_ms: number) => Promise<void>;
};

/** How every HTTP/2 connection begins (RFC 9113, section 3.4), and no request of HTTP/1. */
const preface = Buffer.from("PRI");

/** Longer than the SDKs keep a connection that is idle, so that none breaks as a request is sent on it. */
const idleMsDefault = 75_000;

/** How long a new connection may send nothing. Clients connect when they have a request. */
const firstByteMsDefault = 10_000;

type Waits = { readonly firstByteMs?: number; readonly idleMs?: number };

/**
 * Serves HTTP/1.1 and HTTP/2 on one port without TLS. The Kinesis client of the AWS SDK for JavaScript speaks HTTP/2
 * from the first byte, whatever the scheme of its endpoint.
 */
export function plainHttpServer(
  listener: Listener,
  { firstByteMs = firstByteMsDefault, idleMs = idleMsDefault }: Waits = {},
): PlainHttpServer {
  let isClosing = false;
  const server = createServer({ keepAliveTimeout: idleMs }, (request, response) => {
    response.once("close", () => {
      // A connection is idle only after this event, and only those that were idle when close() was called are closed yet.
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
    listener(request, response);
  });
  // The requests and responses of HTTP/2 have the interface of HTTP/1's, as far as the listener goes.
  const http2 = createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[0]);
  const sessions = new Set<Http2Session>();
  const silent = new Set<Socket>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.setTimeout(idleMs, () => session.close());
    session.once("close", () => sessions.delete(session)).on("error", () => session.destroy());
  });

  const [http1Connection] = server.listeners("connection");
  server.removeAllListeners("connection").on("connection", (socket: Socket) => {
    silent.add(socket);
    const drop = (): unknown => socket.destroy();
    const timer = setTimeout(drop, firstByteMs);
    socket.once("error", drop).once("close", () => {
      clearTimeout(timer);
      silent.delete(socket);
    });
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (first === null) return drop();
      clearTimeout(timer);
      silent.delete(socket);
      socket.off("error", drop);
      socket.unshift(first);
      if (first.subarray(0, preface.length).equals(preface)) return http2.emit("connection", socket);
      return http1Connection?.call(server, socket);
    });
  });

  return {
    server,
    close: async (wait_ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      isClosing = true;
      server.close(() => resolve());
      for (const socket of silent) socket.destroy();
      for (const session of sessions) session.close();
      const timer = setTimeout(() => {
        server.closeAllConnections();
        for (const session of sessions) session.destroy();
      }, wait_ms);
      await promise;
      clearTimeout(timer);
    },
  };
}
