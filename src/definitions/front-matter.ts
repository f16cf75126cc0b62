import type { core } from "zod";
import { safeParse } from "zod";
import { formatIssues } from "../core/schema-faults.ts";
import { type Fault, parseYamlSource } from "../core/yaml-source.ts";

export type FrontMatter<Data> =
  | { readonly data: Data; readonly body: string; readonly faults: readonly [] }
  | { readonly data: undefined; readonly faults: readonly Fault[] };

const maxBodyChars = 20_000;

/** YAML between two lines of `---`, then text in Markdown, which must not be empty. Never throws. */
export function parseFrontMatter<Schema extends core.$ZodType>(
  text: string,
  schema: Schema,
): FrontMatter<core.output<Schema>> {
  const failed = (line: number, problem: string) =>
    ({ data: undefined, faults: [{ line, column: 1, path: "", problem }] }) as const;
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "---")
    return failed(1, "must begin with a line of three dashes (---) and its front matter.");
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  if (end === -1) return failed(1, "the front matter is not closed by a line of three dashes (---).");

  const source = parseYamlSource(lines.slice(1, end).join("\n"), { firstLine: 2 });
  if (source.faults.length > 0) return { data: undefined, faults: source.faults };
  const result = safeParse(schema, source.value ?? {}, { reportInput: true });
  if (!result.success) return { data: undefined, faults: formatIssues(result.error.issues, schema, source) };

  const body = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  if (body === "") return failed(end + 1, "has no instructions below the front matter.");
  if (body.length > maxBodyChars)
    return failed(end + 2, `the instructions are longer than ${maxBodyChars} characters.`);
  return { data: result.data, body, faults: [] };
}
