import { execFile } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

const token = "only-for-these-tests-2";
let home: Home;

beforeAll(async () => {
  home = await createHome(
    `http: { port: ${await findFreePort()}, token: ${token} }\nchannels: { web: { platform: webchat } }\n`,
  );
});
afterAll(() => home.remove());

describe("a service that does not run", () => {
  it("is said not to run, and how to start it", async () => {
    const [chat, send, channels] = await Promise.all([
      home.run(["chat", "hi"]),
      home.run(["send", "web/somebody", "hi"]),
      home.run(["channels"]),
    ]);
    expect(chat).toMatchObject({ status: 1, err: expect.stringContaining('Start it with "parlance start"') });
    expect(send).toMatchObject({ status: 0, out: expect.stringContaining("No service is running") });
    expect(channels).toMatchObject({ status: 0, out: expect.stringContaining("not running") });
  });

  it("leaves the doctor content, for nothing is broken", async () => {
    const ran = await home.run(["doctor"]);
    expect(ran).toMatchObject({ status: 0, out: expect.stringContaining("Nothing is broken.") });
    expect(ran.out).toMatch(/service +not running; port \d+ is free/);
  });
});

describe("doctor", () => {
  it("names the place in a broken configuration, and repeats no value", async () => {
    const broken = await createHome(`http: { prot: 1, token: ${token} }\nchannels: { web: { platform: webchta } }\n`);
    const ran = await broken.run(["doctor"]);
    await broken.remove();
    expect(ran.status).toBe(1);
    expect(ran.out).toMatch(/✘ +configuration/);
    expect(ran.out).toContain("1:9 http.prot");
    expect(ran.out).not.toContain(token);
  });

  it("tells that another program has the port", async () => {
    const taker = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    await new Promise<void>((resolve) => taker.listen(0, "127.0.0.1", resolve));
    const other = await createHome(`http: { port: ${(taker.address() as AddressInfo).port} }\n`);
    const ran = await other.run(["doctor", "--json"]);
    await other.remove();
    taker.close();
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.out).findings).toContainEqual(
      expect.objectContaining({ name: "service", state: "broken", detail: expect.stringContaining("another program") }),
    );
  });

  it("tells of a database that is none", async () => {
    const other = await createHome("http: { port: 0 }\n");
    const database = new DatabaseSync(other.databasePath);
    database.exec(
      "create table migration (version integer, name text, at integer); insert into migration values (999, 'later', 0)",
    );
    database.close();
    const ran = await other.run(["doctor", "--json"]);
    await other.remove();
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.out).findings).toContainEqual(
      expect.objectContaining({ name: "database", state: "broken", detail: expect.stringContaining("schema 999") }),
    );
  });
});

it("audit verify finds a changed row, and so does the doctor", async () => {
  const other = await createHome("http: { port: 0 }\nchannels: { web: { platform: webchat } }\n");
  await Promise.all(["web:ada", "web:grace"].map((person) => other.run(["pair", "allow", person])));
  expect(await other.run(["audit", "verify"])).toMatchObject({ status: 0 });
  const database = new DatabaseSync(other.databasePath);
  database.exec("update audit set subject = 'web:mallory' where subject = 'web:grace'");
  database.close();
  const [verify, doctor] = await Promise.all([other.run(["audit", "verify", "--json"]), other.run(["doctor"])]);
  await other.remove();
  expect(verify.status).toBe(1);
  expect(JSON.parse(verify.out)).toMatchObject({ isIntact: false, reason: "its content was changed" });
  expect(doctor).toMatchObject({ status: 1, out: expect.stringContaining("its content was changed") });
});

describe("the command line", () => {
  it("guesses what was meant, and says how a command is used", async () => {
    const [command, option, action, help] = await Promise.all([
      home.run(["dead-leters"]),
      home.run(["send", "--wate"]),
      home.run(["pair", "confrim"]),
      home.run(["help", "send"]),
    ]);
    expect(command).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean "dead-letters"?') });
    expect(option).toMatchObject({ status: 2, err: expect.stringContaining("Did you mean --wait?") });
    expect(action).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean "confirm"?') });
    expect(help).toMatchObject({ status: 0, out: expect.stringContaining("Usage: parlance send") });
  });

  it("shows the configuration without its secrets", async () => {
    const { out } = await home.run(["config", "show"]);
    expect(out).toContain("token: (hidden)");
    expect(out).not.toContain(token);
    expect(await home.run(["config", "check"])).toMatchObject({ status: 0 });
  });

  it("completes in bash", async () => {
    const { out } = await home.run(["completion", "bash"]);
    const ask = 'COMP_WORDS=(parlance dead-letters re) COMP_CWORD=2; _parlance; echo "${COMPREPLY[*]}"';
    const { stdout } = await promisify(execFile)("bash", ["-c", `${out}\n${ask}`]);
    expect(stdout.trim()).toBe("retry");
  });
});
