import type { Language } from "../classification.ts";
import { defineWords } from "../languages/language-rules.ts";

/** How promises are made in one language. All patterns ignore case and respect word boundaries. */
export interface PromiseWords {
  readonly language: Language;
  /** The writer says that they will do something. Held against one clause. */
  readonly makes: RegExp;
  /** The clause says the opposite, or that it is not certain. */
  readonly unmakes: RegExp;
  /** It happens only if something else does. Held against the sentence. */
  readonly hinges: RegExp;
  /** Looks like a condition and is none: "I'll let you know if I can come"; taken away first. */
  readonly harmless: RegExp;
  /** Where a sentence falls into clauses, each with a subject of its own. */
  readonly joins: RegExp;
}

/** What people will be, feel, or do for themselves: nobody waits for it. Any other verb may be a promise. */
const englishIdle = `(?:be(?! (?:there|back|in touch|sure|in contact|done|ready|with you|right))|have(?! (?:[^.!?]{1,40} (?:ready|done|finished|fixed)|(?:it|that|this|them|everything|something|a (?:look|fix|word|draft|version|answer|reply)|the (?:numbers|draft|report|result|answer|file)|an? (?:answer|update))(?!\\p{L})))|see(?! (?:what (?:i|we) can|to it|about|if|whether|who|how))|get(?! (?:back|it|that|this|them|you|on (?:it|to)|the|in touch|someone|a (?:quote|price|copy)))|take(?! (?:care|you|notes|over|them|it (?:up|from|to|on|over)|this (?:up|on|over)|that (?:up|on|over)|a look|him|her|on))|go(?! (?:ahead|through|over|and|get))|keep(?! (?:you|everyone|them|him|her|an eye|looking|trying|the))|leave(?! (?:it|the|them|a |you))|look(?! (?:into|at|it|for (?:it|the|a)|up|through|over))|think(?! about it and)|need|want|miss|love|like|hate|know|believe|assume|guess|bet|admit|wait|stay|sleep|die|say|pass(?! (?:it|this|that|them|on|along|the))|eat|drink|watch|forget|regret|understand|never|survive|manage|live|turn(?! (?:it|in|on|off))|become|feel|remain|spend|enjoy|skip|stick|stop|arrive|run(?! (?:it|the|this|a))|lose|win|wear|walk|probably|have to|try(?! (?:to|and))|agree|appreciate|hold|quit|rest|retire|travel|fly|move(?! (?:it|the|this|that|your|them|everything))|bed|school|town|lunch|dinner|church|the|a|an|my|our|always|not)(?!\\p{L})`;
const doing = `(?!${englishIdle})\\p{L}+`;
const between =
  "(?: also| then| just| definitely| certainly| gladly| happily| try to| make sure(?: to| that i)?| be sure to| personally| quickly| still| first| at least| gladly| now| simply| go ahead and| go and)*";

export const englishPromises: PromiseWords = {
  language: "en",
  makes: defineWords(
    `(?:i|we)(?:['’]ll| will| shall|['’]m going to|['’]re going to| am going to| are going to| plan to| intend to)${between} (?:${doing})`,
    `(?:i['’]?ll|imma)${between} (?:${doing})`,
    "(?:i|we) promise(?: (?:you )?(?:to|that|i|we))?|you have my word|(?:i|we) (?:hereby )?commit to",
    "(?:let me|lemme) (?:check|look|see|find out|ask|think|confirm|verify|look into|get back|take a look|dig|sort|fix|talk|speak|call)",
    "you(?:['’]ll| will) (?:have|get|receive|hear) (?!(?:to|used|rid|over|there|wet|lost|bored)(?!\\p{L}))\\p{L}+|expect [^.!?]* from (?:me|us)",
    "(?:i['’]m|we['’]re|i am|we are) (?:sending|calling|bringing|finishing|fixing|writing|sorting|working)(?= [^.!?]*(?:tomorrow|tonight|today|by |on |next ))",
    "^\\W*(?:ok(?:ay)?|sure|yes|yep|thanks|great|no problem|np)?[,!. ]*(?:(?:i )?will do|on it|consider it done|leave (?:it|that) (?:with|to) me|i['’]m on it)",
  ),
  unmakes: defineWords(
    "won['’]t|will not|['’]ll not|shall not|not going to|can(?:no|['’])t promise|not|never|no longer|hardly|don['’]t (?:think|expect|know)|doubt|maybe|perhaps|possibly|probably|might|hopefully|hope|wish|(?:he|she|they|you) (?:said|says|wrote|told|asked|thinks?|promised)|(?:see|miss|love) you|i['’]ll (?:be|have to) (?:late|out|off|away)",
  ),
  hinges: defineWords("if|whether|unless|in case|provided(?: that)?|otherwise|assuming|depending on"),
  harmless: defineWords(
    "(?:(?:let (?:you|me|us|them|him|her) know|tell (?:you|me|him|her|them)|check|see|find out|ask(?: \\p{L}+)?|look|confirm|verify|test|figure out)) (?:if|whether)",
    "if (?:that|this|it)(?:['’]s| is| works| suits)(?: (?:ok|okay|fine|alright|all right|good))?(?: (?:with|for|by) you)?|if you don['’]t mind|let me know if[^.!?]*|if you (?:need|have|want) any(?:thing)?[^.!?]*",
    "even if|not (?:only|just)|as if|why not|not later than|no later than|not to worry|don['’]t worry",
  ),
  joins:
    /[,;:–—]\s+|\s+-\s+|\s+(?:but|however|although|though|because|while|and(?= (?:i|we|you)(?:['’]ll| will| am|['’]m| do| don| can)))\s+/iu,
};

const germanIdle =
  "(?:glaub|denk(?!e? daran)|find|freu|seh(?!e? (?:zu|nach))|hoff|hab|wünsch|dank|lieb|bleib|geh|fahr(?!e? (?:dich|euch|sie|ihn|das|die|den))|flieg|arbeit|wohn|heiß|versteh|brauch|wart|kenn|vermiss|mein|fühl|leb|schlaf|les gerade|bitt|möcht|würd|könnt|hätt|wär|sollt|wollt|musst|konnt|dacht|hatt|wurd|ess|trink|werd|kann|könn|müss|woll|soll|dürf|weiß|wiss|sind|bin|mag|mög|spiel|schau(?:e)? gerade|wunder|frag(?:e)? mich|erinner(?:e)? mich|stimm|lern|studier)(?:e|en|n)?(?!\\p{L})";
const germanDoing = `(?!${germanIdle})(?:\\p{L}+(?:e|en|ern|eln)|schick|ruf|sag|meld|schreib|mach|schau|guck|frag|bring|hol|stell|geb|kümmer|prüf|lass|komm|pack|kauf|denk|schieb|leg|klär|besorg)`;

export const germanPromises: PromiseWords = {
  language: "de",
  makes: defineWords(
    `(?:ich|wir) (?:${germanDoing})(?= (?:[^.!?]*(?:dir|dich|euch|ihnen|sie|es|das|mich|uns|darum|drum|ihn|bescheid|daran|zu|morgen|heute|bis|am|nach|gleich|später|noch|um|an|den|die|dem|der)(?![\\p{L}])))`,
    `(?<=\\p{L}[^.!?]* )(?:${germanDoing}) (?:ich|wir)(?![\\p{L}])`,
    "(?:ich werde|wir werden|werde ich|werden wir) (?![^.!?]*(?:sein|haben|können|müssen|wissen|brauchen|bleiben|vermissen|verreisen|wiedersehen|heiraten)(?!\\p{L}))[^.!?]*\\p{L}+(?:en|ern|eln|tun)",
    "(?:du|ihr|sie) (?:bekommst|bekommt|bekommen|kriegst|kriegt|erhältst|erhaltet|erhalten|hörst|hört|hören)(?= [^.!?]*(?:von mir|von uns|bis|morgen|heute|übermorgen|am|nächste|noch|gleich|die|den|das))|(?:bekommst|kriegst|erhältst|hast) (?:du|ihr)(?= [^.!?]*(?:von mir|bis|morgen|heute|übermorgen|am|gleich|spätestens))",
    "mach(?:e)? ich|machen wir|wird (?:gemacht|erledigt)|geht klar|ich (?:kümmer|übernehm)(?:e)?(?: mich| das)|(?:ich )?versprochen|ich verspreche|(?:ich )?(?:bin|wir sind) dran",
  ),
  unmakes: defineWords(
    "nicht|nie|niemals|kein|keine|keinen|würde|würden|könnte|könnten|vielleicht|eventuell|vermutlich|wahrscheinlich|hoffentlich|möglicherweise|anbei|hiermit|im anhang|gerade|jeden|immer|soll|sollen|gestern|vorhin|damals|sehen uns|sieht man sich|hätte|(?:er|sie) (?:sagt|schrieb|schreibt|meint)|freue mich|\\p{L}+ (?:ich )?mir (?:sorgen|ein|eine|einen|etwas|was|ein paar|neue)",
  ),
  hinges: defineWords("wenn|ob|falls|sofern|sonst|es sei denn|andernfalls"),
  harmless: defineWords(
    "(?:bescheid|prüfe?n?|frage?n?|schaue?n?|schau|guck|klären?|sehen?|sage?n?)[^.!?]{0,20}?,? ob(?!\\p{L})",
    "wenn (?:das|es) (?:ok|okay|passt|in ordnung|recht|für dich)(?: (?:ist|passt|geht))?|sag(?:t)? bescheid,? (?:wenn|falls)[^.!?]*|meld(?:e)? dich,? (?:wenn|falls)[^.!?]*|bei fragen[^.!?]*",
    "nicht (?:nur|später als)|keine (?:sorge|frage|angst)|kein (?:problem|stress|thema)",
  ),
  joins: /[,;:–—]\s+|\s+-\s+|\s+(?:aber|doch|jedoch|weil|denn|sondern)\s+/iu,
};

const frenchFuture =
  "(?!(?:se|au|pour|ver|sau|dev|voud|i|rest|dormi|manquer|aimer|croi|partir|vivr|attendr)r?(?:ai|ons|a)(?!\\p{L}))\\p{L}+r(?:ai|ons)";
const frenchIdle =
  "(?:ai|as|a|avais|aime|adore|remercie|souhaite|crois|comprends|vois|voyais|veux|voudrais|connais|attends|attendais|demande|prie|félicite|embrasse|déteste|pense|trouve|sens|sais|suis|rejoins|serai|serons|sera|aurai|aurons|pourrai|pourrons|verrai|verrons|verra|ira|saurai|devrai|irai|irons|\\p{L}+(?:rais|ais))(?!\\p{L})";
const frenchNow =
  "envoie|envoyons|appelle|rappelle|dis|donne|transmets|apporte|prépare|vérifie|regarde|corrige|tiens|tient|reviens|revient|occupe|charge|confirme|termine|finis|passe|préviens|prévient|réponds|montre|fais|contacte|recontacte|écris";
const frenchObject = "(?:(?:te|t['’]|vous|le|la|les|l['’]|lui|leur|m['’]en|nous en|s['’]en|y|en) ?)";

export const frenchPromises: PromiseWords = {
  language: "fr",
  makes: defineWords(
    `(?:j['’]|je |nous )${frenchObject}*${frenchFuture}|on ${frenchObject}+\\p{L}{3,}ra`,
    `(?:je|on|nous) ${frenchObject}+(?:${frenchNow})|je (?:te |t['’]|vous |lui |leur )(?:le |la |l['’]|les |en )?(?!${frenchIdle})\\p{L}{3,}|je gère|je m['’]y mets`,
    `(?:j['’]|je |on |nous )(?:(?:te |t['’]|vous |lui |leur )(?:le |la |l['’]|les )?)?(?!${frenchIdle}|se |est |va |dors |pars |travaille |vais |peux |dois )\\p{L}{3,}(?= [^.!?]*(?:demain|aujourd['’]hui|ce soir|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?![\\p{L}]))|je m['’](?:occupe|y)`,
    `(?:j['’]|je |on |nous )(?:${frenchNow})(?= (?:ça|cela|[^.!?]*(?:demain|aujourd['’]hui|ce soir|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|tout de suite|vers vous|vers toi)))`,
    `(?:je vais|on va|nous allons) ${frenchObject}*(?:envoyer|appeler|rappeler|donner|dire|faire|écrire|répondre|transmettre|apporter|montrer|préparer|vérifier|regarder|corriger|payer|livrer|prévenir|tenir|revenir|occuper|charger|confirmer|terminer|finir|passer|chercher|voir avec)`,
    "(?:tu l['’]|vous l['’]|tu les |vous les |tu |vous )(?:auras|aurez|recevras|recevrez)",
    "(?:c['’]est )?promis|comptez? sur moi|je (?:te |vous )?(?:le )?promets",
  ),
  unmakes: defineWords(
    "ne|n['’]\\p{L}+|pas|jamais|plus rien|peut-être|sans doute|probablement|j['’]espère|ci-joint(?:e|s|es)?|en pièce jointe|toujours|chaque|(?:il|elle) (?:dit|a dit|a écrit)",
  ),
  hinges: defineWords("si|s['’]il|s['’]ils|au cas où|sauf si|à condition|sinon"),
  harmless: defineWords(
    "(?:dis|dirai|dire|regarde|regarder|vérifie|vérifier|demande|demander|vois|voir) si|si (?:ça|cela) (?:te|vous) (?:va|convient)|n['’]hésite(?:z)? pas[^.!?]*|pas de (?:problème|souci)|pas plus tard que",
  ),
  joins: /[,;:–—]\s+|\s+-\s+|\s+(?:mais|car|parce que|or)\s+/iu,
};

const spanishObject = "(?:(?:te|le|les|os|se|lo|la|los|las|me|nos) )";
const spanishIdle =
  "(?:quiero|amo|veo|deseo|echo|entiendo|creo|recuerdo|agradezco|felicito|comprendo|odio|conozco|espero|tengo|siento|necesito|pido|ruego|como|todo|mucho|solo|poco|mismo|hecho|dicho|año)(?!\\p{L})";
const spanishNow =
  "mando|mandamos|envío|enviamos|paso|pasamos|llamo|llamamos|digo|decimos|aviso|avisamos|respondo|respondemos|contesto|confirmo|confirmamos|traigo|llevo|escribo|cuento|doy|preparo|reviso|revisamos|miro|miramos|arreglo|hago|hacemos|encargo|encargamos|ocupo|ocupamos|busco|pregunto|consulto|pago|compro|termino|corrijo|subo|dejo|reenvío|comento|mantengo";
const spanishFuture =
  "(?!(?:se|esta|tend|pod|i|ve|quer|sab|hab|debe|queda|vivi|dormi|echa)r?(?:é|emos)(?!\\p{L}))(?:\\p{L}+r(?:é|emos))";

export const spanishPromises: PromiseWords = {
  language: "es",
  makes: defineWords(
    `(?:yo |nosotros )?${spanishObject}+(?:${spanishNow})|(?:te|le|les|os) (?:(?:lo|la|los|las) )?(?!${spanishIdle})\\p{L}{2,}o`,
    `${spanishObject}*${spanishFuture}`,
    `(?:yo ${spanishObject}*)(?:${spanishNow})|(?:${spanishNow}) yo`,
    `${spanishObject}*(?:voy|vamos) a (?!(?:ser|estar|ir|tener|ver(?!lo)|poder|necesitar|dormir|comer|cenar|vivir|quedar)(?!\\p{L}))\\p{L}+(?:ar|er|ir)(?:te|le|les|os|lo|la|los|las|se|nos|telo|selo)*`,
    "(?:lo|la|los|las) (?:tendrás|tendrá|tendréis|tendrán|recibirás|recibirá|recibirán)|(?:mañana|hoy|el \\p{L}+) (?:lo|la|los|las) tienes",
    "(?:te |se )?lo prometo|prometido|(?:quedo|quedamos) en \\p{L}+r(?:te|le|les|lo|la)*|cuenta conmigo|cuente conmigo|déjalo en mis manos|(?:así )?lo haré",
  ),
  unmakes: defineWords(
    "no|nunca|jamás|tampoco|quizás?|tal vez|a lo mejor|probablemente|ojalá|espero|adjunto|adjunta|siempre|cada|me llamo|(?:un|muchos) (?:abrazo|beso|saludo)s?|(?:él|ella) (?:dijo|dice|escribió)",
  ),
  hinges: defineWords("si|en caso de que|a menos que|salvo que|a no ser que|siempre que"),
  harmless: defineWords(
    "(?:digo|diré|aviso|avisaré|confirmo|confirmaré|miro|pregunto|consulto|ver|veo) si|si te (?:parece|va bien)(?: bien)?|no te preocupes?|no (?:hay )?problema|no más tarde de(?:l)?|avísame si[^.!?]*|si necesitas[^.!?]*",
  ),
  joins: /[,;:–—]\s+|\s+-\s+|\s+(?:pero|porque|aunque|sino)\s+/iu,
};

export const allPromiseWords: readonly PromiseWords[] = [
  englishPromises,
  germanPromises,
  frenchPromises,
  spanishPromises,
];
