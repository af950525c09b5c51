/** The HTTP server: its bounds against senders that are slow, many or endless, and its orderly end. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../errors.ts';

/** What no sender in good faith comes near. */
export interface TrafficLimits {
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  /** Until the headers of a request are there; also for a connection that says nothing. */
  readonly headersMs: number;
  /** Until the whole request is there. */
  readonly requestMs: number;
  /** Between two requests of one connection. */
  readonly keepAliveMs: number;
  /** How often the first two times are looked at. */
  readonly checkMs: number;
  /** How long the end waits for requests in flight. */
  readonly endMs: number;
}

export interface Traffic {
  /** @returns the port. @throws {UsageError} `PORT_IN_USE`, `CANNOT_LISTEN`. */
  listen(host: string, port: number): Promise<number>;
  /**
   * Stops accepting, and waits for the requests in flight.
   * @returns how many of them were cut off without an answer, because they took too long.
   */
  end(): Promise<number>;
}

/** @param handle never rejects. */
export function createTraffic(
  limits: TrafficLimits,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Traffic {
  const inFlight = new Set<Promise<void>>();
  let ending = false;

  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkMs,
    },
    (request, response) => {
      const answered = new Promise<void>((resolve) => response.once('close', resolve));
      const work = Promise.all([handle(request, response), answered]).then(() => {
        inFlight.delete(work);
        if (ending) server.closeIdleConnections();
      });
      inFlight.add(work);
    },
  );
  server.maxConnections = limits.maxConnections;

  return {
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error) => reject(cannotListen(error, host, port)));
        server.listen(port, host, resolve);
      });
      // A connection that could not be accepted, for want of file handles: its sender tries again.
      server.on('error', () => {});
      return (server.address() as AddressInfo).port;
    },
    async end() {
      ending = true;
      let cutOff = 0;
      const timer = setTimeout(() => {
        cutOff = inFlight.size;
        server.closeAllConnections();
      }, limits.endMs);
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(inFlight);
      clearTimeout(timer);
      return cutOff;
    },
  };
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): UsageError {
  const isTaken = error.code === 'EADDRINUSE';
  return new UsageError(
    isTaken
      ? `port ${port} is taken`
      : `cannot listen at ${host} port ${port} (${error.code ?? 'unknown error'})`,
    {
      code: isTaken ? 'PORT_IN_USE' : 'CANNOT_LISTEN',
      fix: isTaken
        ? 'Choose another with --port, or stop what listens there.'
        : 'Choose an address of this machine with --host, and a port above 1023.',
      cause: error,
    },
  );
}
