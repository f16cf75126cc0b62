import { findFault, type SchemaName } from "./fake-discord-schema.ts";
import { Refused, type FakeCall } from "./fake-discord-api.ts";
import type { FakeMessage, FakeWorld } from "./fake-discord-world.ts";

export interface FakeInteraction {
  readonly id: string;
  readonly token: string;
  readonly channelId: string;
  readonly type: number;
  /** Type of the callback; undefined until the bot has called back. */
  callback: number | undefined;
  /** Of the message that answers it. */
  messageId: string | undefined;
  /** Shown to the person alone. */
  whispered: string | undefined;
  isExpired: boolean;
}

export interface FakeRoutes {
  /** Throws Refused. Undefined is 204. */
  answer(call: FakeCall): unknown;
  readonly interactions: Map<string, FakeInteraction>;
  readonly commands: Record<string, unknown>[];
  readonly reactions: { readonly messageId: string; readonly emoji: string }[];
  readonly typing: string[];
  /** Bodies that Discord's own document does not allow. */
  readonly faults: string[];
  /** As after some minutes: nonces are forgotten. */
  forgetNonces(): void;
  /** Takes the permission to see a channel away. */
  deny(channelId: string): void;
  /** Without the permission, history is empty. */
  hideHistory(isHidden: boolean): void;
}

export interface FakeRoutesSettings {
  readonly world: FakeWorld;
  readonly url: () => string;
  readonly gatewayUrl: () => string;
  readonly isMessageContentAllowed: () => boolean;
  readonly sessionsLeft: () => number;
  readonly allowsUnknownKeys: boolean;
  readonly dispatch: (t: string, d: Readonly<Record<string, unknown>>) => void;
}

const loading = 1 << 7;
type Body = Record<string, unknown>;

/** The HTTP API, as https://docs.discord.com/developers/reference says, errors included. */
export function createFakeRoutes(settings: FakeRoutesSettings): FakeRoutes {
  const { world } = settings;
  const { bot } = world;
  const interactions = new Map<string, FakeInteraction>();
  const commands: Body[] = [];
  const reactions: { messageId: string; emoji: string }[] = [];
  const typing: string[] = [];
  const faults: string[] = [];
  const nonces = new Map<string, FakeMessage>();
  const denied = new Set<string>();
  let isHistoryHidden = false;

  function check(name: SchemaName, body: unknown): Body {
    const fault = findFault(name, body, settings.allowsUnknownKeys);
    if (fault === undefined) return body as Body;
    faults.push(fault);
    throw new Refused(400, 50_035, "Invalid Form Body");
  }

  function channelOf(id: string) {
    const channel = world.channels.get(id);
    if (channel === undefined) throw new Refused(404, 10_003, "Unknown Channel");
    if (denied.has(id)) throw new Refused(403, 50_001, "Missing Access");
    return channel;
  }

  function messageOf(channelId: string, id: string): FakeMessage {
    channelOf(channelId);
    const message = world.findMessage(channelId, id);
    if (message === undefined) throw new Refused(404, 10_008, "Unknown Message");
    return message;
  }

  function tell(t: string, message: FakeMessage, extra: Body = {}): void {
    const { guild_id: guildId, type } = channelOf(message.channel_id);
    settings.dispatch(t, {
      ...message,
      ...(guildId === undefined ? {} : { guild_id: guildId }),
      channel_type: type,
      ...extra,
    });
  }

  function readFiles(call: FakeCall, channelId: string, body: Body): FakeMessage["attachments"] {
    const named = (body["attachments"] ?? []) as { id: string; filename?: string }[];
    return call.files.map(({ name, content }, index) => {
      const filename = named.find(({ id }) => id === String(index))?.filename ?? name;
      const id = world.nextId();
      const path = `/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`;
      world.files.set(path, content);
      const url = settings.url() + path;
      return { id, filename, size: content.length, url, proxy_url: url };
    });
  }

  /** What Discord checks beyond the document. */
  function checkContent(content: string, components: unknown, files: readonly unknown[]): string {
    const trimmed = content.trim();
    if (trimmed.length > 2_000)
      throw new Refused(400, 50_035, "Invalid Form Body: content: Must be 2000 or fewer in length.");
    const rows = (components ?? []) as FakeMessage["components"];
    const ids = rows.flatMap((row) => row.components.map(({ custom_id: id }) => id));
    if (new Set(ids).size !== ids.length)
      throw new Refused(400, 50_035, "Invalid Form Body: Component custom id cannot be duplicated");
    if (trimmed === "" && files.length === 0 && rows.length === 0)
      throw new Refused(400, 50_006, "Cannot send an empty message");
    return trimmed;
  }

  function createMessage(call: FakeCall, channelId: string): FakeMessage & { readonly nonce?: unknown } {
    channelOf(channelId);
    const body = check("create message", call.json);
    const { nonce } = body;
    const known = typeof nonce === "string" && body["enforce_nonce"] === true ? nonces.get(nonce) : undefined;
    if (known !== undefined) return { ...known, nonce };
    const attachments = readFiles(call, channelId, body);
    const content = checkContent((body["content"] ?? "") as string, body["components"], attachments);
    const reference = body["message_reference"] as { message_id: string; fail_if_not_exists?: boolean } | undefined;
    const answered = reference === undefined ? undefined : world.findMessage(channelId, reference.message_id);
    if (reference !== undefined && answered === undefined && reference.fail_if_not_exists !== false)
      throw new Refused(400, 50_035, "Invalid Form Body: message_reference: Unknown message");
    const message = world.addMessage({
      channel_id: channelId,
      author: bot,
      content,
      attachments,
      components: (body["components"] ?? []) as FakeMessage["components"],
      ...(answered === undefined
        ? {}
        : { type: 19, message_reference: { type: 0, channel_id: channelId, message_id: answered.id } }),
    });
    if (typeof nonce === "string") nonces.set(nonce, message);
    // Told with the message, and kept nowhere.
    tell("MESSAGE_CREATE", message, nonce === undefined ? {} : { nonce });
    return nonce === undefined ? message : { ...message, nonce };
  }

  function editMessage(message: FakeMessage, call: FakeCall, schema: SchemaName): FakeMessage {
    if (message.author.id !== bot.id) throw new Refused(403, 50_005, "Cannot edit a message authored by another user");
    const body = check(schema, call.json);
    if (call.files.length > 0) message.attachments = readFiles(call, message.channel_id, body);
    if (body["components"] !== undefined) message.components = body["components"] as FakeMessage["components"];
    if (body["content"] !== undefined)
      message.content = checkContent(body["content"] as string, message.components, message.attachments);
    message.flags &= ~loading;
    message.edited_timestamp = new Date().toISOString();
    tell("MESSAGE_UPDATE", message);
    return message;
  }

  function history(channelId: string, query: URLSearchParams): readonly FakeMessage[] {
    channelOf(channelId);
    if (isHistoryHidden) return [];
    const limit = Math.min(100, Number(query.get("limit") ?? 50));
    const after = query.get("after");
    const all = (world.messages.get(channelId) ?? []).filter(({ id }) => after === null || BigInt(id) > BigInt(after));
    return (after === null ? all.slice(-limit) : all.slice(0, limit)).toReversed();
  }

  function callBack(call: FakeCall, id: string, token: string): unknown {
    const interaction = interactions.get(id);
    if (interaction === undefined || interaction.token !== token || interaction.isExpired)
      throw new Refused(404, 10_062, "Unknown interaction");
    if (interaction.callback !== undefined)
      throw new Refused(400, 40_060, "Interaction has already been acknowledged.");
    const body = check("callback", call.json);
    const type = Number(body["type"]);
    const data = (body["data"] ?? {}) as { content?: string; flags?: number };
    interaction.callback = type;
    if (data.flags === 64) interaction.whispered = data.content;
    else if (type === 4 || type === 5) {
      const message = world.addMessage({
        channel_id: interaction.channelId,
        author: bot,
        content: data.content ?? "",
        type: 20,
        flags: type === 5 ? loading : 0,
        application_id: world.applicationId,
        webhook_id: world.applicationId,
      });
      interaction.messageId = message.id;
      tell("MESSAGE_CREATE", message);
    }
    if (call.query.get("with_response") !== "true") return undefined;
    const { messageId } = interaction;
    return {
      interaction: {
        id,
        type: interaction.type,
        ...(messageId === undefined ? {} : { response_message_id: messageId }),
        response_message_loading: type === 5,
        response_message_ephemeral: data.flags === 64,
      },
      ...(messageId === undefined ? {} : { resource: { type, message: messageOf(interaction.channelId, messageId) } }),
    };
  }

  function original(token: string): FakeMessage {
    const interaction = [...interactions.values()].find((each) => each.token === token);
    if (interaction === undefined || interaction.isExpired) throw new Refused(404, 10_015, "Unknown Webhook");
    if (interaction.messageId === undefined) throw new Refused(404, 10_015, "Unknown Webhook");
    return messageOf(interaction.channelId, interaction.messageId);
  }

  function remove(message: FakeMessage): void {
    const list = world.messages.get(message.channel_id) ?? [];
    list.splice(list.indexOf(message), 1);
    tell("MESSAGE_DELETE", message);
  }

  function describeApplication(): unknown {
    const flags = settings.isMessageContentAllowed() ? 1 << 19 : 0;
    return {
      id: world.applicationId,
      name: "Parlance",
      icon: null,
      description: "",
      type: null,
      flags,
      flags_new: String(flags),
      verify_key: "0".repeat(64),
      redirect_uris: [],
      interactions_endpoint_url: null,
      role_connections_verification_url: null,
      owner: world.ada,
      approximate_guild_count: 1,
      approximate_user_install_count: 0,
      approximate_user_authorization_count: 0,
      explicit_content_filter: 0,
      team: null,
      eligible_oauth2_scopes: [],
    };
  }

  function offer(bodies: readonly unknown[]): readonly unknown[] {
    const offered = bodies.map((body) => ({
      default_member_permissions: null,
      ...check("command", body),
      id: world.nextId(),
      application_id: world.applicationId,
      version: world.nextId(),
    }));
    commands.splice(0, commands.length, ...offered);
    return commands;
  }

  function member(userId: string): unknown {
    const user = world.users.get(userId);
    if (user === undefined) throw new Refused(404, 10_007, "Unknown Member");
    const none = { avatar: null, banner: null, communication_disabled_until: null, nick: null, premium_since: null };
    const roles = userId === bot.id ? [world.roleId] : [];
    const joined = { joined_at: "2024-05-01T10:00:00.000Z", flags: 0, pending: false, mute: false, deaf: false };
    return { ...none, ...joined, roles, user };
  }

  function answer(call: FakeCall): unknown {
    const [, kind = "", first = "", second = "", third = "", fourth = "", fifth = ""] = call.path.split("/");
    const route = `${call.method} ${kind}/${second}${third === "" ? "" : "/*"}${fourth === "" ? "" : `/${fourth}`}`;
    switch (route) {
      case "GET users/": {
        if (first === "@me") return bot;
        const user = world.users.get(first);
        if (user === undefined) throw new Refused(404, 10_013, "Unknown User");
        return user;
      }
      case "POST users/channels":
        return { ...channelOf(world.direct), ...(check("open direct chat", call.json) && {}) };
      case "GET applications/":
        return describeApplication();
      case "GET applications/commands":
        return commands;
      case "PUT applications/commands":
        return offer(call.json as readonly unknown[]);
      case "GET gateway/":
        return {
          url: settings.gatewayUrl(),
          shards: 1,
          session_start_limit: {
            total: 1_000,
            remaining: settings.sessionsLeft(),
            reset_after: 60_000,
            max_concurrency: 1,
          },
        };
      case "GET guilds/members/*":
        return member(third);
      case "GET channels/":
        return channelOf(first);
      case "GET channels/messages":
        return history(first, call.query);
      case "GET channels/messages/*":
        return messageOf(first, third);
      case "POST channels/messages":
        return createMessage(call, first);
      case "PATCH channels/messages/*":
        return editMessage(messageOf(first, third), call, "edit message");
      case "POST channels/typing":
        channelOf(first);
        typing.push(first);
        return undefined;
      case "PUT channels/messages/*/reactions": {
        const emoji = decodeURIComponent(fifth);
        if (!/^\p{Emoji}/u.test(emoji) || emoji === "❤") throw new Refused(400, 10_014, "Unknown Emoji");
        reactions.push({ messageId: messageOf(first, third).id, emoji });
        return undefined;
      }
      case "POST interactions/callback":
      case `POST interactions/${second}/*`:
        return callBack(call, first, second);
      case `PATCH webhooks/${second}/*/@original`:
        return editMessage(original(second), call, "edit reply");
      case `GET webhooks/${second}/*/@original`:
        return original(second);
      case `DELETE webhooks/${second}/*/@original`:
        return remove(original(second));
      default:
        throw new Refused(404, 0, "404: Not Found");
    }
  }

  return {
    answer,
    interactions,
    commands,
    reactions,
    typing,
    faults,
    deny: (channelId) => void denied.add(channelId),
    forgetNonces: () => nonces.clear(),
    hideHistory(isHidden) {
      isHistoryHidden = isHidden;
    },
  };
}
