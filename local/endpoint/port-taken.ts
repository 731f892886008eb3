/** Another program listens where a server of ours should. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
  readonly port: number;

  constructor(port: number, host: string, options?: ErrorOptions) {
    super(`Expected port ${port} of ${host} to be free, another program listens there`, options);
    this.port = port;
  }
}

/** The error as it should be told: {@link PortTaken} for an address in use, any other as it is. */
export function listenError(error: unknown, port: number, host: string): unknown {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return taken ? new PortTaken(port, host, { cause: error }) : error;
}
