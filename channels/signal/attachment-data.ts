import { AppError } from "../../src/core/errors.ts";
import { parseJson } from "../_shared/http.ts";
import { translateRefusal, type RpcError } from "./refusals.ts";

/** Beyond this without a sign of the file, the answer is no file. */
const maxHeadLength = 65_536;

/**
 * The bytes in `{"result":{"data":"<base64>"}}`, decoded while they come in: the file need not fit into memory.
 * Throws AppError for an error instead of a file.
 */
export async function* decodeAttachment(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let text = "";
  let isInside = false;
  let isDone = false;
  for await (const chunk of answer) {
    // What is behind the file has to be read, or the connection cannot be used again.
    if (isDone) continue;
    // Base64 and what stands around it are ASCII; broken letters of an error's words do no harm.
    text += Buffer.from(chunk).toString("latin1");
    if (!isInside) {
      const start = /"data"\s*:\s*"/.exec(text);
      if (start === null) {
        if (text.length > maxHeadLength) throw noFile();
        continue;
      }
      isInside = true;
      text = text.slice(start.index + start[0].length);
    }
    const end = text.indexOf('"');
    isDone = end >= 0;
    const ready = isDone ? end : text.length - (text.length % 4);
    if (ready > 0) yield Buffer.from(text.slice(0, ready), "base64");
    text = text.slice(ready);
  }
  if (isDone) return;
  if (isInside) throw new AppError("unreachable", "signal-cli broke off in a file.", { retryAfterMs: 1_000 });
  const { error } = (parseJson(Buffer.from(text, "latin1")) ?? {}) as { error?: RpcError };
  throw isMissing(error) ? noFile() : translateRefusal(error ?? {}, "getAttachment", "read");
}

/** It says so with the code of any failure. */
function isMissing(error: RpcError | undefined): boolean {
  return /reading attachment|NoSuchFile|not find attachment/i.test(error?.message ?? "");
}

function noFile(): AppError {
  return new AppError("not-found", "signal-cli does not have the file.");
}
