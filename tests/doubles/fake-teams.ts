import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { answerTokenRequest, createSigner, type ConnectorClaims, type Signer } from "./fake-teams-identity.ts";
import { recordRequests, type RecordedRequest } from "./recorded-requests.ts";

export interface Activity {
  readonly type: string;
  readonly id?: string;
  readonly text?: string;
  readonly textFormat?: string;
  readonly attachments?: readonly FakeAttachment[];
  readonly [key: string]: unknown;
}

export interface FakeAttachment {
  readonly contentType: string;
  readonly contentUrl?: string;
  readonly name?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** A message of the bot as it stands in Teams now. */
export interface SentActivity {
  readonly conversation: string;
  readonly id: string;
  activity: Activity;
  isDeleted: boolean;
  readonly reactions: string[];
}

/** How the Connector fails. See "Status codes from bot conversational APIs" in Teams' documentation. */
export type Failure =
  | "429"
  | "412"
  | "500"
  | "502"
  | "503"
  | "401"
  | "cut-after-accept"
  | "cut-before-accept"
  | "BotNotInConversationRoster"
  | "ConversationBlockedByUser";

export interface FakeTeams {
  readonly appId: string;
  readonly appPassword: string;
  readonly tenantId: string;
  readonly botId: string;
  /** Where the keys are told, where tokens are given, and where bots speak. */
  readonly openIdMetadataUrl: string;
  readonly loginUrl: string;
  readonly serviceUrl: string;
  readonly issuer: string;
  readonly signer: Signer;
  readonly sent: readonly SentActivity[];
  readonly typing: readonly string[];
  /** Every request that came, whatever became of it. */
  readonly requests: readonly RecordedRequest[];
  /** All calls of bots, as "POST /v3/conversations/…". */
  readonly calls: readonly string[];
  /** Files that lie in people's OneDrives, by their id. */
  readonly drive: ReadonlyMap<string, { readonly name: string; readonly content: Uint8Array }>;
  /** How often somebody has asked for a token. */
  tokenRequests(): number;
  /** A call of our hook, signed by Microsoft. `claims` replaces some. */
  sign(activity: object, claims?: Partial<ConnectorClaims>): Request;
  /** The conversation exists from now on. */
  open(conversation: string): void;
  /** An address that gives this content: behind the bot's token, or open to whoever has it. */
  putFile(content: Uint8Array, where: "service" | "drive", name?: string): string;
  failNext(how: Failure, options?: { readonly skip?: number; readonly retryAfterS?: number }): void;
  /** The tokens given so far are refused from now on; new ones are given. */
  revokeTokens(): void;
  /** The secret of the app is another from now on. */
  changePassword(password: string): void;
  /** Microsoft's keys cannot be had for a while. */
  hideKeys(isHidden: boolean): void;
  /** Called for each new message of the bot; a person might press its buttons. */
  onSent(listener: (sent: SentActivity) => void): void;
  stop(): Promise<void>;
}

const appId = "11111111-2222-4333-8444-555555555555";
const tenantId = "99999999-8888-4777-8666-555555555555";
const hookUrl = "http://127.0.0.1/hooks/teams";
/** A message's whole JSON, as UTF-16. Pictures in it do not count. */
const maxActivityBytes = 100 * 1_024;

/** What of Microsoft's services a bot in Teams meets, on one port of the loopback address. */
export async function createFakeTeams({ isMultiTenant = false } = {}): Promise<FakeTeams> {
  const signer = createSigner();
  const issuer = "https://api.botframework.com";
  const conversations = new Set<string>();
  const sent: SentActivity[] = [];
  const typing: string[] = [];
  const calls: string[] = [];
  const drive = new Map<string, { name: string; content: Uint8Array }>();
  const serviceFiles = new Map<string, Uint8Array>();
  const failures: { how: Failure; skip: number; retryAfterS: number }[] = [];
  let listener: (message: SentActivity) => void = () => undefined;
  let appPassword = "a-client-secret-of-ours";
  let tokens = new Set<string>();
  let tokenCount = 0;
  let keysAreHidden = false;
  let lastId = 1_760_000_000_000;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const requests = recordRequests(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serviceUrl = `${root}/emea/`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", root);
    const body = await buffer(request);
    if (url.pathname === "/metadata" && !keysAreHidden)
      return json(response, 200, { issuer, jwks_uri: `${root}/keys` });
    if (url.pathname === "/keys" && !keysAreHidden) return json(response, 200, signer.jwks);
    if (url.pathname === "/metadata" || url.pathname === "/keys") return json(response, 503, {});
    const [, tenant] = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(url.pathname) ?? [];
    if (tenant !== undefined) return giveToken(new URLSearchParams(body.toString()), tenant, response);
    if (url.pathname.startsWith("/drive/")) return answerDrive(request, url, body, response);
    if (!tokens.has(request.headers.authorization?.replace("Bearer ", "") ?? ""))
      return json(response, 401, { message: "Authorization has been denied for this request." });
    const file = serviceFiles.get(url.pathname);
    if (file !== undefined) return void response.writeHead(200).end(file);
    return answerConnector(request.method ?? "", url.pathname.replace(/^\/emea/, ""), body, response);
  }

  function giveToken(form: URLSearchParams, tenant: string, response: ServerResponse): void {
    tokenCount += 1;
    const known = {
      appId,
      appPassword,
      tenantId: isMultiTenant ? undefined : tenantId,
      scope: `${issuer}/.default`,
    };
    const { status, body } = answerTokenRequest(form, tenant, known);
    const token = `token-${tokenCount}`;
    if (status === 200) tokens.add(token);
    json(response, status, status === 200 ? { ...body, access_token: token } : body);
  }

  /** OneDrive opens by the address alone, and does not like our token. */
  function answerDrive(request: IncomingMessage, url: URL, body: Uint8Array, response: ServerResponse): void {
    const [, , id = "", name = ""] = url.pathname.split("/").map(decodeURIComponent);
    if (request.headers.authorization !== undefined) return void response.writeHead(401).end();
    if (request.method === "PUT") {
      const range = `bytes 0-${body.length - 1}/${body.length}`;
      if (request.headers["content-range"] !== range) return void response.writeHead(416).end();
      if (drive.has(id)) return void response.writeHead(404).end();
      drive.set(id, { name, content: body });
      return json(response, 201, { id, name, size: body.length });
    }
    const file = drive.get(id);
    return void response.writeHead(file === undefined ? 404 : 200).end(file?.content);
  }

  function answerConnector(method: string, path: string, body: Buffer, response: ServerResponse): void {
    const [, , , conversation, , activityId, , reaction] = path.split("/").map(decodeURIComponent);
    calls.push(`${method} ${decodeURIComponent(path)}`);
    const given = (body.length === 0 ? {} : JSON.parse(body.toString())) as Activity;
    if (conversation === undefined) return createConversation(given, response);
    const isShown = method === "POST" && given.type === "message";
    const failure = isShown ? takeFailure() : undefined;
    if (failure !== undefined && failure.how !== "cut-after-accept") return fail(failure, response);
    if (!conversations.has(conversation)) return refuse(response, 404, "ConversationNotFound");
    if (activityId === undefined) {
      if (given.type === "typing") typing.push(conversation);
      const id = isShown ? takeMessage(conversation, given, response) : nextId();
      if (id === undefined) return;
      if (failure?.how === "cut-after-accept") return void response.socket?.destroy();
      return json(response, 201, { id });
    }
    const message = sent.find(
      (each) => each.id === activityId && each.conversation === conversation && !each.isDeleted,
    );
    if (reaction !== undefined) {
      message?.reactions.push(reaction);
      return json(response, 200, {});
    }
    if (message === undefined) return refuse(response, 404, "ActivityNotFoundInConversation");
    if (method === "DELETE") message.isDeleted = true;
    else message.activity = given;
    return json(response, 200, { id: activityId });
  }

  function takeMessage(conversation: string, activity: Activity, response: ServerResponse): string | undefined {
    const fault = findFault(activity);
    if (fault !== undefined) {
      refuse(response, fault === "MessageSizeTooBig" ? 413 : 400, fault);
      return undefined;
    }
    const message = { conversation, id: nextId(), activity, isDeleted: false, reactions: [] };
    sent.push(message);
    listener(message);
    return message.id;
  }

  function createConversation(given: object, response: ServerResponse): void {
    const {
      members,
      tenantId: tenant,
      bot,
    } = given as {
      members?: readonly { id: string }[];
      tenantId?: string;
      bot?: { id: string };
    };
    const member = members?.[0]?.id ?? "";
    if (tenant !== tenantId || bot?.id !== `28:${appId}`) return refuse(response, 400, "BadSyntax");
    if (member.startsWith("29:stranger"))
      return json(response, 403, {
        error: { code: "ForbiddenOperationException", message: "Bot is not installed in user's personal scope" },
      });
    if (!member.startsWith("29:")) return refuse(response, 400, "BadArgument");
    const id = `a:chat-with-${member.slice(3)}`;
    conversations.add(id);
    return json(response, 201, { id });
  }

  function takeFailure(): (typeof failures)[number] | undefined {
    const [next] = failures;
    if (next === undefined) return undefined;
    if (next.skip > 0) {
      next.skip -= 1;
      return undefined;
    }
    return failures.shift();
  }

  function fail({ how, retryAfterS }: { how: Failure; retryAfterS: number }, response: ServerResponse): void {
    if (how === "cut-before-accept") return void response.socket?.destroy();
    if (how === "429") response.setHeader("retry-after", String(retryAfterS));
    if (how === "503") response.setHeader("retry-after", String(retryAfterS));
    const codes: Readonly<Record<string, string>> = {
      "429": "Throttled",
      "412": "PreconditionFailed",
      "500": "ServiceError",
      "502": "ServiceError",
      "503": "ServiceUnavailable",
      "401": "BotNotRegistered",
    };
    const code = codes[how];
    return code === undefined ? refuse(response, 403, how) : refuse(response, Number(how), code);
  }

  const nextId = (): string => String((lastId += 17));

  return {
    appId,
    get appPassword() {
      return appPassword;
    },
    tenantId,
    botId: `28:${appId}`,
    openIdMetadataUrl: `${root}/metadata`,
    loginUrl: root,
    serviceUrl,
    issuer,
    signer,
    sent,
    typing,
    requests,
    calls,
    drive,
    tokenRequests: () => tokenCount,
    sign(activity, claims = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer, aud: appId, serviceurl: serviceUrl, nbf: now - 10, exp: now + 3_600 };
      return call(activity, `Bearer ${signer.sign({ ...usual, ...claims })}`);
    },
    open: (conversation) => void conversations.add(conversation),
    putFile(content, where, name = "file.bin") {
      const id = crypto.randomUUID();
      if (where === "drive") {
        drive.set(id, { name, content });
        return `${root}/drive/${id}/${encodeURIComponent(name)}`;
      }
      const path = `/emea/v3/attachments/${id}/views/original`;
      serviceFiles.set(path, content);
      return root + path;
    },
    failNext: (how, { skip = 0, retryAfterS = 1 } = {}) => void failures.push({ how, skip, retryAfterS }),
    revokeTokens: () => void (tokens = new Set()),
    changePassword: (password) => void (appPassword = password),
    hideKeys: (isHidden) => void (keysAreHidden = isHidden),
    onSent: (next) => void (listener = next),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A call of our hook with any header. */
export function call(activity: object, authorization?: string): Request {
  return new Request(hookUrl, {
    method: "POST",
    body: JSON.stringify(activity),
    headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
  });
}

/** What the Connector would not take. */
function findFault(activity: Activity): string | undefined {
  const attachments = activity.attachments ?? [];
  if ((activity.text ?? "") === "" && attachments.length === 0) return "BadArgument";
  const counted = JSON.stringify(activity).replaceAll(/data:image\/[\w+]+;base64,[\w+/=]*/g, "");
  if (counted.length * 2 > maxActivityBytes) return "MessageSizeTooBig";
  const faulty = attachments.find(({ contentType, contentUrl, content }) => {
    if (contentType.startsWith("image/")) return contentUrl === undefined;
    return contentType !== "application/vnd.microsoft.teams.card.file.info" && content === undefined;
  });
  return faulty === undefined ? undefined : "BadArgument";
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  json(response, status, { error: { code, message: `The fake says: ${code}` } });
}
