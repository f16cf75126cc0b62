import type { ModelRequest } from "../core/model.ts";

/** Characters that the model reads; a file counts as about a thousand tokens. */
export function requestChars(request: ModelRequest): number {
  let chars = request.system.length;
  for (const tool of request.tools) chars += tool.description.length + JSON.stringify(tool.inputSchema).length;
  for (const part of request.messages.flatMap((message) => message.content)) {
    if (part.type === "text") chars += part.text.length;
    else if (part.type === "toolResult") chars += part.output.length;
    else if (part.type === "toolCall") chars += JSON.stringify(part.input)?.length ?? 0;
    else if (part.type === "file") chars += 4_000;
  }
  return chars;
}
