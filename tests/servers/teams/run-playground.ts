/* The Playground, as its own command line starts it: node run-playground.ts start … */
await import("@microsoft/m365agentsplayground/cli.js");
