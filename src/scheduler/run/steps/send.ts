import { AppError } from "../../../core/errors.ts";
import type { OutboundMessage } from "../../../core/message.ts";
import { say } from "../../../core/say.ts";
import type { SendStep } from "../../../core/workflow.ts";
import { outboundId, saveDone, type StepContext, type StepResult } from "../step-context.ts";

const maxTextChars = 50_000;

/** A message into the outbox, in the transaction that records the step: it goes out once, whatever happens. */
export async function runSend(step: SendStep, path: string, context: StepContext): Promise<StepResult> {
  const { deps, journal, expressions, scope } = context;
  const variables = scope.variables();
  const to = expressions.fill(step.to, variables) as SendStep["to"];
  const text = expressions.fillText(step.text, variables);
  const subject = step.subject === undefined ? undefined : expressions.fillText(step.subject, variables);
  if (text.trim() === "") throw new AppError("bad-input", "There is nothing to send: the text is empty.");
  if (text.length > maxTextChars)
    throw new AppError("too-large", `The text has ${text.length} characters; ${maxTextChars} can be sent.`);
  const address = await deps.resolveAddress(to, journal.run);
  if (address === undefined)
    throw new AppError("not-found", "There is nobody to send this to.", {
      hint: "Say owner, the id of a person who talks here, or channel and chat.",
    });
  const row = { ...journal.begin(path, "send"), input: { to: address, text } };
  const message: OutboundMessage = {
    id: outboundId(row),
    address,
    text,
    attachments: [],
    ...(subject === undefined ? {} : { subject }),
  };
  const done = await saveDone(context, { ...row, output: { id: message.id } }, (transaction) =>
    say(transaction, message, deps.now()),
  );
  deps.sendNow([message]);
  return done;
}
