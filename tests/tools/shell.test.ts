import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createBubblewrap, type SandboxLimits } from "../../src/tools/shell/sandbox.ts";
import { createShell } from "../../src/tools/shell/shell.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

const home = mkdtempSync(join(tmpdir(), "parlance-shell-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const workspace = join(home, "workspace");

testTool("shell", {
  create: () =>
    createShell({
      workspace,
      runInSandbox: () =>
        Promise.resolve({ exitCode: 0, output: "x".repeat(18_000), isFlood: false, isTimeout: false }),
    }),
  good: [{ command: "ls -l" }],
});

describe("without a sandbox", () => {
  const marker = join(home, "ran");
  const limits: SandboxLimits = { timeoutMs: 5000, memoryMb: 256, cpuSeconds: 5, fileMb: 1, processes: 64 };
  it.each([
    ["bubblewrap is not there", join(home, "no-such-program")],
    ["it does not start", "/bin/false"],
  ])("nothing runs, and it says so: %s", async (_, program) => {
    const tool = createShell({ workspace, runInSandbox: createBubblewrap(program, limits) });
    await expect(tool.run({ command: `touch ${marker}` }, createToolContext())).rejects.toMatchObject({
      code: "unsupported",
      hint: expect.stringContaining("tools.shell"),
    });
    expect(existsSync(marker)).toBe(false);
  });
});

// Some containers forbid the namespaces that every sandbox is made of.
const works = spawnSync("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "--unshare-user", "true"]).status === 0;
if (!works)
  process.stderr.write("\n*** THE SANDBOX IS NOT TESTED: bubblewrap is not installed or may not start here. ***\n\n");

describe.skipIf(!works)("the sandbox of bubblewrap", () => {
  const limits: SandboxLimits = { timeoutMs: 10_000, memoryMb: 512, cpuSeconds: 5, fileMb: 1, processes: 64 };
  const sandbox = createBubblewrap("bwrap", limits);
  const run = (command: string, change: Partial<SandboxLimits> = {}, signal = new AbortController().signal) =>
    (change === undefined ? sandbox : createBubblewrap("bwrap", { ...limits, ...change }))(command, workspace, signal);

  it("runs commands on the workspace, with exit code and both outputs", async () => {
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, "in.txt"), "b\na\n");
    const result = await run("sort in.txt | tee out.txt; echo oops >&2; exit 3");
    expect(result).toMatchObject({ exitCode: 3, isFlood: false, isTimeout: false });
    expect(result.output).toContain("a\nb\n");
    expect(result.output).toContain("oops");
    expect(readFileSync(join(workspace, "out.txt"), "utf8")).toBe("a\nb\n");
  });

  it("shows nothing of the machine's secrets, environment and processes", async () => {
    writeFileSync(join(home, "secret.txt"), "the secret");
    const { output } = await run(
      `cat ${join(home, "secret.txt")} /etc/passwd /etc/shadow; ls /root /home /var; env; ls /proc | grep -c '^[0-9]'`,
    );
    expect(output).not.toContain("the secret");
    expect(output).not.toContain("root:");
    expect(output.match(/No such file/g)).toHaveLength(6);
    expect(
      output
        .split("\n")
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => line.split("=")[0]),
    ).toEqual(expect.arrayContaining(["HOME", "LANG", "PATH"]));
    expect(output).not.toContain("VITEST");
    expect(Number(output.trim().split("\n").at(-1))).toBeLessThan(10);
  });

  it("lets nothing be written but the workspace and a small /tmp", async () => {
    const { output } = await run(
      "for place in / /usr /etc /work/.. /proc/sys /dev; do touch $place/x && echo wrote $place; done; echo y > /tmp/y && cat /tmp/y",
    );
    expect(
      output
        .trim()
        .split("\n")
        .filter((line) => line.startsWith("wrote") && line !== "wrote /dev"),
    ).toEqual([]);
    expect(output).toContain("y\n");
    expect(existsSync("/tmp/y")).toBe(false);
  });

  it("has no network, not even to this machine", async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end("hello"));
    server.on("connection", () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const connect = (host: string) => `(exec 3<>/dev/tcp/${host}/${port}) && echo connected`;
    const { output } = await run(
      `bash -c '${connect("127.0.0.1")}'; bash -c '${connect("localhost")}'; cat /proc/net/dev | grep -vc lo:`,
    );
    expect(output).not.toContain("connected");
    expect(connections).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it("gives no way back to rights", async () => {
    const { output } = await run(
      "id -u; grep CapEff /proc/self/status; unshare --user --map-root-user true && echo again; mount -t tmpfs none /tmp && echo mounted",
    );
    expect(output).toMatch(/^1000\n/);
    expect(output).toMatch(/CapEff:\s+0+\n/);
    expect(output).not.toMatch(/again|mounted/);
  });

  it("ends what takes too long, and all that it started", async () => {
    const result = await run(`sleep 30 & sleep 31; echo done`, { timeoutMs: 500 });
    expect(result).toMatchObject({ exitCode: undefined, isTimeout: true });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    await expect(run("sleep 32 & sleep 33", {}, controller.signal)).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => listCommands().filter((command) => /^sleep 3[0123] $/.test(command))).toEqual([]);
  });

  it("limits memory, processor time, files and output", async () => {
    const memory = await run(
      `python3 -c 'x = bytearray(900 * 1048576)' || perl -e '$x = "x" x (900 * 1048576)'; echo after $?`,
    );
    expect(memory.output).not.toContain("after 0");
    const busy = await run("while :; do :; done", { cpuSeconds: 1 });
    expect(busy).toMatchObject({ isTimeout: false });
    expect(busy.exitCode).not.toBe(0);
    await run("head -c 3000000 /dev/zero > big; true");
    expect(readFileSync(join(workspace, "big")).length).toBeLessThanOrEqual(1_048_576);
    const chatty = await run("echo first; yes");
    expect(chatty).toMatchObject({ exitCode: undefined, isFlood: true, isTimeout: false });
    expect(chatty.output).toMatch(/^first\ny\n/);
    expect(chatty.output.length).toBeLessThan(20_000);
  });
});

/** Of every process that this machine runs, the words apart by blanks. */
function listCommands(): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
