import type { LoadedConfig } from "../../../config/load.ts";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import { headersOf, loadSession, placeOfService } from "../running.ts";

/**
 * Carries messages between an MCP client on standard input and output and the running service's /mcp, as they are.
 * Resolves when the client is gone. Standard output belongs to the protocol alone.
 */
export async function serveMcp({ config }: LoadedConfig): Promise<number> {
  const place = placeOfService(config);
  const session = place === undefined ? undefined : await loadSession(place);
  if (place === undefined || session === undefined)
    throw new AppError("unreachable", "Parlance is not running, or not at the configured address.", {
      hint: "Start it first: parlance start",
    });
  if (!session.signedIn) throw new AppError("config-invalid", "The configured http.token does not fit the service.");
  const { StreamableHTTPClientTransport } = await loadPackage(
    "@modelcontextprotocol/client",
    () => import("@modelcontextprotocol/client"),
  );
  const { StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
  const service = new StreamableHTTPClientTransport(new URL(`${place.url}/mcp`), {
    requestInit: { headers: headersOf(place) },
  });
  const person = new StdioServerTransport();
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
  const say = (error: Error) => void process.stderr.write(`${error.message}\n`);
  person.onclose = leave;
  service.onclose = leave;
  person.onerror = say;
  service.onerror = say;
  person.onmessage = (message) => void service.send(message).catch((error: unknown) => answerFault(message, error));
  service.onmessage = (message) => void person.send(message).catch(say);
  process.stdin.once("end", leave);

  /** A request that could not be carried over gets its answer all the same: nobody waits for ever. */
  function answerFault(message: unknown, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${reason}\n`);
    if (typeof message !== "object" || message === null || !("id" in message) || !("method" in message)) return;
    const id = message.id as string | number;
    person
      .send({ jsonrpc: "2.0", id, error: { code: -32_000, message: "Parlance cannot be reached now." } })
      .catch(say);
  }

  await service.start();
  await person.start();
  await gone;
  await Promise.allSettled([person.close(), service.close()]);
  return 0;
}
