import { pickNearest } from "../../core/nearest.ts";
import { formatIssues } from "../../core/schema-faults.ts";
import type { WorkflowTrigger } from "../../core/workflow-trigger.ts";
import type { Path } from "../../core/yaml-source.ts";
import { complain, type Parsing } from "./parse-steps.ts";
import { triggerSchemas } from "./schema.ts";
import { bareExpression } from "./template.ts";

type Kind = keyof typeof triggerSchemas;
const kinds = Object.keys(triggerSchemas) as readonly Kind[];
const maxTriggers = 20;

export interface WrittenTrigger {
  readonly trigger: WorkflowTrigger;
  readonly path: Path;
}

/** Reads `trigger`: one, or a list of them. Those with faults are left out, and the faults noted. */
export function parseTriggers(raw: unknown, parsing: Parsing): readonly WrittenTrigger[] {
  if (raw === undefined) return [];
  const list = Array.isArray(raw) ? raw : [raw];
  if (list.length > maxTriggers) complain(parsing, ["trigger"], `must have at most ${maxTriggers} entries.`);
  return list.slice(0, maxTriggers).flatMap((one, index) => {
    const path = Array.isArray(raw) ? ["trigger", index] : ["trigger"];
    const trigger = parseTrigger(one, path, parsing);
    return trigger === undefined ? [] : [{ trigger, path }];
  });
}

function parseTrigger(raw: unknown, path: Path, parsing: Parsing): WorkflowTrigger | undefined {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    complain(parsing, path, 'must be a block such as cron: "0 9 * * *".');
    return undefined;
  }
  const kind = kinds.find((name) => Object.hasOwn(raw, name));
  if (kind === undefined) {
    const nearest = Object.keys(raw)
      .map((key) => pickNearest(key, kinds))
      .find((name) => name !== undefined);
    const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    complain(parsing, path, `needs one of cron, message, webhook or event.${hint}`);
    return undefined;
  }
  switch (kind) {
    case "cron": {
      const data = read(kind);
      return data && { kind, ...data };
    }
    case "message": {
      const data = read(kind);
      return data && { kind, ...data.message };
    }
    case "webhook": {
      const data = read(kind);
      if (data === undefined) return undefined;
      const { when, ...rest } = data.webhook;
      return { kind, ...rest, ...(when === undefined ? {} : { when: bareExpression(when) }) };
    }
    case "event": {
      const data = read(kind);
      return (
        data && { kind, event: data.event, ...(data.when === undefined ? {} : { when: bareExpression(data.when) }) }
      );
    }
  }

  function read<Name extends Kind>(name: Name) {
    const schema = triggerSchemas[name];
    const checked = schema.safeParse(raw, { reportInput: true });
    if (checked.success) return checked.data as Data<Name>;
    parsing.faults.push(...formatIssues(checked.error.issues, schema, parsing.source, path));
    return undefined;
  }
}

type Data<Name extends Kind> = NonNullable<ReturnType<(typeof triggerSchemas)[Name]["safeParse"]>["data"]>;
