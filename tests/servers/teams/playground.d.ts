/** Runs the command line in `process.argv`; it comes without types. */
declare module "@microsoft/m365agentsplayground/cli.js";
