import type { PromiseRecord } from "../../core/cdc.ts";
import { defineWords } from "../languages/language-rules.ts";
import { pickOwnText } from "../own-text.ts";

const done = defineWords(
  "as promised|here (?:it is|they are|is the|are the|you go|you are)|(?:please )?(?:find|see) (?:it |them )?attached|attached (?:is|are|you)|(?:it['’]s |all |now |is |are |just )?(?:done|fixed|sent|paid|finished|delivered|merged|deployed|booked)(?! (?:by|tomorrow|soon|yet))|i(?:['’]ve| have)(?: just)? (?:sent|done|finished|fixed|paid|called|uploaded|shared|booked|ordered|updated)",
  "wie versprochen|anbei|im anhang|erledigt|ist (?:raus|fertig|gemacht)|hier (?:ist|sind) (?:der|die|das)|(?:habe?|haben) (?:[^.!?]{0,40} )?(?:geschickt|gesendet|erledigt|überwiesen|fertig|hochgeladen|angerufen|repariert)",
  "comme promis|ci-joint(?:e|s|es)?|en pièce jointe|c['’]est (?:fait|envoyé|réglé|parti)|voici|voilà (?:le|la|les)|(?:j['’]ai|nous avons|on a) (?:[^.!?]{0,20} )?(?:envoyé|fait|fini|terminé|payé|appelé|corrigé)",
  "como (?:te |le |os )?prometí|como prometido|adjunto|adjunta|aquí (?:tienes|tiene|está|están)|ya (?:está|lo (?:envié|mandé|hice)|te lo (?:envié|mandé|he))|(?:he|hemos) (?:enviado|mandado|hecho|terminado|pagado|llamado|arreglado)|hecho[.!]|enviado[.!]",
);
const notYet = defineWords(
  "not|n['’]t|yet|\\p{L}+n['’]t|once|when|nicht|noch|kein|sobald|wenn|pas|quand|dès que|no|todavía|aún|cuando",
);

/**
 * Does a later message keep a promise? Only its maker can, and it shows: a file comes along, or the words say that it
 * is done. Otherwise it stays open, and its maker is asked when it is due.
 */
export function isPromiseKept(
  promise: Pick<PromiseRecord, "madeBy" | "at">,
  message: {
    readonly by: "owner" | "other";
    readonly text: string;
    readonly hasFiles: boolean;
    readonly sentAt: number;
  },
): boolean {
  if (message.by !== promise.madeBy || message.sentAt <= promise.at) return false;
  if (message.hasFiles) return true;
  return pickOwnText(message.text)
    .split(/[.!?\n;]+\s*/)
    .some((sentence) => done.test(`${sentence}.`) && !notYet.test(sentence));
}
