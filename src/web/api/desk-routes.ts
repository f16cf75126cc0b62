import type { Desk } from "../../core/desk.ts";
import { AppError } from "../../core/errors.ts";
import { defineRoute, type ApiRoute } from "./route.ts";
import {
  approvalAnswerSchema,
  correctionSchema,
  decisionListSchema,
  decisionQuerySchema,
  decisionSchema,
  draftAnswerSchema,
  draftOutcomeSchema,
  draftSchema,
  inboxSchema,
  outcomeSchema,
} from "./schemas.ts";

/** The owner's desk over HTTP. */
export function listDeskRoutes(desk: Desk): readonly ApiRoute[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/inbox",
      name: "getInbox",
      summary: "What needs the owner now, and what is planned.",
      answer: inboxSchema,
      refusals: [],
      run: () => desk.inbox(),
    }),
    defineRoute({
      method: "get",
      path: "/api/drafts/{id}",
      name: "getDraft",
      summary: "A draft, whatever became of it.",
      answer: draftSchema,
      refusals: [404],
      run: async ({ id }) => found(await desk.draft(id), "draft"),
    }),
    defineRoute({
      method: "post",
      path: "/api/drafts/{id}",
      name: "answerDraft",
      summary: "Sends a draft, sends other words instead, drops it or puts it off. Answered once, whoever was first.",
      body: draftAnswerSchema,
      answer: draftOutcomeSchema,
      refusals: [404, 409],
      run: ({ id, body, who }) => desk.answerDraft(id, body, who),
    }),
    defineRoute({
      method: "post",
      path: "/api/approvals/{id}",
      name: "answerApproval",
      summary: "Says yes or no to a tool call. Answered once, whoever was first.",
      body: approvalAnswerSchema,
      answer: outcomeSchema,
      refusals: [404, 409],
      run: ({ id, body, who }) => desk.answerApproval(id, body.approved, who),
    }),
    defineRoute({
      method: "get",
      path: "/api/decisions",
      name: "listDecisions",
      summary: "Why messages were answered, drafted for, told or left alone; the newest first.",
      query: decisionQuerySchema,
      answer: decisionListSchema,
      refusals: [],
      run: async ({ query }) => ({ decisions: await desk.decisions(query) }),
    }),
    defineRoute({
      method: "get",
      path: "/api/decisions/{id}",
      name: "getDecision",
      summary: "Why one message was answered, drafted for, told or left alone.",
      answer: decisionSchema,
      refusals: [404],
      run: async ({ id }) => found(await desk.decision(id), "decision"),
    }),
    defineRoute({
      method: "post",
      path: "/api/decisions/{id}",
      name: "correctDecision",
      summary: "Tells what the message did need: an answer, or none.",
      body: correctionSchema,
      answer: decisionSchema,
      refusals: [404],
      run: ({ id, body, who }) => desk.correct(id, body.correction, who),
    }),
  ];
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AppError("not-found", `There is no such ${what}.`);
  return value;
}
