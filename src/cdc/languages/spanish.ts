import { defineStart, defineWords, type LanguageRules } from "./language-rules.ts";

export const spanish: LanguageRules = {
  language: "es",
  smallWords: new Set(
    "el la los las un una y es no que de del al a en con por para se me te lo su sus mi mis tu tus nos le les hay está están estoy soy eres gracias hola buenos días favor puedes podrías puede podría necesito quiero muy bien pero o si sí cuando cuándo dónde qué quién cómo mañana lunes alguien sabe tiene antes hasta este esta ya más mándame foto ayuda este hilo".split(
      " ",
    ),
  ),
  greeting: defineStart(
    "[¡]?(?:hola|buenos días|buenas (?:tardes|noches)|buenas|buen día|qué tal|saludos|adiós|hasta (?:luego|mañana|pronto)[.! ]*$|feliz (?:cumpleaños|navidad|año)|bienvenid[oa]s?|felicidades|enhorabuena|buen fin de semana|nos vemos)",
  ),
  thanks: defineWords("gracias|muchas gracias|mil gracias|te lo agradezco|se lo agradezco|muy agradecid[oa]"),
  request: defineWords(
    "ayuda por favor|necesito ayuda|por favor|porfa|porfavor|xfa",
    "(?:me |nos |lo |la |le |te )?(?:puedes|podrías|podés|pueden|podrían|podría usted|puede usted|podría|podríais|podéis|puede|te importaría|le importaría|serías tan amable|sería tan amable)(?! (?:ser|que|estar))(?: \\p{L}+)?",
    "(?:necesito|necesitamos|necesitaría|quiero|quisiera|queremos|me gustaría|espero) (?:que(?! (?:sepas|estés|esté|todo|te vaya|te))|saber|ayuda|tu|tus|su|sus|el|la|los|las|tener|recibir)",
    "(?:dime|dígame|díganos|avísame|avísanos|avíseme|envíame|envíanos|envíeme|mándame|mándanos|mándeme|llámame|llámeme|pásame|páseme|ayúdame|ayúdeme|confírmame|confirmadme|confírmeme|explícame|tráeme|dame|déme|deme|respóndeme|contéstame|recuérdame|cuéntame|escríbeme|házmelo saber|hazme saber|háganos saber|quedo a la espera|quedamos a la espera|compra|revisa|envía|envíe|manda|confirma|confirme|rellene|rellena)",
    "(?:te|le|les|os) (?:ruego|rogamos|pido|pedimos|agradecería|agradeceríamos)|(?:agradecería|agradeceríamos)|sería posible|es posible que me|no (?:te )?olvides?|no se olvide|recuerda|acuérdate|tienes que|debes|debería[sn]?|espero (?:tu|su) (?:respuesta|confirmación)|a la espera de (?:tu|su)",
  ),
  order: defineStart(
    "(?:(?:y|pues|oye|hola|bueno|ok|gracias)[,!]? ){0,2}(?:@\\S+ )?(?:resume|resuma|traduce|traduzca|explica|explique|muestra|muéstrame|busca|busque|haz|pon|ven|di|escribe|lee|calcula|compara|mira|envía|envíe|manda|compra|revisa|confirma|rellena|llama|trae|dame|corrige|corrija|recuerda|espera|piensa|ayuda)(?= )",
  ),
  questionStart: defineStart(
    "¿|(?:y |pero |oye |hola |perdona |disculpa )*(?:qué|cuándo|dónde|quién|quiénes|cómo|por qué|cuánto|cuánta|cuántos|cuántas|cuál|cuáles|a qué hora|tienes|tiene usted|sabes|sabe alguien|alguien (?:sabe|tiene|puede|ha|quiere)|has|vienes|estás|hay alguien|te parece)",
  ),
  rhetorical:
    /^\W*(?:quién sabe|por qué no|verdad|en serio|de verdad|no|y qué|qué más da|qué le vamos a hacer|no es \p{L}+)\W*\?*$/iu,
  you: defineWords("tú|tu|tus|te|ti|contigo|usted|su|sus|vos|vosotros"),
  room: defineWords(
    "a todos|todos|todas|equipo|chicos|chicas|gente|@(?:all|here|everyone|channel|todos)|alguien|quién (?:puede|sabe|tiene|viene|quiere|ha)|alguno de (?:vosotros|ustedes)",
  ),
  relaxed: defineWords(
    "(?:no|nada|sin|ninguna|tampoco)(?: \\p{L}+){0,2} (?:urgente|urgencia|prisa|prisas|importante|corre prisa|apuro)|no (?:es|hay|corre|tengo) (?:\\p{L}+ )?(?:urgente|prisa|urgencia)|cuando puedas|cuando tengas (?:tiempo|un momento|un rato)|cuando pueda|sin prisas?|tómate tu tiempo|puede esperar|con calma",
  ),
  urgent: defineWords(
    "urgente|urgentemente|urge|urgencia|inmediatamente|de inmediato|cuanto antes|lo antes posible|ahora mismo|ya mismo|emergencia|asap|enseguida|a la mayor brevedad|(?:servidor|sitio|web|página|sistema|producción|base de datos) (?:está|se ha|ha) (?:caíd[oa]|abaj[oa]|muert[oa])",
  ),
  important: defineWords(
    "importante|rápido|rápidamente|prioridad|prioritario|plazo|vence|vencid[oa]|último aviso|recordatorio final|hoy mismo|sin falta",
  ),
};
