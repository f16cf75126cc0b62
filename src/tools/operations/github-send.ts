import { z } from "zod";
import { quoteBlock, quoteInline } from "../../core/quote.ts";
import type { Tool, ToolOutput } from "../../core/tool.ts";
import { markCall } from "../call-mark.ts";
import { defineTool } from "../define.ts";
import { callJson, cutLine, findService, serviceField, toOutput, type Reach } from "../reach.ts";
import { apiHeaders, githubWords, repositoryField, repositoryPath, type RepositoryAt } from "./github-api.ts";

const made = z.object({ html_url: z.string(), body: z.string().nullish() });

export function createGithubSends(reach: Reach): readonly Tool[] {
  return [createIssue(reach), createComment(reach)];
}

function createIssue(reach: Reach): Tool {
  return defineTool({
    name: "github_create_issue",
    description: "Opens an issue in a repository on GitHub.",
    input: z.strictObject({
      repository: repositoryField,
      title: z.string().min(1).max(256),
      body: z.string().min(1).max(20_000).describe("Markdown."),
      labels: z.array(z.string().min(1).max(50)).max(10).optional(),
      service: serviceField(reach),
    }),
    effect: "send",
    keywords: [...githubWords, "bug report"],
    timeoutMs: 60_000,
    maxOutputChars: 600,
    describe({ repository, title, body, labels = [], service }) {
      const marks = labels.length === 0 ? "" : ` with the labels ${labels.map(quoteInline).join(", ")}`;
      return `Open an issue in ${quoteInline(repository)}${formatPlace(service)}${marks}:\n\n${quoteBlock(`${title}\n\n${body}`)}`;
    },
    run({ repository, title, body, labels, service: name }, context) {
      const at = { reach, service: findService(reach, name), context, path: repositoryPath(repository) };
      const query = { state: "all", sort: "created", direction: "desc", per_page: "30" };
      const rest = { title, ...(labels === undefined ? {} : { labels }) };
      return postOnce({ at, below: "issues", query, body, rest, key: context.idempotencyKey });
    },
  });
}

function createComment(reach: Reach): Tool {
  return defineTool({
    name: "github_comment",
    description: "Comments on an issue or pull request on GitHub.",
    input: z.strictObject({
      repository: repositoryField,
      number: z.int().min(1).max(100_000_000),
      body: z.string().min(1).max(20_000).describe("Markdown."),
      service: serviceField(reach),
    }),
    effect: "send",
    keywords: [...githubWords, "bug report"],
    timeoutMs: 60_000,
    maxOutputChars: 600,
    describe({ repository, number, body, service }) {
      return `Comment on ${quoteInline(`${repository}#${number}`)}${formatPlace(service)}:\n\n${quoteBlock(body)}`;
    },
    run({ repository, number, body, service: name }, context) {
      const at = { reach, service: findService(reach, name), context, path: repositoryPath(repository) };
      // Comments of one issue come oldest first: those of the last day are few.
      const query = { per_page: "100", since: new Date(context.now() - 86_400_000).toISOString().replace(/\.\d+/, "") };
      return postOnce({ at, below: `issues/${number}/comments`, query, body, rest: {}, key: context.idempotencyKey });
    },
  });
}

interface Post {
  readonly at: RepositoryAt;
  readonly below: string;
  /** Of the list in which an earlier attempt would stand. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
  readonly rest: object;
  readonly key: string;
}

/** GitHub knows no idempotency keys: a comment that readers do not see tells a later attempt of the earlier one. */
async function postOnce({
  at: { reach, service, context, path },
  below,
  query,
  body,
  rest,
  key,
}: Post): Promise<ToolOutput> {
  const mark = `<!-- ${markCall(key)} -->`;
  const call = { path: `${path}/${below}`, headers: apiHeaders };
  const latest = await callJson(reach, service, { ...call, query, shape: z.array(made) }, context);
  const earlier = latest.find((one) => one.body?.endsWith(mark) === true);
  const post = { ...call, method: "POST" as const, body: { ...rest, body: `${body}\n\n${mark}` }, shape: made };
  const { html_url: url } = earlier ?? (await callJson(reach, service, post, context));
  return toOutput(reach, [`Done: ${cutLine(url, 400)}`]);
}

function formatPlace(service: string | undefined): string {
  return service === undefined ? "" : ` at ${quoteInline(service)}`;
}
