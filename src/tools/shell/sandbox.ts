import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { AppError } from "../../core/errors.ts";
import { words } from "../define.ts";

export interface SandboxLimits {
  readonly timeoutMs: number;
  /** Address space of each process. */
  readonly memoryMb: number;
  /** Of processor time, for each process. */
  readonly cpuSeconds: number;
  /** Largest file that may be written. */
  readonly fileMb: number;
  readonly processes: number;
}

export interface SandboxResult {
  /** Undefined: it was ended from outside, by a limit or a signal. */
  readonly exitCode: number | undefined;
  /** Both outputs in the order in which they came. */
  readonly output: string;
  /** It was ended because it printed more than anybody reads. */
  readonly isFlood: boolean;
  readonly isTimeout: boolean;
}

/** Runs one command line in a sandbox. Throws AppError "unsupported" where there is none, and "aborted". */
export type RunInSandbox = (command: string, workspace: string, signal: AbortSignal) => Promise<SandboxResult>;

const headChars = 6000;
const tailChars = 12_000;
const mostOutput = 8 * 1_048_576;

/** What of the machine a command may see, where it is there. Nothing of /etc, /home, /var, /root, nor of our data. */
const systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"];

/**
 * The sandbox of bubblewrap: no network, its own processes, users and mounts; the system read only, the workspace as
 * /work, a small /tmp; nothing of the environment. All of it ends with the command, or with us.
 *
 * Memory, processor time and file sizes are limited by the shell's own `ulimit`, which is everywhere. The number of
 * processes is limited unless we run as root, whom the kernel exempts from that limit.
 */
export function createBubblewrap(program: string, limits: SandboxLimits): RunInSandbox {
  return async function runInSandbox(command, workspace, signal) {
    await mkdir(workspace, { recursive: true, mode: 0o700 });
    const args = [...sandboxArguments(workspace), "/bin/sh", "-c", limitScript(limits), "sh", command];
    const child = spawn(program, args, { env: {}, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const output = createTail();
    let status = "";
    let isTimeout = false;
    const stop = () => child.kill("SIGKILL");
    const timer = setTimeout(() => {
      isTimeout = true;
      stop();
    }, limits.timeoutMs);
    signal.addEventListener("abort", stop, { once: true });
    const read = (chunk: Buffer) => (output.add(chunk) ? undefined : stop());
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.stdio[3]?.on("data", (chunk: Buffer) => (status += chunk.toString("utf8").slice(0, 1000)));
    try {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      child.on("error", reject);
      child.on("close", () => resolve());
      await promise;
    } catch (error) {
      throw noSandbox("bubblewrap is not installed.", error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    if (signal.aborted) throw new AppError("aborted", "The command was stopped.");
    if (!status.includes('"child-pid"') || output.text().startsWith("bwrap: "))
      throw noSandbox(`it does not start on this machine (${output.text().slice(0, 200).trim()}).`);
    const exitCode = /"exit-code":\s*(\d+)/.exec(status)?.[1];
    return {
      exitCode: exitCode === undefined ? undefined : Number(exitCode),
      output: output.text(),
      isFlood: output.isFlood(),
      isTimeout,
    };
  };
}

function sandboxArguments(workspace: string): readonly string[] {
  return [
    ...words("--unshare-all --unshare-user --disable-userns --die-with-parent --new-session --clearenv"),
    ...words("--uid 1000 --gid 1000 --cap-drop ALL --hostname sandbox"),
    ...systemFolders.flatMap((folder) => (existsSync(folder) ? ["--ro-bind", folder, folder] : [])),
    ...words(`--proc /proc --dev /dev --size ${64 * 1_048_576} --tmpfs /tmp --bind`),
    workspace,
    ...words("/work --chdir /work --remount-ro / --json-status-fd 3"),
    ...words("--setenv PATH /usr/local/bin:/usr/bin:/bin --setenv HOME /tmp --setenv LANG C.UTF-8"),
  ];
}

/** dash counts processes with -p, bash with -u. A limit that cannot be set ends it before the command begins. */
function limitScript({ memoryMb, cpuSeconds, fileMb, processes }: SandboxLimits): string {
  return [
    `ulimit -c 0 && ulimit -t ${cpuSeconds} && ulimit -v ${memoryMb * 1024} && ulimit -f ${fileMb * 2048} || exit 126`,
    `ulimit -p ${processes} 2>/dev/null || ulimit -u ${processes} 2>/dev/null || exit 126`,
    'exec /bin/sh -c "$1"',
  ].join("\n");
}

/** Keeps the beginning and the end of what was printed. */
function createTail() {
  const decoder = new TextDecoder();
  let head = "";
  let tail = "";
  let bytes = 0;
  return {
    /** False: that was more than anybody reads. */
    add(chunk: Buffer): boolean {
      bytes += chunk.length;
      const text = decoder.decode(chunk, { stream: true });
      const room = headChars - head.length;
      head += text.slice(0, room);
      tail = (tail + text.slice(room)).slice(-tailChars);
      return bytes <= mostOutput;
    },
    isFlood: () => bytes > mostOutput,
    text: () => (tail.length < tailChars ? head + tail : `${head}\n[… left out …]\n${tail}`).toWellFormed(),
  };
}

function noSandbox(why: string, cause?: unknown): AppError {
  return new AppError("unsupported", `There is no sandbox to run commands in: ${why}`, {
    hint: "Install bubblewrap (apt-get install bubblewrap), or set `tools.shell: off`.",
    cause,
  });
}
