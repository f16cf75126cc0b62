/** A service that the operator configured: one block under `services`. */
export interface ConfiguredService {
  readonly name: string;
  readonly kind: string;
  readonly url: string;
  /** A secret: neither a model nor a person ever sees it. */
  readonly token?: string;
  readonly user?: string;
  /** Of a service of kind "speech": the models it is asked for, and the voice. */
  readonly listenModel?: string;
  readonly speakModel?: string;
  readonly voice?: string;
}

/** The header that lets us in; none without a token. With a user it is sent as user and password. */
export function formatAuthorization({ user, token }: ConfiguredService): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  const basic = Buffer.from(`${user}:${token}`).toString("base64");
  return { authorization: user === undefined ? `Bearer ${token}` : `Basic ${basic}` };
}

/** An address below a service's own; its path is joined, whatever slashes stand there. */
export function joinUrl(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
  return url;
}
