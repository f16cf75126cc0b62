import { isApproved } from "../core/approved.ts";
import type { Channel } from "../core/channel.ts";
import { AppError } from "../core/errors.ts";

export { approvedPrefix } from "../core/approved.ts";

/**
 * What a channel lets through while it only listens: messages that a person approved word for word, and nothing else
 * that anybody there could see. Finding out what became of an earlier send, and everything that comes in, go on.
 */
export function listenOnly(channel: Channel): Channel {
  const { edit: _edit, typing: _typing, react: _react, preview: _preview, openDirect: _openDirect, ...quiet } = channel;
  const { streamsEveryMs: _streamsEveryMs, ...traits } = channel.traits;
  return {
    ...quiet,
    traits: { ...traits, edits: false, typing: false, reactions: false, commands: false, direct: false },
    async send(message, context) {
      if (!isApproved(message.id)) throw refusal();
      return channel.send(message, context);
    },
  };
}

/**
 * The way to all channels for whoever wants something to be seen there. A channel that only listens is given as
 * `listenOnly` makes it. One that does not yet asks again at every call, so that work which holds it falls silent, too,
 * when the mode changes.
 */
export function createOutboundGate(
  sender: (name: string) => Channel | undefined,
  isListening: (name: string) => boolean,
): (name: string) => Channel | undefined {
  return (name) => {
    const channel = sender(name);
    if (channel === undefined) return undefined;
    return isListening(name) ? listenOnly(channel) : askEachTime(channel, () => isListening(name));
  };
}

function askEachTime(channel: Channel, isListening: () => boolean): Channel {
  const { edit, typing, react, preview, openDirect } = channel;
  const check = (): void => {
    if (isListening()) throw refusal();
  };
  return {
    ...channel,
    async send(message, context) {
      if (!isApproved(message.id)) check();
      return channel.send(message, context);
    },
    ...(edit && {
      async edit(...call) {
        check();
        return edit(...call);
      },
    }),
    ...(typing && {
      async typing(...call) {
        if (!isListening()) await typing(...call);
      },
    }),
    ...(react && {
      async react(...call) {
        check();
        return react(...call);
      },
    }),
    ...(preview && {
      preview(message) {
        if (!isListening()) preview(message);
      },
    }),
    ...(openDirect && {
      async openDirect(personId) {
        check();
        return openDirect(personId);
      },
    }),
  };
}

function refusal(): AppError {
  return new AppError(
    "forbidden",
    "This channel only listens: nothing goes out there but what a person has approved word for word.",
    { hint: "Approve a draft, or set `mode: mention` or `mode: open` for the channel." },
  );
}
