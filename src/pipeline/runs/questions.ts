import { createCode } from "../../core/id.ts";
import type { Address, OutboundMessage } from "../../core/message.ts";
import { quoteInline } from "../../core/quote.ts";
import { say } from "../../core/say.ts";
import type { ApprovalRecord } from "../../core/store.ts";
import { gateTool, type GateInput, type QuestionPlace, type WorkflowDeps } from "../../scheduler/run/contracts.ts";
import { cardId, createQuestions } from "../approvals.ts";
import type { PipelineDeps } from "../deps.ts";

type Deps = Pick<PipelineDeps, "ownerPlace" | "now" | "channel">;

/** A gated call of a step: asked of the owner, like that of a turn. */
export function createRunQuestions(deps: Deps): Pick<WorkflowDeps, "askAboutCall" | "askApprovers"> {
  return {
    async askAboutCall(at, { tool, input, reason }) {
      const place = await deps.ownerPlace();
      return createQuestions(
        deps,
        { conversation: at.conversation, turnId: at.turnId, place, expiresAt: at.expiresAt },
        [
          {
            call: { type: "toolCall", id: "call", name: tool.name, input },
            tool,
            reason: `${reason}\n\n${nameOf(at)}`,
          },
        ],
      );
    },

    async askApprovers(at, { question, approvers, step }) {
      const asked = await Promise.all(
        approvers.map(async (approver) => {
          const place = await placeOf(deps, approver);
          const input: GateInput = { workflow: at.run.workflow, runId: at.run.id, step: at.stepPath, approver };
          const approval: ApprovalRecord = {
            id: createCode(6).toLowerCase(),
            conversation: at.conversation,
            turnId: at.turnId,
            callId: `gate-${approver}`,
            tool: gateTool,
            input,
            question: `${question}\n\n${nameOf(at)}`,
            state: place === undefined ? "undeliverable" : "pending",
            expiresAt: at.expiresAt,
            createdAt: deps.now(),
          };
          return { approval, card: place && formatGate(approval, place, step.default) };
        }),
      );
      const cards = asked.flatMap(({ card }) => card ?? []);
      return {
        approvals: asked.map(({ approval }) => approval),
        cards,
        save: async (transaction) => {
          for (const { approval } of asked) await transaction.addApproval(approval);
          for (const card of cards) await say(transaction, card, deps.now());
        },
      };
    },
  };
}

function nameOf({ run, stepPath }: QuestionPlace): string {
  return `Asked by the workflow ${quoteInline(run.workflow)}, step ${quoteInline(stepPath)}.`;
}

/** Roles are asked at the owner's place: the owner may answer for all, and knows who else may. */
async function placeOf(deps: Deps, approver: string): Promise<Address | undefined> {
  if (!approver.includes(":")) return deps.ownerPlace();
  const channel = deps.channel(approver.slice(0, approver.indexOf(":")));
  return channel?.openDirect?.(approver).catch(() => undefined);
}

function formatGate(approval: ApprovalRecord, address: Address, onSilence: "approve" | "deny"): OutboundMessage {
  const { id, question, expiresAt } = approval;
  const until = new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ");
  const silence = onSilence === "approve" ? "it goes on" : "it does not go on";
  return {
    id: cardId(id),
    address,
    text: `${question}\n\nAnswer \`/approve ${id}\` or \`/deny ${id}\` until ${until} UTC; after that ${silence}.`,
    attachments: [],
    choices: [
      { label: "Approve", command: `/approve ${id}`, style: "primary" },
      { label: "Deny", command: `/deny ${id}`, style: "danger" },
    ],
  };
}
