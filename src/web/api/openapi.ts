import { z } from "zod";
import type { Desk } from "../../core/desk.ts";
import { completionSchema, completionRequestSchema, modelListSchema } from "./completion-schemas.ts";
import { listDeskRoutes } from "./desk-routes.ts";
import { listRunRoutes, noBoard } from "./run-routes.ts";
import * as runs from "./run-schemas.ts";
import * as schemas from "./schemas.ts";
import { sessionSchema, signInSchema } from "./session-schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** What is described besides the desk's routes: they are served elsewhere. */
interface Described {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly answerType?: string;
  readonly refusals: readonly number[];
  readonly isOpen?: boolean;
}

const statuses: Readonly<Record<number, string>> = {
  400: "The query or body is not as described.",
  401: "Nobody is signed in, or the token does not fit.",
  403: "The call comes from another site.",
  404: "There is no such thing.",
  409: "Somebody else was first, it has expired, or it has changed.",
  413: "The body is too large.",
  429: "Too many tries or listeners; wait.",
  502: "The model's provider failed.",
  503: "Not now; try again.",
};

/** Every route under /api and the OpenAI-compatible ones as an OpenAPI 3.1 document, made from what checks them. */
export function formatOpenApi(): Json {
  // Only what the routes are, never what they do, is read here.
  const routes: readonly Described[] = [...listDeskRoutes({} as Desk), ...listRunRoutes(noBoard), ...listOthers()];
  const components = createComponents();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = formatOperation(route, components.refer);
  return {
    openapi: "3.1.1",
    info: {
      title: "Parlance",
      version: "1",
      summary: "The owner's desk, and models for any client that speaks OpenAI's format.",
      description:
        "Times are milliseconds since 1970. Errors are `{error, hint}`; under `/v1` they have the form that OpenAI's clients read. Calls from other sites are refused. `/asyncapi.json` describes the events.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "`http.token` of parlance.yaml." },
        session: { type: "apiKey", in: "cookie", name: "parlance_session", description: "Set by POST /api/session." },
      },
    },
  };
}

function listOthers(): readonly Described[] {
  return [
    {
      method: "get",
      path: "/api/events",
      name: "listenToEvents",
      summary: "What changes at the desk, as it happens. `Last-Event-ID` resumes without gap or double.",
      query: z.object({
        after: z.int().min(0).exactOptional().describe("Like the header Last-Event-ID, for a first connection."),
      }),
      answer: z.string(),
      answerType: "text/event-stream",
      refusals: [400, 429, 503],
    },
    {
      method: "get",
      path: "/api/calendar.ics",
      name: "getCalendar",
      summary: "Open promises and follow-ups as a calendar (iCalendar).",
      answer: z.string(),
      answerType: "text/calendar",
      refusals: [404],
    },
    {
      method: "get",
      path: "/api/session",
      name: "getSession",
      summary: "Who is signed in, and what there is to talk with.",
      answer: sessionSchema,
      refusals: [],
      isOpen: true,
    },
    {
      method: "post",
      path: "/api/session",
      name: "signIn",
      summary: "Trades the token for a session cookie.",
      body: signInSchema,
      answer: z.strictObject({ signedIn: z.boolean() }),
      refusals: [429],
      isOpen: true,
    },
    {
      method: "delete",
      path: "/api/session",
      name: "signOut",
      summary: "Ends the session.",
      answer: z.strictObject({ signedIn: z.boolean() }),
      refusals: [],
      isOpen: true,
    },
    {
      method: "get",
      path: "/v1/models",
      name: "listModels",
      summary: "Models and personas that can be asked.",
      answer: modelListSchema,
      refusals: [429],
    },
    {
      method: "post",
      path: "/v1/chat/completions",
      name: "createChatCompletion",
      summary: 'Answers in OpenAI\'s format, whole or streaming. `model: "persona:oncall"` asks a persona.',
      body: completionRequestSchema,
      answer: completionSchema,
      refusals: [404, 429, 502, 503],
    },
  ];
}

function formatOperation(route: Described, refer: (schema: z.ZodType) => Json): Json {
  const { path, name, summary, query, body, answer, answerType = "application/json", refusals } = route;
  const parameters = [
    ...Array.from(path.matchAll(/\{(\w+)\}/g), ([, id]) => ({
      name: id,
      in: "path",
      required: true,
      schema: { type: "string", minLength: 1, maxLength: 64 },
    })),
    ...(query === undefined ? [] : formatQuery(query)),
    ...(path === "/api/events"
      ? [{ name: "Last-Event-ID", in: "header", schema: { type: "integer", minimum: 0 } }]
      : []),
  ];
  const codes = [
    ...(body === undefined && query === undefined ? [] : [400]),
    401,
    403,
    ...(body ? [413] : []),
    ...refusals,
  ];
  const refused = [...new Set(codes)]
    .toSorted((a, b) => a - b)
    .map((status) => [
      String(status),
      {
        description: statuses[status] ?? "Refused.",
        content: { "application/json": { schema: refer(schemas.problemSchema) } },
      },
    ]);
  return {
    operationId: name,
    summary,
    tags: [tagOf(path)],
    ...(route.isOpen === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: refer(body) } } } }),
    responses: {
      "200": { description: "Done.", content: { [answerType]: { schema: refer(answer) } } },
      ...Object.fromEntries(refused),
    },
  };
}

function tagOf(path: string): string {
  if (path.startsWith("/v1/")) return "models";
  if (path === "/api/session") return "session";
  return /^\/api\/(workflows|runs)\b/.test(path) ? "workflows" : "desk";
}

function formatQuery(query: z.ZodType): readonly Json[] {
  const { properties = {} } = toSchema(query, "input") as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

/** The schemas that have a name of their own are written once; the others stand where they are used. */
function createComponents(): { readonly schemas: Json; readonly refer: (schema: z.ZodType) => Json } {
  const named = new Map<z.ZodType, string>([
    [schemas.inboxSchema, "Inbox"],
    [schemas.draftSchema, "Draft"],
    [schemas.decisionSchema, "Decision"],
    [schemas.approvalSchema, "Approval"],
    [schemas.draftAnswerSchema, "DraftAnswer"],
    [schemas.approvalAnswerSchema, "ApprovalAnswer"],
    [schemas.correctionSchema, "Correction"],
    [schemas.draftOutcomeSchema, "DraftOutcome"],
    [schemas.outcomeSchema, "Outcome"],
    [schemas.decisionListSchema, "DecisionList"],
    [runs.workflowSchema, "Workflow"],
    [runs.workflowListSchema, "WorkflowList"],
    [runs.workflowDetailSchema, "WorkflowDetail"],
    [runs.runSchema, "Run"],
    [runs.runListSchema, "RunList"],
    [runs.runDetailSchema, "RunDetail"],
    [runs.startSchema, "StartWorkflow"],
    [runs.runCommandSchema, "RunCommand"],
    [schemas.problemSchema, "Problem"],
    [sessionSchema, "Session"],
    [signInSchema, "SignIn"],
    [modelListSchema, "ModelList"],
    [completionRequestSchema, "ChatCompletionRequest"],
    [completionSchema, "ChatCompletion"],
  ]);
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of named) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, { uri: formatReference, io: "input" });
  return {
    schemas: Object.fromEntries(Object.entries(made).map(([id, schema]) => [id, dropMarks(schema as Json)])),
    refer(schema) {
      const id = named.get(schema);
      return id === undefined ? toSchema(schema, "output") : { $ref: formatReference(id) };
    },
  };
}

function formatReference(id: string): string {
  return `#/components/schemas/${id}`;
}

function toSchema(schema: z.ZodType, io: "input" | "output"): Json {
  return dropMarks(z.toJSONSchema(schema, { io }) as Json);
}

/** The dialect is the document's, and a component's address is where it stands. */
function dropMarks({ $schema: _schema, $id: _id, ...schema }: Json): Json {
  return schema;
}
