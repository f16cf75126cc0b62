import { spawn, execFile, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

export interface MailServers {
  /** Dovecot; STARTTLS is required before a password. */
  readonly imapPort: number;
  readonly imapsPort: number;
  /** OpenSMTPD: no login, takes mail for any user. */
  readonly smtpPort: number;
  /** Dovecot's submission: STARTTLS and login, then on to OpenSMTPD. */
  readonly submissionPort: number;
  /** The certificate of localhost, which nobody else trusts, as PEM. */
  readonly ca: string;
  readonly caFile: string;
  /** Makes the password of these users, and of nobody else, invalid, and ends their connections. */
  revoke(addresses: readonly string[]): Promise<void>;
  /** Dovecot's log so far. */
  readLog(): Promise<string>;
  /** Kills both servers without warning (SIGKILL); mail and queue stay. */
  kill(): Promise<void>;
  /** Starts them again on the same ports and data. */
  restart(): Promise<void>;
  /** Stops both and removes their data. */
  stop(): Promise<void>;
}

const folder = import.meta.dirname;
const run = promisify(execFile);
const nobody = 65_534;

/**
 * Starts Dovecot and OpenSMTPD on free ports of the loopback address, with a data folder of their own. Any user, with
 * the password "pw". Throws a sentence that says what is missing.
 */
export async function startMailServers(): Promise<MailServers> {
  checkInstalled();
  const data = await mkdtemp(path.join(tmpdir(), "parlance-mail-"));
  await chmod(data, 0o755);
  await mkdir(path.join(data, "mail"));
  await chown(path.join(data, "mail"), nobody, nobody);
  const ports = await findFreePorts(["IMAP_PORT", "IMAPS_PORT", "SMTP_PORT", "SUBMISSION_PORT", "LMTP_PORT"]);
  for (const name of ["dovecot.conf", "smtpd.conf"]) {
    const template = await readFile(path.join(folder, name), "utf8");
    const filled = template.replaceAll(/@([A-Z_]+)@/g, (whole, key: string) =>
      key === "DATA" ? data : String(ports.get(key) ?? whole),
    );
    await writeFile(path.join(data, name), filled, { mode: 0o600 });
  }
  const revokedFile = path.join(data, "revoked");
  await writeFile(revokedFile, "");
  const caFile = path.join(data, "tls.crt");
  await run("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "30",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout",
    path.join(data, "tls.key"),
    "-out",
    caFile,
  ]);

  const portOf = (name: string): number => ports.get(name) ?? 0;
  let processes: ChildProcess[] = [];
  const start = async (): Promise<void> => {
    processes = [
      launch("dovecot", ["-F", "-c", path.join(data, "dovecot.conf")], path.join(data, "dovecot.log")),
      launch("smtpd", ["-d", "-f", path.join(data, "smtpd.conf")], path.join(data, "smtpd.log")),
    ];
    await Promise.all(
      ["IMAP_PORT", "SMTP_PORT", "SUBMISSION_PORT", "LMTP_PORT"].map((name) =>
        waitForPort(portOf(name), processes, data),
      ),
    );
  };
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    await Promise.all(processes.map((child) => endGroup(child, signal)));
    processes = [];
  };
  try {
    await start();
  } catch (error) {
    await end("SIGKILL");
    await rm(data, { recursive: true, force: true });
    throw error;
  }
  return {
    imapPort: portOf("IMAP_PORT"),
    imapsPort: portOf("IMAPS_PORT"),
    smtpPort: portOf("SMTP_PORT"),
    submissionPort: portOf("SUBMISSION_PORT"),
    ca: await readFile(caFile, "utf8"),
    caFile,
    async revoke(addresses) {
      await writeFile(revokedFile, addresses.map((address) => `${address}:\n`).join(""));
      // Dovecot looks at the file once a second; whoever came back before that would be let in.
      await wait(1_100);
      // Fails where nobody is there to be ended.
      for (const address of addresses)
        await run("/usr/bin/doveadm", ["-c", path.join(data, "dovecot.conf"), "kick", address]).catch(() => undefined);
    },
    readLog: () => readFile(path.join(data, "dovecot.log"), "utf8"),
    kill: () => end("SIGKILL"),
    restart: start,
    stop: async () => {
      await end("SIGTERM");
      await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function checkInstalled(): void {
  const missing = [
    ["/usr/sbin/dovecot", "dovecot-imapd"],
    ["/usr/lib/dovecot/lmtp", "dovecot-lmtpd"],
    ["/usr/lib/dovecot/submission", "dovecot-submissiond"],
    ["/usr/sbin/smtpd", "opensmtpd"],
    ["/usr/bin/openssl", "openssl"],
  ].flatMap(([file = "", name = ""]) => (existsSync(file) ? [] : [name]));
  if (missing.length > 0)
    throw new Error(
      `The mail tests need Debian packages that are not installed. Run: apt-get install -y ${missing.join(" ")}`,
    );
  if (process.getuid?.() !== 0)
    throw new Error("The mail tests must run as root: OpenSMTPD refuses to start otherwise.");
}

function launch(command: string, args: readonly string[], logFile: string): ChildProcess {
  // A process group of its own, so that the servers' children end with them.
  return spawn(
    "/bin/sh",
    ["-c", 'log="$1"; shift; exec "$@" >>"$log" 2>&1', "sh", logFile, `/usr/sbin/${command}`, ...args],
    { detached: true, stdio: "ignore" },
  );
}

async function endGroup(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.pid === undefined) return;
  const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  try {
    process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
  } catch {
    return; // Gone already.
  }
  await Promise.race([exited, wait(5_000)]);
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group is gone, as it should be.
  }
}

async function waitForPort(port: number, processes: readonly ChildProcess[], data: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const dead = processes.find((child) => child.exitCode !== null);
    if (dead !== undefined) throw new Error(`A mail server ended at its start: ${await readLogs(data)}`);
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      wait(1_000, false),
    ]);
    socket.destroy();
    if (isOpen) return;
    await wait(50);
  }
  throw new Error(`No mail server answers on port ${port}: ${await readLogs(data)}`);
}

async function readLogs(data: string): Promise<string> {
  const logs = await Promise.all(
    ["dovecot.log", "smtpd.log"].map((name) => readFile(path.join(data, name), "utf8").catch(() => "")),
  );
  return logs.join("\n").slice(-2_000);
}

async function findFreePorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const servers = await Promise.all(
    names.map(async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = new Map(servers.map((server, index) => [names[index] ?? "", (server.address() as AddressInfo).port]));
  await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))));
  return ports;
}
