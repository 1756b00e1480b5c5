// What each parameter of a sampler stage does, in a sentence.

const kHelp: Readonly<Record<string, string>> = {
  minKeep: "So many tokens stay, whatever else is said.",
  seed: "The seed of this stage’s own randomness.",
  lastN: "So many of the last tokens are looked at; −1: the whole context.",
  tau: "The surprise that is aimed at, in bits.",
  eta: "How fast it corrects itself.",
  temperature:
    "Below 1 the likely become likelier, above 1 the unlikely do; 0 leaves only the most probable.",
  range: "How far the temperature moves up and down; 0: it stays.",
  exponent: "Bends the way from entropy to temperature.",
  probability: "How often the stage acts.",
  threshold: "From this probability on a token counts as a top choice.",
  m: "From so many tokens the slope of the distribution is estimated.",
  repeat: "Divides the logit of what was there; 1: nothing happens.",
  frequency: "Taken off the logit for each time the token was there.",
  presence: "Taken off the logit once, if the token was there at all.",
  multiplier: "The strength; 0: nothing happens.",
  base: "The penalty grows by this factor with each token that is repeated.",
  allowedLength: "Repetitions up to this length cost nothing.",
  target: "The probability that is aimed at; below 0: draws as it is.",
  decay: "How long it remembers what it chose.",
  "topK.k": "How many tokens are kept; 0: all of them.",
  "topP.p": "The probability to reach; 1: all are kept.",
  "minP.p": "The share of the best token’s probability; 0: all are kept.",
  "typical.p": "The probability to reach; 1: all are kept.",
  "topNSigma.n": "How many standard deviations; 0: all are kept.",
};

export function parameterHelp(kind: string, parameter: string): string {
  return kHelp[`${kind}.${parameter}`] ?? kHelp[parameter] ?? "";
}
