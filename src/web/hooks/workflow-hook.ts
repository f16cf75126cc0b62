import { AppError } from "../../core/errors.ts";
import type { TakeHook } from "../../core/workflow-hook.ts";

/** Of a delivery's body. */
export const maxHookBytes = 256 * 1024;

/**
 * POST /hooks/workflows/<name>. Nothing is done, and nothing of the body read, before the proof is found right; a name
 * that nobody has and a wrong proof are answered alike. Throws AppError "too-large", or "bad-input" where the
 * workflow's inputs do not fit.
 */
export async function answerHook(take: TakeHook | undefined, name: string, request: Request): Promise<Response> {
  const body = await readBody(request);
  const outcome = (await take?.(name, { headers: request.headers, body })) ?? { kind: "refused" as const };
  switch (outcome.kind) {
    case "refused":
      return Response.json({ error: "This delivery is not accepted here." }, { status: 401 });
    case "started":
      return Response.json({ run: outcome.runId }, { status: 202 });
    case "known":
    case "ignored":
      return Response.json({ status: outcome.kind });
  }
}

async function readBody(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | [] = request.body ?? [];
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxHookBytes) throw new AppError("too-large", "The body is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
