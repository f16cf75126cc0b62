import { defineStart, defineWords, type LanguageRules } from "./language-rules.ts";

export const french: LanguageRules = {
  language: "fr",
  smallWords: new Set(
    "le la les un une des et est pas je tu vous nous il elle on de du à au aux pour avec dans ce cette que qui quoi quand où sur mais ou donc merci bonjour salut plaît peux peut pouvez pourriez pourrais avant demain ici mon ma mes ton ta tes votre vos très bien suis êtes sont avez ai as ont ne quelqu'un sais sait tout me mes rappelle envoie voit reçu message cette code".split(
      " ",
    ),
  ),
  greeting: defineStart(
    "bonjour|bonsoir|salut|coucou|bonne (?:nuit|journée|soirée|année)|bon (?:week-?end|anniversaire)|joyeux (?:noël|anniversaire)|joyeuses pâques|au revoir|à (?:bientôt|demain|plus)|bienvenue|félicitations|hello|bravo",
  ),
  thanks: defineWords(
    "merci(?! (?:de |d['’])(?!votre|avoir|être|ta|ton|vos|tes|rien|tout)\\p{L}+(?:er|ir|re)(?![\\p{L}]))|mille mercis|je (?:te|vous) remercie",
  ),
  request: defineWords(
    "s['’]il (?:te|vous) pla[iî]t|stp|svp|veuillez|prière de|merci (?:de |d['’])(?:bien vouloir |me |nous |ne |vous |le |la |les |l['’])*(?!avoir|être)\\p{L}+(?:er|ir|re|oir)",
    "(?:peux|pourrais|veux|voudrais|aurais|saurais|pouvez|pourriez|voulez|auriez|sauriez|peut|pourrait)[- ](?:tu|vous|on|il|elle)|(?:tu|vous) (?:peux|pourrais|pouvez|pourriez|voulez|veux)(?=[^.!]*\\?)|quelqu['’]un (?:peut|pourrait|sait|a)",
    "(?:est-ce que|est-ce qu['’]) ?(?:tu|vous|on|quelqu['’]un)|serait-il possible|est-il possible|ça te dérange(?:rait)?|cela vous dérangerait",
    "(?:j['’]ai|j['’]aurais|nous avons|nous aurions|on a) besoin (?:de (?:ton|ta|tes|votre|vos|toi|vous)|que|du|de la|des|d['’])",
    "(?:dis|dites|envoie|envoyez|donne|donnez|rappelle|rappelez|appelle|appelez|tiens|tenez|fais|faites|montre|montrez|transmets|transmettez|réponds|répondez|passe|passez|aide|aidez|laisse|laissez|explique|expliquez|préviens|prévenez|confirme|confirmez|apporte|apportez)-(?:moi|nous|le|la|les|lui)",
    "n['’]oublie(?:z)? pas|il (?:me|nous) faut(?:drait)? (?:le|la|les|l['’]|un|une|des|ton|ta|tes|votre|vos|ce|cette)|j['’]ai besoin d['’]aide|besoin d['’]aide|pense(?:z)? à|(?:je|nous) (?:te|vous) (?:prie|prions|demande|demandons|serais|serions)|j['’]aimerais (?:que|savoir|avoir)|je voudrais (?:que|savoir|avoir)|(?:tu|vous) (?:dois|devez|devrais|devriez)|il faut que (?:tu|vous)|il faudrait que (?:tu|vous)|j['’]attends (?:ta|ton|votre|vos)|tenez-(?:moi|nous) au courant|dans l['’]attente de (?:votre|ta)",
  ),
  order: defineStart(
    "(?:(?:et|puis|alors|ok|bon|salut|merci|oui)[,!]? ){0,2}(?:@\\S+ )?(?:résumez?|traduis(?:ez)?|expliquez?|rappelle[sz]?|envoie|envoyez|montrez?|donnez?|appelle|appelez|dis|dites|regardez?|viens|venez|aidez?|écris|écrivez|cherchez?|trouvez?|comparez?|calculez?|listez?|corrigez?|vérifiez?|prends|prenez|apportez?|pensez?|réponds|répondez|confirmez?|attends|attendez)(?=[ -])",
  ),
  questionStart: defineStart(
    "(?:et |mais |alors |au fait |dis |salut |bonjour |excuse-moi |pardon )*(?:est-ce que|est-ce qu['’]|qu['’]est-ce|que |quand|où|qui|comment|pourquoi|combien|quel|quelle|quels|quelles|à quelle heure|as-tu|avez-vous|es-tu|êtes-vous|viens-tu|sais-tu|savez-vous|connais-tu|y a-t-il|ça marche|tu viens|vous venez|tu as|vous avez)",
  ),
  rhetorical:
    /^\W*(?:qui sait|pourquoi pas|n['’]est-ce pas|ah bon|vraiment|sérieusement|et alors|que veux-tu|qu['’]est-ce que tu veux|non)\W*\?*$/iu,
  you: defineWords("tu|toi|te|ton|ta|tes|t['’]\\p{L}+|vous|votre|vos"),
  room: defineWords(
    "tout le monde|à tous|à toutes|tous|l['’]équipe|les gars|les amis|@(?:all|here|everyone|channel|tous)|quelqu['’]un|qui (?:peut|a|sait|vient|veut|est)|(?:bonjour|salut) (?:à tous|tout le monde|l['’]équipe|les amis)",
  ),
  relaxed: defineWords(
    "(?:pas|rien|aucune|sans)(?: (?:du|de|d|si|très|vraiment|forcément|trop|tout))*[ '’](?:urgent|urgence|pressé|presse|grave|important|d['’]urgent)|rien d['’]urgent|pas d['’]urgence|(?:ça|cela) ne presse pas|ce n['’]est pas(?: \\p{L}+)? (?:urgent|pressé|important)|quand (?:tu peux|tu auras le temps|vous pourrez|vous aurez le temps|tu veux|vous voulez)|prends ton temps|prenez votre temps|(?:rien ne|ça peut) (?:presse|attendre)|sans urgence",
  ),
  urgent: defineWords(
    "urgent|urgente|urgence|d['’]urgence|immédiatement|tout de suite|au plus vite|dès que possible|asap|sans tarder|sans délai|le plus vite possible|(?:serveur|site|système|production|base)(?: \\p{L}+)? (?:est|sont) (?:en panne|tombé|hors service|down)|en panne",
  ),
  important: defineWords(
    "important|importante|rapidement|vite|prioritaire|au plus tôt|échéance|dernier rappel|relance|retard de paiement|aujourd['’]hui même|priorité",
  ),
};
