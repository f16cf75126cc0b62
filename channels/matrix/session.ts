import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { MatrixApi } from "./api.ts";
import type { ChoiceReactions } from "./choice-reactions.ts";
import type { MatrixOptions } from "./config.ts";
import type { Crypto } from "./crypto.ts";
import type { Directs } from "./directs.ts";
import type { Encryptor } from "./encrypt.ts";
import type { EventLog } from "./event-facts.ts";
import type { Invites } from "./invites.ts";
import type { Rooms } from "./rooms.ts";
import type { Undecrypted } from "./undecrypted.ts";

/** All that works together while the channel runs. */
export interface Session {
  readonly api: MatrixApi;
  readonly context: ChannelContext<MatrixOptions>;
  readonly me: { readonly userId: string; readonly names: readonly string[] };
  readonly crypto: Crypto;
  readonly encryptor: Encryptor;
  readonly rooms: Rooms;
  readonly directs: Directs;
  readonly invites: Invites;
  readonly events: EventLog;
  readonly undecrypted: Undecrypted;
  readonly choices: NumberedChoices;
  readonly reactions: ChoiceReactions;
  readonly signal: AbortSignal;
}

/** A session that hands over what comes in. */
export interface Intake extends Session {
  readonly sink: ChannelSink;
}
