import type { WebhookContent, WebhookMedia } from "./payload.ts";

/** A file that Meta keeps for a week. */
export interface MediaReference {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string | undefined;
}

export interface Content {
  readonly text: string;
  readonly media?: MediaReference;
  /** Somebody pressed something of ours. */
  readonly isPress?: boolean;
}

/** What a message says; undefined for what is not said to anybody, such as a changed number. */
export function parseContent(content: WebhookContent): Content | undefined {
  switch (content.type) {
    case "text":
      return { text: content.text?.body ?? "" };
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      return parseMedia(content.type, content[content.type]);
    case "location":
      return { text: formatLocation(content.location) };
    case "contacts":
      return { text: (content.contacts ?? []).map(formatContact).join("\n") };
    case "interactive":
      return parseInteractive(content.interactive);
    case "button":
      return parsePress(content.button?.payload, content.button?.text);
    case "order":
      return { text: formatOrder(content.order) };
    case "system":
    case "request_welcome":
      return undefined;
    default:
      return { text: `[Something that WhatsApp does not hand on${describeKind(content)}.]` };
  }
}

function parseMedia(kind: string, media: WebhookMedia | undefined): Content {
  const text = media?.caption ?? "";
  if (media?.id === undefined)
    return { text: text === "" ? `[A file (${kind}) that WhatsApp does not hand on.]` : text };
  const mimeType = media.mime_type?.split(";")[0]?.trim();
  const extension = mimeType
    ?.split("/")[1]
    ?.replace(/^(?:mpeg)$/, "mp3")
    .replace(/^jpeg$/, "jpg");
  const name = media.filename ?? `${kind}${extension === undefined ? "" : `.${extension.replaceAll(/[^\w]/g, "")}`}`;
  return { text, media: { id: media.id, name, mimeType } };
}

/** Our ids are commands; what others' buttons carry is shown by its title. */
function parsePress(id: string | undefined, title = ""): Content {
  return id?.startsWith("/") === true ? { text: id, isPress: true } : { text: title === "" ? (id ?? "") : title };
}

function parseInteractive(interactive: WebhookContent["interactive"]): Content {
  const { button_reply: button, list_reply: row, nfm_reply: form } = interactive ?? {};
  const pressed = button ?? row;
  if (pressed !== undefined) return parsePress(pressed.id, pressed.title);
  return { text: [form?.body, form?.response_json].filter((each) => each !== undefined).join("\n") };
}

function formatLocation(location: WebhookContent["location"]): string {
  const { latitude, longitude, name, address } = location ?? {};
  const place = [name, address].filter((each) => each !== undefined && each !== "").join(", ");
  return `Location: ${place === "" ? "" : `${place} `}(${latitude}, ${longitude}) https://maps.google.com/?q=${latitude},${longitude}`;
}

function formatContact({ name, org, phones, emails }: NonNullable<WebhookContent["contacts"]>[number]): string {
  const details = [
    name?.formatted_name,
    org?.company,
    ...(phones ?? []).map(({ phone }) => phone),
    ...(emails ?? []).map(({ email }) => email),
  ];
  return `Contact: ${details.filter((each) => each !== undefined && each !== "").join(", ")}`;
}

function formatOrder(order: WebhookContent["order"]): string {
  const items = (order?.product_items ?? []).map(
    ({ product_retailer_id: product, quantity }) => `${quantity ?? 1} × ${product ?? "?"}`,
  );
  return [order?.text, `Order: ${items.join(", ")}`].filter((each) => each !== undefined && each !== "").join("\n");
}

function describeKind({ type, errors }: WebhookContent): string {
  const title = errors?.[0]?.title;
  if (type === undefined || type === "unsupported" || type === "unknown")
    return title === undefined ? "" : `: ${title}`;
  return ` (${type})`;
}
