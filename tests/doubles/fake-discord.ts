import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readCall, Refused, type FakeCall, type FakeFailure } from "./fake-discord-api.ts";
import { createFakeGateway, type FakeGateway } from "./fake-discord-gateway.ts";
import { createFakeRoutes, type FakeInteraction, type FakeRoutes } from "./fake-discord-rest.ts";
import { createWorld, type FakeMessage, type FakeUser, type FakeWorld } from "./fake-discord-world.ts";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export type { FakeFailure } from "./fake-discord-api.ts";
export type { FakeInteraction } from "./fake-discord-rest.ts";
export type { FakeMessage, FakeUser } from "./fake-discord-world.ts";

/** What somebody says. Missing parts get sensible values. */
export interface FakeSaying {
  readonly from?: FakeUser;
  /** Default: the direct chat. */
  readonly channel?: string;
  readonly text?: string;
  readonly isMention?: boolean;
  readonly file?: { readonly name: string; readonly content: Uint8Array };
  /** More fields of Discord's message, such as mention_roles. */
  readonly extra?: Partial<FakeMessage>;
}

export interface FakeDiscord {
  /** Address of the HTTP API. */
  readonly url: string;
  readonly token: string;
  readonly world: FakeWorld;
  readonly gateway: FakeGateway;
  readonly routes: FakeRoutes;
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** Every call, in order. */
  readonly calls: readonly FakeCall[];
  say(saying: FakeSaying): FakeMessage;
  /** Tells of a message again, as after a resume. */
  repeat(message: FakeMessage): void;
  edit(message: FakeMessage, text: string): void;
  remove(message: FakeMessage): void;
  react(message: FakeMessage, emoji: string, isAdded?: boolean): void;
  press(label: string, from?: FakeUser): FakeInteraction;
  use(name: string, options: readonly string[], channel?: string): FakeInteraction;
  /** The bot's messages as people see them. */
  sent(): readonly FakeMessage[];
  /** The call of this route after `skip` more goes wrong. A route is "POST /channels/*\/messages". */
  failNext(route: string, how: FakeFailure, options?: { readonly skip?: number; readonly retryAfterS?: number }): void;
  /** How many calls a route allows until its window is over; undefined: no limits are told. */
  limit(route: string, allowed: { readonly calls: number; readonly windowMs: number } | undefined): void;
  setMessageContent(isAllowed: boolean): void;
  setSessionsLeft(count: number): void;
  /** A token reset in the portal. */
  revokeToken(): void;
  restoreToken(): void;
  stop(): Promise<void>;
}

export interface FakeDiscordSettings {
  readonly heartbeatMs?: number;
  /** For clients that send more than Discord knows. */
  readonly allowsUnknownKeys?: boolean;
}

const root = "/api/v10";

/** Discord with one server, one channel, one thread and one direct chat. Bodies that its document forbids are refused and noted. */
export async function createFakeDiscord(settings: FakeDiscordSettings = {}): Promise<FakeDiscord> {
  const token = "MTIz.fake-1.token_of-the-bot";
  const world = createWorld();
  const calls: FakeCall[] = [];
  const failures: { route: string; how: FakeFailure; skip: number; retryAfterS: number }[] = [];
  const limits = new Map<string, { calls: number; windowMs: number; used: number; resetAt: number }>();
  let isMessageContentAllowed = true;
  let sessionsLeft = 1_000;
  let validToken = token;

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  const requests = recordRequests(server);
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = createFakeGateway(server, world, {
    token: () => validToken,
    heartbeatMs: settings.heartbeatMs ?? 40_000,
    isMessageContentAllowed: () => isMessageContentAllowed,
  });
  const { dispatch } = gateway;
  const routes = createFakeRoutes({
    world,
    url: origin,
    gatewayUrl: () => `${origin().replace("http", "ws")}/gateway`,
    isMessageContentAllowed: () => isMessageContentAllowed,
    sessionsLeft: () => sessionsLeft,
    allowsUnknownKeys: settings.allowsUnknownKeys ?? false,
    dispatch,
  });

  function takeFailure(route: string): (typeof failures)[number] | undefined {
    const index = failures.findIndex((each) => each.route === route);
    const failure = failures[index];
    if (failure === undefined) return undefined;
    failure.skip -= 1;
    return failure.skip < 0 ? failures.splice(index, 1)[0] : undefined;
  }

  /** Counts a call, and says what is left as Discord's headers do. */
  function count(route: string): { readonly headers: Record<string, string>; readonly isOver: boolean } {
    const limit = limits.get(route);
    if (limit === undefined) return { headers: {}, isOver: false };
    if (limit.resetAt <= Date.now()) Object.assign(limit, { used: 0, resetAt: Date.now() + limit.windowMs });
    limit.used += 1;
    return {
      isOver: limit.used > limit.calls,
      headers: {
        "x-ratelimit-bucket": "abcd1234",
        "x-ratelimit-limit": String(limit.calls),
        "x-ratelimit-remaining": String(Math.max(0, limit.calls - limit.used)),
        "x-ratelimit-reset-after": String((limit.resetAt - Date.now()) / 1_000),
      },
    };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const file = world.files.get(path);
    if (path.startsWith("/attachments/")) return void response.writeHead(file === undefined ? 404 : 200).end(file);
    const call = await readCall(request, root, validToken);
    calls.push(call);
    const route = `${call.method} ${call.path.replaceAll(/\/\d{5,}/g, "/*")}`;
    const failure = takeFailure(route);
    if (failure?.how === "cut-before-accept") return void request.socket.destroy();
    if (failure?.how === "500") return respond(response, 500, { message: "Internal Server Error", code: 0 });
    const { headers, isOver } = count(route);
    if (failure?.how === "429" || isOver) {
      const retryAfter = failure?.retryAfterS ?? Number(headers["x-ratelimit-reset-after"]);
      const words = { message: "You are being rate limited.", retry_after: retryAfter, global: false };
      return respond(response, 429, words, {
        ...headers,
        "retry-after": String(Math.ceil(retryAfter)),
        "x-ratelimit-scope": "user",
      });
    }
    try {
      const isOpen = call.path.startsWith("/interactions/") || call.path.startsWith("/webhooks/");
      if (!isOpen && !call.isAuthorised) throw new Refused(401, 0, "401: Unauthorized");
      const result = routes.answer(call);
      if (failure?.how === "cut-after-accept") return void request.socket.destroy();
      if (failure?.how === "504") return respond(response, 504, { message: "Gateway Timeout" });
      // A 204 carries no content type.
      if (result === undefined) response.writeHead(204, headers).end();
      else respond(response, 200, result, headers);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      respond(response, error.status, { message: error.message, code: error.code }, headers);
    }
  }

  /** The fields that events have beyond those of a message. */
  function eventOf(message: FakeMessage): Record<string, unknown> {
    const { guild_id: guildId, type } = world.channels.get(message.channel_id) ?? { type: 0 };
    const member = { roles: [], joined_at: "2024-05-01T10:00:00.000Z", nick: null, deaf: false, mute: false, flags: 0 };
    return { ...message, channel_type: type, ...(guildId === undefined ? {} : { guild_id: guildId, member }) };
  }

  function interact(type: number, channelId: string, from: FakeUser, fields: object): FakeInteraction {
    const id = world.nextId();
    const interaction: FakeInteraction = {
      id,
      token: `token-of-interaction-${id}`,
      channelId,
      type,
      callback: undefined,
      messageId: undefined,
      whispered: undefined,
      isExpired: false,
    };
    routes.interactions.set(id, interaction);
    const channel = world.channels.get(channelId);
    const member = {
      user: from,
      roles: [],
      joined_at: "2024-05-01T10:00:00.000Z",
      nick: null,
      permissions: "0",
      flags: 0,
    };
    dispatch("INTERACTION_CREATE", {
      version: 1,
      type,
      id,
      token: interaction.token,
      application_id: world.applicationId,
      channel_id: channelId,
      channel: { ...channel },
      ...(channel?.guild_id === undefined
        ? { user: from, context: 1 }
        : { member, guild_id: channel.guild_id, context: 0 }),
      locale: "en-GB",
      app_permissions: "0",
      entitlements: [],
      authorizing_integration_owners: {},
      attachment_size_limit: 10_485_760,
      ...fields,
    });
    return interaction;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: origin() + root,
    token,
    world,
    gateway,
    routes,
    calls,
    requests,
    say({ from = world.ada, channel = world.direct, text = "", isMention = false, file, extra }) {
      let attachments: FakeMessage["attachments"] = [];
      if (file !== undefined) {
        const id = world.nextId();
        const path = `/attachments/${channel}/${id}/${file.name}`;
        world.files.set(path, file.content);
        const url = origin() + path;
        attachments = [{ id, filename: file.name, size: file.content.length, url, proxy_url: url }];
      }
      const message = world.addMessage({
        channel_id: channel,
        author: from,
        content: isMention ? `<@${world.bot.id}> ${text}` : text,
        mentions: isMention ? [world.bot] : [],
        attachments,
        ...extra,
      });
      dispatch("MESSAGE_CREATE", eventOf(message));
      return message;
    },
    repeat: (message) => dispatch("MESSAGE_CREATE", eventOf(message)),
    edit(message, text) {
      message.content = text;
      message.edited_timestamp = new Date().toISOString();
      dispatch("MESSAGE_UPDATE", eventOf(message));
    },
    remove(message) {
      const list = world.messages.get(message.channel_id) ?? [];
      list.splice(list.indexOf(message), 1);
      const { guild_id: guildId } = world.channels.get(message.channel_id) ?? {};
      dispatch("MESSAGE_DELETE", {
        id: message.id,
        channel_id: message.channel_id,
        ...(guildId === undefined ? {} : { guild_id: guildId }),
      });
    },
    react(message, emoji, isAdded = true) {
      const { guild_id: guildId } = world.channels.get(message.channel_id) ?? {};
      dispatch(isAdded ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE", {
        user_id: world.ada.id,
        channel_id: message.channel_id,
        message_id: message.id,
        emoji: { id: null, name: emoji },
        burst: false,
        type: 0,
        ...(guildId === undefined ? {} : { guild_id: guildId }),
        ...(isAdded ? { message_author_id: message.author.id } : {}),
        ...(isAdded && guildId !== undefined ? { member: { user: world.ada, nick: null, roles: [], flags: 0 } } : {}),
      });
    },
    press(label, from = world.ada) {
      const all = [...world.messages.values()].flat();
      const isNamed = (each: { readonly label: string }): boolean => each.label === label;
      const message = all.findLast(({ components }) => components.some((row) => row.components.some(isNamed)));
      const button = message?.components.flatMap((row) => row.components).find(isNamed);
      if (message === undefined || button === undefined) throw new Error(`No message shows a button "${label}".`);
      return interact(3, message.channel_id, from, {
        message: { ...message },
        data: { component_type: 2, id: 1, custom_id: button.custom_id },
      });
    },
    use(name, values, channel = world.direct) {
      const command = routes.commands.find((each) => each["name"] === name);
      if (command === undefined) throw new Error(`The command /${name} is not offered.`);
      const options = ((command["options"] ?? []) as readonly { name: string }[]).map((option, index) => ({
        name: option.name,
        type: 3,
        value: values[index],
      }));
      const given = options.filter(({ value }) => value !== undefined);
      return interact(2, channel, world.ada, {
        data: { id: command["id"], name, type: 1, ...(given.length === 0 ? {} : { options: given }) },
      });
    },
    sent: () =>
      [...world.messages.values()]
        .flat()
        .filter(({ author }) => author.id === world.bot.id)
        .toSorted((a, b) => Number(BigInt(a.id) - BigInt(b.id))),
    failNext: (route, how, { skip = 0, retryAfterS = 1 } = {}) => void failures.push({ route, how, skip, retryAfterS }),
    limit(route, allowed) {
      if (allowed === undefined) limits.delete(route);
      else limits.set(route, { ...allowed, used: 0, resetAt: 0 });
    },
    setMessageContent(isAllowed) {
      isMessageContentAllowed = isAllowed;
    },
    setSessionsLeft(count_) {
      sessionsLeft = count_;
    },
    revokeToken() {
      validToken = "revoked";
      gateway.drop(4_004);
    },
    restoreToken() {
      validToken = token;
    },
    async stop() {
      await gateway.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function respond(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body));
}
