import { flushCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { loadConfig, type LoadOptions } from "../../config/load.ts";
import { watchConfig } from "../../config/watch.ts";
import { startApp } from "../app.ts";
import type { CliCommand } from "../cli.ts";
import { describeError } from "../core/errors.ts";
import { createLogger } from "../log.ts";
import { createReadableLog } from "./readable-log.ts";

/** Starts the service and runs until SIGTERM or SIGINT; a second signal ends it at once. */
export const start: CliCommand = {
  summary: "Starts the service: web chat, channels and workers.",
  usage:
    "start [options]\n\n  --config FILE  the configuration (default: ./parlance.yaml, then the data folder's)\n  --worker       run turns only: no web server, no channel connections\n  --json         log JSON lines on a terminal, too",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        worker: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const options: LoadOptions = values.config === undefined ? {} : { configPath: values.config };
    let loaded = await loadConfig(options);
    const log = createLogger(
      loaded.config.log.level,
      () => loaded.secrets,
      process.stdout.isTTY && !values.json ? createReadableLog(process.stdout) : process.stdout,
    );
    // Before the start: a service that is told to end while it starts, or the moment it is ready, still closes in order.
    const asked = untilSignal();
    const stop = new AbortController();
    const roles = values.worker
      ? { web: false, channels: false, workers: true }
      : { web: true, channels: true, workers: true };
    const app = await startApp(loaded, { log, roles });
    process.stdout.write(
      app.port === 0
        ? "Parlance is ready: a worker without a web server.\n"
        : `Parlance is ready: http://${hostForPeople(loaded.config.http.host)}:${app.port}/\n`,
    );

    if (loaded.source !== undefined) {
      await watchConfig(loaded.source, {
        load: () => loadConfig(options),
        onChange: (changed) => {
          loaded = changed;
          app
            .applyConfig(changed)
            .catch((error: unknown) =>
              log.error({ error: describeError(error) }, "The changed configuration could not be taken over."),
            );
        },
        onInvalid: (error) =>
          log.error(
            {},
            `The changed configuration is not valid; the last good one stays in force.\n${describeError(error)}`,
          ),
        signal: stop.signal,
      });
    }
    // By itself Node writes it at an orderly end only: a service that is killed would start slowly for ever.
    flushCompileCache();
    await asked;
    if (process.stdout.isTTY) process.stdout.write("\nFinishing what runs; Ctrl-C again ends it at once.\n");
    stop.abort();
    await app.close();
    return 0;
  },
};

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    const onSignal = () => {
      if (isAsked) process.exit(130);
      isAsked = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

function hostForPeople(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
}
