import { z } from "zod";
import { deskEventKinds } from "../../core/cdc.ts";
import { webhookKinds } from "../../core/workflow-trigger.ts";
import { inputTypes, workflowGroups, workflowName } from "../../core/workflow.ts";
import { parseDuration } from "./duration.ts";

/*
 * The form of a workflow file, block by block. What stands in lists of steps is read one by one, so that a step is
 * judged by its own kind.
 */

const maxSteps = 100;
const idPattern = /^[a-z][a-zA-Z0-9_]{0,39}$/;
/** Words of the expression language, and our own roots. */
const reserved = new Set(
  (
    "inputs steps trigger run owner now true false null in as break const continue else for function if import let " +
    "loop package namespace return var void while"
  ).split(" "),
);

export const id = z
  .string()
  .regex(idPattern, "must begin with a small letter and have only letters, digits and _, as in fetchMail")
  .refine((name) => !reserved.has(name), "is a word of the language: take another one");
const text = z.string().min(1).max(20_000);
const expression = z.union([z.string().min(1).max(2_000), z.boolean().transform(String)]);
const duration = z
  .string()
  .refine((value) => parseDuration(value) !== undefined, 'must be a duration, such as "90s", "10m" or "1h30m"')
  .transform((value) => parseDuration(value) ?? 0);
const values = z.record(z.string().max(200), z.unknown());
const steps = z.array(z.unknown()).min(1).max(maxSteps);

const inputSchema = z.strictObject({
  type: z.enum(inputTypes),
  default: z.unknown().exactOptional(),
  required: z.boolean().exactOptional(),
  description: z.string().max(500).exactOptional(),
});

export const headSchema = z.strictObject({
  name: z.string().regex(workflowName, "must have only small letters, digits and dashes"),
  description: z.string().min(1).max(500),
  group: z.enum(workflowGroups),
  inputs: z.record(id, inputSchema).exactOptional(),
  trigger: z.unknown().exactOptional(),
  concurrency: z
    .strictObject({ policy: z.enum(["skip", "queue", "replace"]), key: text.exactOptional() })
    .exactOptional(),
  steps,
  outputs: z.record(id, z.unknown()).exactOptional(),
});

export const triggerSchemas = {
  cron: z.strictObject({
    cron: z.string().min(1).max(200),
    timeZone: z.string().refine(isTimeZone, 'must be a time zone such as "Europe/Berlin"').exactOptional(),
    catchUp: z.enum(["skip", "once", "all"]).default("once"),
  }),
  message: z.strictObject({
    message: z.strictObject({
      pattern: z.string().min(1).max(500).refine(isPattern, "is not a valid regular expression"),
      channel: z.string().min(1).exactOptional(),
      people: z.array(z.string().min(1)).min(1).max(200).exactOptional(),
    }),
  }),
  webhook: z.strictObject({
    webhook: z.strictObject({
      verify: z.enum(webhookKinds),
      secret: z
        .string()
        .regex(
          /^(\$\{[A-Z_][A-Z0-9_]*\}|[A-Z_][A-Z0-9_]*)$/,
          "must name an environment variable, as in ${HOOK_SECRET}: the secret itself does not belong into a workflow",
        ),
      when: expression.exactOptional(),
      inputs: values.default({}),
    }),
  }),
  event: z.strictObject({ event: z.enum(deskEventKinds), when: expression.exactOptional() }),
} as const;

const base = {
  id,
  if: expression.exactOptional(),
  onError: z.union([z.enum(["fail", "continue"]), steps], "must be fail, continue, or a list of steps").exactOptional(),
};
const timed = { ...base, timeout: duration.exactOptional() };
const retried = {
  ...timed,
  retry: z.strictObject({ attempts: z.int().min(1).max(20), backoff: duration.default(10_000) }).exactOptional(),
};

export const stepSchemas = {
  ask: z.strictObject({
    ...retried,
    ask: z.string().min(1).max(200),
    prompt: text,
    output: z.record(z.string(), z.unknown()).exactOptional(),
    tools: z.array(z.string().min(1)).max(100).exactOptional(),
  }),
  tool: z.strictObject({
    ...retried,
    tool: z.string().min(1).max(200),
    with: values.default({}),
    repeatable: z.boolean().default(false),
  }),
  send: z.strictObject({
    ...base,
    send: z.union([text, z.strictObject({ channel: text, chat: text, thread: text.exactOptional() })]),
    text,
    subject: text.exactOptional(),
  }),
  approve: z
    .strictObject({
      ...timed,
      approve: text,
      approvers: z.array(z.string().min(1)).min(1).max(20).default(["owner"]),
      needs: z.int().min(1).max(20).default(1),
      default: z.enum(["approve", "deny"]).default("deny"),
    })
    .refine(({ approvers, needs }) => needs <= approvers.length, {
      path: ["needs"],
      message: "is more than the approvers: name one for each answer that is needed",
    }),
  switch: z.strictObject({
    ...base,
    switch: z
      .array(z.strictObject({ when: expression, steps }))
      .min(1)
      .max(30),
    else: steps.exactOptional(),
  }),
  each: z.strictObject({
    ...base,
    each: z.string().min(1).max(2_000),
    as: id.default("item"),
    limit: z.int().min(1).max(50).default(1),
    steps,
  }),
  wait: z.strictObject({
    ...timed,
    wait: z.union([
      z.string().min(1).refine(isDurationOrTemplate, 'must be a duration such as "10m", or {until: …}'),
      z.strictObject({ until: expression }),
    ]),
  }),
  workflow: z.strictObject({ ...retried, workflow: z.string().min(1).max(200), with: values.default({}) }),
} as const;

function isDurationOrTemplate(value: string): boolean {
  return value.includes("{{") || parseDuration(value) !== undefined;
}

function isPattern(value: string): boolean {
  try {
    new RegExp(value, "iu");
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
