import { openDeskPlace } from "./desk-place.ts";

/* The server over a desk, in a process that is there to be killed: node tests/web/api/serve-desk.ts DATABASE [PORT] */
const [path = "", port = "0"] = process.argv.slice(2);
const { server } = await openDeskPlace({ path, port: Number(port) });
process.stdout.write(`listening on ${server.port}\n`);
