import type { MessageToClassify } from "./classification.ts";
import { quoteShort } from "./sentences.ts";

/** "bot" as a word of its own or as the end of a name in camel case; "Abbott" and "Talbot" are people. */
const botName = /(?:^|[\s_.\-[(<])[Bb]ot(?=$|[\s_.\-\])@>])|\p{Ll}Bot(?=$|[\s_.\-\])@>\d])|\[bot\]/u;
const machineAddress =
  /(?:^|[\s<"._-])(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|notifications?|alerts?|newsletter|bounces?|auto-?mailer)(?=$|[\s@>"._-])/i;
const machineText =
  /\b(?:this is an? (?:automated|automatic|auto-generated|system[- ]generated)|automatically generated|auto(?:matic)?[- ]?reply|automatic response|out of (?:the )?office|do not (?:reply|respond) to this (?:e-?mail|message)|please do(?: not|n['’]t) (?:reply|respond) (?:directly )?to this|this (?:mailbox|inbox|address) is not monitored|delivery (?:status notification|has failed)|undeliverable:|mail delivery (?:failed|subsystem)|unsubscribe (?:here|from this|at any time|instantly|link)|to unsubscribe|you are receiving this (?:e-?mail|message|newsletter)|view (?:this e-?mail|it|online) in your browser)|(?:automatisch (?:generiert|erstellt|erzeugt)|abwesenheitsnotiz|automatische antwort|bitte antworten sie nicht auf diese|bin ich nicht im büro|vom newsletter abmelden|newsletter abbestellen|réponse automatique|message (?:généré )?automatique|ne pas répondre à ce (?:message|courriel|mail)|absent du bureau|se désabonner|vous désabonner|respuesta automática|mensaje (?:generado )?automátic|no responda a este|fuera de la oficina|darse de baja|cancelar (?:tu|su) suscripción)/i;
const notice =
  /^\W*(?:\[[^\]]{2,40}\]\s)?(?:(?:build|pipeline|job|deploy(?:ment)?|backup|test run|release|workflow|monitor|incident|alert|service|ticket|issue|order|invoice|payment|package|parcel|shipment|your (?:order|package|parcel|payment|invoice|subscription|booking|reservation|verification code|code|password|account|receipt|statement|bill|appointment))\b[^.!?\n]{0,60}\b(?:#?\d+|failed|passed|succeeded|finished|completed|shipped|delivered|confirmed|received|is ready|has been|was|is)\b|(?:new|recent) (?:sign-?in|login|comment|follower|message|device)\b|reminder:|alert:|warning:|notification:|\p{L}+ (?:joined|left) (?:the )?(?:channel|room|group|chat)|\p{L}+ (?:commented on|liked|mentioned you|assigned|pushed|merged|opened|closed|reviewed|started following)\b|(?:ihre|deine) (?:bestellung|sendung|rechnung|buchung|zahlung|reservierung)\b[^.!?\n]{0,60}\b(?:wurde|ist|versandt|eingegangen)|erinnerung:|votre (?:commande|colis|facture|réservation|paiement)\b[^.!?\n]{0,60}(?:a été|est|expédié)|rappel\s?:|(?:su|tu) (?:pedido|paquete|factura|reserva|pago)\b[^.!?\n]{0,60}\b(?:ha sido|está|se ha)|recordatorio:)/iu;
const spamWords: readonly RegExp[] = [
  /(?:[$€£]\s?\d[\d.,]*(?:\s?(?:million|mio|k)\b)?|\d[\d.,]*\s?(?:dollars|usd|euros?))/i,
  /\b(?:winner|you(?:['’]ve| have)? (?:won|been selected)|lottery|jackpot|prize|inheritance|viagra|casino|free money|get rich|make money|earn (?:money|cash|up to|from home|\$)|work from home|bitcoin|crypto(?:currency)? (?:giveaway|investment)|guaranteed (?:profit|returns?|income)|risk[- ]free|million dollars|gewonnen|gewinnspiel|lotterie|schnell geld|vous avez gagné|loterie|gagnez|ha(?:s)? ganado|lotería|premio|gane dinero|gana dinero)\b/i,
  /\b(?:click (?:here|now|below|the link)|act now|claim (?:your|now|it)|limited[- ]time|offer expires|order now|buy now|once in a lifetime|hurry|100% free|no credit check|klicken sie hier|jetzt zuschlagen|hier klicken|cliquez ici|haga clic|haz clic|pincha aquí)\b/i,
];

export type MachineKind = "automated" | "notification" | "spam";

/** What a machine or a crowd of them wrote, and how that shows; undefined for what somebody seems to have written. */
export function findMachine(
  { sender, channel, isAutomated, isAddressed, isGroup }: MessageToClassify,
  text: string,
): { readonly kind: MachineKind; readonly reason: string } | undefined {
  const isNotice = notice.test(text);
  const byPlatform = isAutomated === true || sender?.isBot === true;
  const name = sender?.name ?? "";
  const byName = botName.test(name) || machineAddress.test(name);
  if (byPlatform || byName) {
    const reason = byPlatform ? "the platform says a machine wrote it" : `the sender is called ${quoteShort(name)}`;
    return { kind: isNotice ? "notification" : "automated", reason };
  }
  const said = machineText.exec(text)?.[0];
  if (said !== undefined) return { kind: "automated", reason: `it says ${quoteShort(said)}` };
  const signs = spamWords.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
  if (signs.length >= 2 && signs.some((sign) => !/^[$€£\d]/.test(sign)))
    return { kind: "spam", reason: `it says ${signs.map(quoteShort).join(" and ")}` };
  if (isNotice && !(isGroup === true && isAddressed === true) && channel !== "terminal")
    return { kind: "notification", reason: `it begins like a notice: ${quoteShort(notice.exec(text)?.[0] ?? "")}` };
  return undefined;
}
