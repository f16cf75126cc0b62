#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Before anything else is loaded: the second start reads compiled code from disk.
enableCompileCache();
const { runCli } = await import("./cli.ts");
process.exitCode = await runCli(process.argv.slice(2));
