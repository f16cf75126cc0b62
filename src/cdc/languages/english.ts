import { defineStart, defineWords, type LanguageRules } from "./language-rules.ts";

const doing =
  "send|call|ring|phone|tell|give|show|check|look|see|review|reply|respond|answer|confirm|forward|email|mail|bring|get|fix|book|order|pay|sign|fill|update|change|add|remove|delete|move|join|come|wait|help|remind|ask|let|make|take|put|keep|turn|open|close|write|read|print|schedule|arrange|cancel|return|share|post|upload|submit|contact|pick|drop|buy|find|explain|prepare|finish|stop|try|set|provide|copy|note|ensure|merge|deploy|restart|ping|text|grab|leave|pass|stay|sort|proofread|approve|register|hand|don'?t forget|do not forget|remember|feel free|be sure|have a look|be ready|summari[sz]e|translate|correct|rewrite|draft|compare|calculate|search|list|describe|suggest|recommend|plan|shorten|save";

export const english: LanguageRules = {
  language: "en",
  smallWords: new Set(
    "the and is are into which were been did out more some them a me us an as no up now get got need how why where when who tell send you to of in it that this for not have with be on was we they will can your my do what would please hi hello thanks from at if just so there about need he she has but any all".split(
      " ",
    ),
  ),
  greeting: defineStart(
    "hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day|night)|morning|greetings|welcome|bye|goodbye|see you|see ya|happy (?:birthday|new year|easter|holidays)|merry christmas|congratulations|congrats|have a (?:nice|good|great|lovely)|welcome back",
  ),
  thanks: defineWords(
    "thanks|thank you|thx|thanx|many thanks|cheers|ty|much appreciated|appreciate (?:it|that|your)|(?:i am|i'm) grateful",
  ),
  request: defineWords(
    "please(?! (?:d|find|see attached|note that)\\b)|pls|plz",
    "(?:can|could|would|will|wo|ca|could) ?(?:n['’]t )?(?:you|u|ya|someone|somebody|anyone|anybody) (?:please |pls |also |maybe |possibly |perhaps |quickly |just |kindly |still |not |all |guys |both )*(?!believe|imagine|ever)\\p{L}+",
    "would (?:you )?mind|would you be (?:able|willing|so kind)|are you able to|do you think you could|any chance|is there any (?:chance|way) (?:you|we)",
    "(?:let|lemme) (?:me|us) know|keep (?:me|us) posted|get back to (?:me|us)|give (?:me|us|him|her|them) (?:a|the|your|some)",
    "(?:i|we)(?:['’]d| would| really| also| do| just| still)* (?:need|want|like|love|expect|require|ask|prefer|appreciate it if|be grateful if|be glad if|be happy if) (?:for )?you(?:r)?(?! to know)",
    "(?:i|we)(?:['’]d| would| also| just| still| really)* need (?:the|a|an|some|your|those|these|that|this|them|it)\\b[^.!?]{0,60}(?:from you|by (?:today|tomorrow|tonight|noon|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the|end)|before|asap)",
    "you(?: all| guys)? (?:need|have|ought) to|you(?:['’]ll| will) (?:need|have) to|you (?:should|must)(?: please)?",
    "(?:i was |i am |i'm |we are |we were |just )?wondering (?:if|whether) (?:you|we|i) (?:could|can|might|would)",
    "it would be (?:great|nice|good|helpful|lovely|kind|wonderful) (?:if|to (?:have|get|hear))|(?:i|we)(?:['’]d| would) (?:be grateful|appreciate)",
    "waiting for your (?:reply|answer|response|feedback|decision)|your (?:thoughts|opinion|input|feedback)\\?|rsvp|^(?:\\W*)help(?: me)?(?=\\W*$)|(?<=^\\W*)need (?:the|a|an|those|these|some|your|to know)|needs? (?:someone|somebody|your|some help|help|you to)|(?:looking forward to|await) your (?:reply|answer|response)",
  ),
  order: defineStart(
    `(?:[\\p{L}]+[,:] )?(?:(?:so|and|then|also|now|ok|okay|just|hey|hi|but|kindly|please|pls|first|next|thanks|yes|no|or|maybe|guys|folks|team|everyone|all)[,!]? ){0,3}(?:${doing})(?! ?(?:is|was|are|were|has|had|will|would|engine|source|forward to|you (?:soon|there|then|later|tomorrow|on|at|in|next|tonight|around)|not to|:))`,
  ),
  questionStart: defineStart(
    "(?:and |but |so |or |also |ok |okay |well |hey |hi |btw |by the way |quick question |sorry |um )*(?:(?:what|when|where|who|whom|whose|which|why|how)(?:['’]s|['’]re|s)? (?:is|are|was|were|do|does|did|can|could|should|would|will|about|many|much|long|often|far|time|day|one|have|has|am|to|else|come|kind|did|the|your|you|that|it|on)|(?:do|does|did|is|are|was|were|have|has|can|could|would|will|should|shall|may|might|am|don['’]t|doesn['’]t|didn['’]t|isn['’]t|aren['’]t|haven['’]t|won['’]t|can['’]t) (?:you|u|we|i|they|he|she|it|the|this|that|there|your|any|anyone|anybody|someone|somebody|everyone|my|our)|(?:anyone|anybody|someone) (?:know|knows|has|have|got|seen|up for|want|wants|here|free|else))",
  ),
  rhetorical:
    /^\W*(?:(?:who|god|heaven) knows|who cares|how (?:cool|great|awesome|crazy|weird) is (?:that|this)|what (?:can i say|could (?:possibly )?go wrong|else is new)|(?:you )?know what i mean|know what|guess what|isn['’]t (?:it|that|this|she|he) \w+|really|seriously|right|you know|what['’]s not to like|why not|can you (?:believe|imagine)[^?]*|who would have thought[^?]*)\W*\?*$/i,
  you: defineWords("you|your|yours|u"),
  room: defineWords(
    "(?:hi|hey|hello|morning|good morning|thanks|dear|ok|so)?,? ?(?:everyone|everybody|all of you|you all|y['’]?all|guys|folks|team|@(?:all|everyone|here|channel|room))",
    "(?:anyone|anybody|someone|somebody|who|does any of you|any of you|one of you)(?= (?:know|knows|has|have|got|can|could|seen|want|wants|is|up|here|else|would|will|free|of you|remember|please))",
    "(?:does|has|is|can|could|would|will|did|do) (?:anyone|anybody|someone|somebody|everyone|everybody|any of you|one of you)",
  ),
  relaxed: defineWords(
    "(?:not|\\p{L}+n['’]t|no|nothing|never|hardly)(?: \\p{L}+){0,3} (?:urgent|urgently|rush|hurry|emergency|asap|immediately|right away|important|critical|time-critical|pressing|worry)",
    "(?:no|don['’]t|do not|there['’]s no need to|no need to) (?:rush|hurry|pressure|stress)|whenever (?:you|it|suits|convenient)|when(?:ever)? you (?:get a chance|have (?:a (?:minute|moment|sec|second)|time))|take your time|at your (?:convenience|leisure)|low priority|(?:it|this|that) can wait|not time.?sensitive|(?:un|non-)urgent|in your own time|nothing urgent|less urgent|if you ever find time",
  ),
  urgent: defineWords(
    "urgent|urgently|urgency|asap|a\\.s\\.a\\.p|as soon as (?:possible|you can|humanly possible)|immediately|right away|right now|at once|emergency|emergencies|straight away|without delay|critical|time[- ]critical|sos|911|(?:server|site|website|production|prod|database|everything|system|checkout|payments?|service) (?:is|are|went|has gone|seems) (?:completely )?(?:down|dead|on fire|offline)|outage|on fire",
  ),
  important: defineWords(
    "important|high priority|top priority|quickly|hurry|pressing|deadline|overdue|final (?:notice|reminder)|last reminder|by (?:eod|cob|close of business|end of day|the end of the day|tonight|noon)|time[- ]sensitive|running out of time",
  ),
};
