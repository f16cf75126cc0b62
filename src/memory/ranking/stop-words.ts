/**
 * Words that carry grammar and no subject. Of German, French and Spanish only those that mean nothing in one of the
 * other languages: "die", "war", "son" and "pour" stay.
 */
const text = `
a about above after again against all am an and any are aren as at be because been before being below between both but
by can could couldn d did didn do does doesn doing don down during each few for from further had hadn has hasn have
haven having he her here hers herself him himself his how i if in into is isn it its itself just let ll m me more most
my myself no nor not now o of off on once only or other our ours ourselves out over own re s same she should shouldn so
some such t than that the their theirs them themselves then there these they this those through to too under until up
ve very was wasn we were weren what when where which while who whom whose why will with won would wouldn you your yours
yourself yourselves
aber auch auf aus bei bin bist das dass dem den denn der des dich dir du durch ein eine einem einen einer eines er es
euch euer fur gibt habe haben hast ich ihm ihn ihr ihre im ist jetzt kann kein keine mich mir mit nach nicht noch nur
oder ohne schon sehr sein seine sich sie sind uber um und uns unser unter vom von vor wann warum weil welche welcher
welches wenn wer werden wie wieder wir wird wo wurde zu zum zur
au aux avec ce ces cette dans de du elle elles est et eu il ils je la le les leur leurs lui mais mes moi ne nos notre
nous ont ou par pas qu que quel quelle quels quelles qui quand sa se ses sont sous sur ta te tes toi tu un une vos
votre vous
al como con cual cuando de del donde el ella ellas ellos eran esa ese eso esta estaba estan este esto estos fue fueron
hay la las lo los mas mi mis muy nosotros para pero por porque que quien se su sus tambien te tiene tu tus un una unas
uno unos y ya yo
`;

export const stopWords: ReadonlySet<string> = new Set(text.trim().split(/\s+/));
