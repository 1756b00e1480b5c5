// What each number and view means, in a sentence or three: the help beside it.
// Loaded when the first help is opened. A stage of the sampler chain has the
// protocol's name for its kind as its key.

interface GlossaryEntry {
  readonly title: string;
  readonly text: string;
}

export const kGlossary = {
  // ------------------------------------------------------------- numbers of a token
  position: {
    title: "Position",
    text: "Where the token stands in the whole sequence, prompt included, counted from 0.",
  },
  tokenId: {
    title: "Token id",
    text: "The token's number in the model's vocabulary. The model only ever sees these numbers, never letters.",
  },
  bytes: {
    title: "Bytes",
    text: "The token's text as bytes of UTF-8, in hexadecimal. A token may hold only a part of a character; the next tokens then complete it.",
  },
  token: {
    title: "Token",
    text: "The piece of text a model reads and writes at once: a word, a part of one, a space with a word, sometimes a single byte.",
  },
  controlToken: {
    title: "Control token",
    text: "A token without text of its own that marks structure: the beginning of the text, the end of a turn, a role. Written in angle brackets here.",
  },
  logit: {
    title: "Logit",
    text: "The model's raw score for a token, before anything turns scores into probabilities. Only differences between logits matter: one more unit makes a token e ≈ 2.7 times as likely.",
  },
  rawProbability: {
    title: "Raw probability",
    text: "How likely the model itself held this token: the softmax over all logits, before the sampler changed anything.",
  },
  finalProbability: {
    title: "Final probability",
    text: "How likely this token was in the draw that chose it, after every stage of the sampler chain. Zero if a stage removed it.",
  },
  rank: {
    title: "Rank",
    text: "The token's place when all tokens are ordered by logit. Rank 1 is what the model held most likely.",
  },
  entropy: {
    title: "Entropy",
    text: "How undecided the model was, in bits: 0 means certain; n bits are as undecided as a fair choice among 2ⁿ tokens.",
  },
  surprisal: {
    title: "Surprisal",
    text: "How surprised the model was by this token, in bits: −log₂ of its raw probability. 1 bit is a coin toss, 10 bits one chance in 1,024.",
  },
  perplexity: {
    title: "Perplexity",
    text: "The average surprise over many tokens, as the number of equally likely choices it amounts to. Lower means the text was easier to predict.",
  },
  logSumExp: {
    title: "Log-sum-exp",
    text: "The logarithm of the sum of e to the power of each logit. A token's log-probability is its logit minus this number.",
  },
  tailMass: {
    title: "Rest of the vocabulary",
    text: "The raw probability of all tokens outside the recorded candidates together, so that the whole adds up to one.",
  },
  candidates: {
    title: "Candidates",
    text: "The tokens with the highest logits at this step, each with its probability from the model (raw) and in the draw (final). The chosen one is always among them.",
  },
  logScale: {
    title: "Logarithmic scale",
    text: "Each step of the bar is a factor of ten, so that candidates with tiny probabilities can be told apart.",
  },
  nonFinite: {
    title: "Numbers that are none",
    text: "Logits that came out as infinity or not-a-number. A sound model has none; look at the weights' types and the engine.",
  },
  draw: {
    title: "The draw",
    text: "The random number between 0 and 1 that chose the token: the first one whose cumulative probability reaches it. The same seed gives the same numbers.",
  },
  decodeTime: {
    title: "Time in the model",
    text: "How long the model took to compute this step's logits on its device.",
  },
  sampleTime: {
    title: "Time in the sampler",
    text: "How long the sampler chain took to choose the token from the logits.",
  },
  captureTime: {
    title: "Time to measure",
    text: "How long it took to record what you see here; the price of looking.",
  },
  speed: {
    title: "Tokens per second",
    text: "Generated tokens per second, as they arrive at this page over the last second while the run goes on.",
  },
  forcedToken: {
    title: "Forced token",
    text: "This token was put here by a person; the sampler chain had no say.",
  },

  // ------------------------------------------------------------- views
  stream: {
    title: "Token stream",
    text: "Prompt and answer as one text, each token tinted by how it was judged. Click one, or move with the arrow keys, to see why it was chosen.",
  },
  tint: {
    title: "Tint",
    text: "The colour behind each token shows the chosen measure. The stronger it is, the less expected the token was; underlines say the same without colour.",
  },
  surprise: {
    title: "Surprise",
    text: "A token that the model held unlikely. The keys [ and ] jump from one to the next.",
  },
  inspector: {
    title: "Inspector",
    text: "Everything recorded about the selected token: its numbers, the candidates beside it, and what each stage of the sampler chain did.",
  },
  samplerChain: {
    title: "Sampler chain",
    text: "The stages that turn the model's probabilities into one token, in order. Each removes candidates or changes their weights; the last one chooses.",
  },
  massRemoved: {
    title: "Mass removed",
    text: "The probability, as it stood before the stage, of all candidates that the stage removed.",
  },
  whatIf: {
    title: "What if",
    text: "Computes anew how recorded steps would have been distributed under other sampler settings, without running the model. From the first token that would differ, the text itself would have gone another way.",
  },
  timeline: {
    title: "Timeline",
    text: "The whole run at a glance: one track per measure, one column per token. Where several tokens share a pixel, their span is drawn, so that nothing is lost.",
  },
  tokenization: {
    title: "Tokenization",
    text: "How the prompt falls into tokens: exactly what the model will read.",
  },

  // ------------------------------------------------------------- prompt
  chatTemplate: {
    title: "Chat template",
    text: "The model's own recipe that turns messages with roles into one text with control tokens. Models answer best when it is used.",
  },
  bos: {
    title: "Beginning of sequence",
    text: "A control token that some models expect first. Two of them confuse a model, so it is added only where it is missing.",
  },
  eos: {
    title: "End of sequence",
    text: "The control token with which a model ends its text. Generation stops there unless told otherwise.",
  },
  context: {
    title: "Context",
    text: "How many tokens, prompt and answer together, the model can have in view at once.",
  },
  contextTrained: {
    title: "Trained context",
    text: "The longest sequence the model saw in training. Beyond it, quality usually falls off sharply.",
  },
  seed: {
    title: "Seed",
    text: "The number that random draws start from. The same model, prompt, settings and seed give the same text; empty picks a new one for each run.",
  },
  maxTokens: {
    title: "Max tokens",
    text: "Generation stops after this many tokens, even in the middle of a sentence.",
  },
  stopStrings: {
    title: "Stop strings",
    text: "Generation ends as soon as the generated text contains one of these.",
  },
  ignoreEos: {
    title: "Go on after the end",
    text: "Takes the model's end-of-text token as any other, so that generation goes on to the limit.",
  },
  startPaused: {
    title: "Start paused",
    text: "Reads the prompt and then waits, so that you can take one token at a time.",
  },
  capture: {
    title: "Recorded candidates",
    text: "How many of the most likely tokens are recorded at each step. More show more of the tail and take more memory.",
  },

  // ------------------------------------------------------------- stages of the sampler chain
  topK: {
    title: "Top-k",
    text: "Keeps the k most likely candidates and removes all others.",
  },
  topP: {
    title: "Top-p (nucleus)",
    text: "Keeps the most likely candidates until their probabilities add up to p, and removes the rest.",
  },
  minP: {
    title: "Min-p",
    text: "Removes candidates less likely than p times the most likely one: strict where the model is sure, lenient where it is not.",
  },
  typical: {
    title: "Locally typical",
    text: "Keeps the candidates whose surprisal is closest to the entropy, until they add up to p. May remove the most likely one.",
  },
  temperature: {
    title: "Temperature",
    text: "Divides all logits by this number: below 1 sharpens the choice towards the likely, above 1 flattens it, 0 always takes the most likely.",
  },
  dynamicTemperature: {
    title: "Dynamic temperature",
    text: "A temperature that depends on the entropy of the step: low where the model is sure, high where it is undecided.",
  },
  xtc: {
    title: "XTC (exclude top choices)",
    text: "With the given probability removes all candidates above the threshold except the least likely of them, to break clichés.",
  },
  topNSigma: {
    title: "Top-n-sigma",
    text: "Keeps the candidates whose logit is within n standard deviations of the highest. Unlike top-p it does not depend on the temperature.",
  },
  mirostat1: {
    title: "Mirostat 1",
    text: "Steers the average surprisal of the text towards tau, with a limit that moves after every token at the rate eta.",
  },
  mirostat2: {
    title: "Mirostat 2",
    text: "Steers the average surprisal of the text towards tau by cutting off what is more surprising than a limit that moves after every token.",
  },
  penalties: {
    title: "Penalties",
    text: "Lowers the logits of tokens that occurred among the last n: repeat divides, frequency subtracts per occurrence, presence subtracts once.",
  },
  dry: {
    title: "DRY (don't repeat yourself)",
    text: "Lowers tokens that would prolong a repetition of an earlier passage, the more the longer the repetition already is.",
  },
  adaptiveP: {
    title: "Adaptive-p",
    text: "Prefers candidates near a target probability, and adapts the target to what was chosen before.",
  },
  logitBias: {
    title: "Logit bias",
    text: "Adds a fixed amount to the logits of chosen tokens; minus infinity bans a token.",
  },
  grammar: {
    title: "Grammar",
    text: "Removes every candidate that would break the grammar (GBNF) or the JSON schema, so that the output always conforms.",
  },
  greedy: {
    title: "Greedy",
    text: "Takes the most likely remaining candidate; nothing is random.",
  },
  distribution: {
    title: "Random draw",
    text: "Draws one of the remaining candidates at random, each as often as its final probability says.",
  },

  // ------------------------------------------------------------- models
  quantisation: {
    title: "Quantisation",
    text: "How the weights are stored. F32 and F16 are exact or nearly so; Q8, Q6, Q5, Q4 … use about that many bits per weight: smaller and faster, a little less exact.",
  },
  architecture: {
    title: "Architecture",
    text: "The family of network the file describes, for example llama or rwkv6. It decides which views make sense.",
  },
  parameters: {
    title: "Parameters",
    text: "How many numbers the model learned in training.",
  },
  vocabulary: {
    title: "Vocabulary",
    text: "All the tokens the model knows. At every step each one gets a logit.",
  },
  layers: {
    title: "Layers × width",
    text: "How many blocks the network stacks, and how many numbers it keeps per token between them.",
  },
  heads: {
    title: "Heads (key-value)",
    text: "How many places attention can look at once in each layer; fewer key-value heads share their memory to make the cache smaller.",
  },
  experts: {
    title: "Experts",
    text: "A mixture-of-experts model has several feed-forward networks per layer and uses only a few of them for each token.",
  },
  kvCache: {
    title: "KV cache",
    text: "What attention remembers of every token in the context, so that the past is not computed anew. Grows with the context length.",
  },
  computeBuffer: {
    title: "Compute buffers",
    text: "Working memory for the numbers of one batch of tokens on their way through the network.",
  },
  weights: {
    title: "Weights",
    text: "The memory that the model's learned numbers take.",
  },
  memoryEstimate: {
    title: "Memory estimate",
    text: "What loading would take with these options: weights, cache and compute buffers, against what is free now. An estimate; the engine's own overhead comes on top.",
  },
  engineMemory: {
    title: "Memory of the engine",
    text: "Resident memory of the process that runs this model, as the operating system counts it. Pages of a mapped file count once they were read.",
  },
  capabilities: {
    title: "What it can do",
    text: "What this kind of model offers. What it lacks is a property of the model, not a fault; the views that need it say so.",
  },
  metadata: {
    title: "Metadata",
    text: "What the file says about itself, key by key. Long values and arrays are cut.",
  },
  tensors: {
    title: "Tensors",
    text: "The named arrays of weights in the file, with their type, shape (slowest dimension first) and size.",
  },
  tokenizer: {
    title: "Tokenizer",
    text: "How text is cut into tokens: the method, the special tokens, and whether a beginning or end is added by itself.",
  },

  // ------------------------------------------------------------- engine options
  contextLength: {
    title: "Context length",
    text: "Tokens of prompt and answer together. More take more memory for the cache. Empty: the model's own, bounded by memory and by 8,192.",
  },
  batchSize: {
    title: "Batch size",
    text: "The most prompt tokens handed to the engine at once.",
  },
  microBatchSize: {
    title: "Micro-batch size",
    text: "The most tokens computed in one pass over the weights. Larger reads prompts faster and takes more working memory.",
  },
  threads: {
    title: "Threads",
    text: "Processor threads for generating. Usually best at the number of physical cores; more can be slower.",
  },
  threadsBatch: {
    title: "Threads for the prompt",
    text: "Processor threads for reading the prompt, which makes better use of many cores than generating does.",
  },
  gpuLayers: {
    title: "GPU layers",
    text: "How many layers are computed on a graphics card; −1 for all of them, 0 for none. Without a card this has no effect.",
  },
  flashAttention: {
    title: "Flash attention",
    text: "A way to compute attention with less memory. It is needed for quantised V caches; auto uses it where the device can.",
  },
  cacheTypeK: {
    title: "Cache type of keys",
    text: "How the keys in the cache are stored: f16 by default; q8_0 halves its memory at little loss, smaller ones lose more.",
  },
  cacheTypeV: {
    title: "Cache type of values",
    text: "How the values in the cache are stored. Types below f16 need flash attention.",
  },
  memoryMap: {
    title: "Map the file",
    text: "Reads weights from the file as they are needed instead of copying them at once: starts faster, and several engines share the pages.",
  },
  memoryLock: {
    title: "Lock in memory",
    text: "Keeps the weights from being swapped out. Needs the operating system's permission.",
  },
  checkTensors: {
    title: "Check the weights",
    text: "Looks at every weight for numbers that are none while loading. Slower; finds damaged files.",
  },
  rpcServers: {
    title: "RPC servers",
    text: "Other machines that compute layers with llama.cpp's rpc-server, as host:port, separated by commas. Use only servers you trust, on a network you trust.",
  },
  ignoreMemory: {
    title: "Load even so",
    text: "Loads although the estimate says it does not fit. The machine may become slow, or the engine may be ended by the operating system; the server stays.",
  },

  // ------------------------------------------------------------- debugging
  stoppedRun: {
    title: "A stopped run",
    text: "The next token is chosen and not yet accepted: it is shown hatched after the text, and every view can speak about it. Continue or step accepts it; another one can be put in its place, or it can be banned, or the sampler changed, and then the chain chooses anew.",
  },
  bannedToken: {
    title: "Ban",
    text: "A banned token cannot be chosen, whatever its probability. The token that waits is chosen anew at once; the ban is recorded with the run.",
  },
  breakpoints: {
    title: "Breakpoints",
    text: "Conditions at which a run stands still, before the token for which all of them hold is accepted. They are kept by this browser, sent with every run you start, and changed at once for the run in sight.",
  },
  conditionTokenIs: {
    title: "The token is …",
    text: "Holds when the chosen token is one of these. Tokens belong to a model: another model may write the same text with other ones.",
  },
  conditionTextMatches: {
    title: "The text …",
    text: "Holds when the generated text contains this, and the token completes it, wherever the tokens are cut.",
  },
  conditionPatternMatches: {
    title: "The text matches …",
    text: "A regular expression (RE2: no look-around, no back-references) that matches generated text reaching into this token.",
  },
  conditionRawProbBelow: {
    title: "Raw probability below",
    text: "Holds when the model itself held the chosen token less likely than this: a surprise.",
  },
  conditionFinalProbBelow: {
    title: "Final probability below",
    text: "Holds when the chosen token had less than this in the draw, after the sampler chain.",
  },
  conditionEntropyAbove: {
    title: "Entropy above",
    text: "Holds when the model was less decided than this many bits, whatever was chosen.",
  },
  conditionRankAbove: {
    title: "Rank above",
    text: "Holds when the chosen token was further down in the model's order than this.",
  },
  conditionStageRemovedTop: {
    title: "A stage removed the favourite",
    text: "Holds when a stage of the sampler chain removed the most probable candidate that came into it.",
  },
  conditionNearTie: {
    title: "Near tie",
    text: "Holds when the two highest final probabilities differ by less than this: a little more or less would have decided otherwise.",
  },
  conditionTokenInTop: {
    title: "A token is among the top",
    text: "Holds when one of these tokens is among the most probable ones, chosen or not.",
  },
  conditionRepetition: {
    title: "Repetition",
    text: "Holds when the newest so many tokens are the same as those before them: a loop has begun.",
  },
  conditionEndOfTextAbove: {
    title: "The end is likely",
    text: "Holds when all tokens that end the text have more than this raw probability together.",
  },
  conditionPositionIs: {
    title: "Position",
    text: "Holds at this place in the token sequence, the prompt included, counted from 0.",
  },
  conditionEveryNth: {
    title: "Every so many tokens",
    text: "Holds at every so manieth generated token.",
  },
  ignoreCount: {
    title: "Pass over first",
    text: "So many hits are let pass before the run stops for the first time.",
  },
  watches: {
    title: "Watches",
    text: "Words or tokens that are followed at every step, chosen or not: what the model gave them (raw probability, all tokens of the watch together) and the rank of the best of them. A word is followed by its first token, with and without a space before it.",
  },
  fork: {
    title: "Branch",
    text: "A run of its own that takes over everything before a position and goes on from there. With nothing changed it gives the same tokens again.",
  },
  branchTree: {
    title: "Branches",
    text: "The runs that come from one another. What they share is drawn once; a node is the token where a branch leaves its run, with the difference of its log-probability to the token that stood there.",
  },
  logprobDifference: {
    title: "Difference in log-probability",
    text: "The natural logarithm of how many times as likely the model held the branch's token as the one in whose place it stands. −1 is a factor of 0.37, 0 the same.",
  },
  explore: {
    title: "Explore",
    text: "The most probable next tokens, each continued on its own, decoded together. Nothing of the run is changed; any of the texts can be made a branch.",
  },
  probabilityTree: {
    title: "Probability tree",
    text: "The most probable continuations as a tree: the path with the highest probability is expanded next, until a bound is met. Probabilities are the model's own (raw), before any sampler.",
  },
  pathProbability: {
    title: "Path probability",
    text: "How likely the model holds this whole continuation, token after token from where the tree begins: the product of the probabilities along the path.",
  },
  replay: {
    title: "Verified replay",
    text: "Decodes the recorded tokens again from an empty cache, and compares every number with what was recorded. The same build, options and machine give the same bits.",
  },

  // ------------------------------------------------------------- connection
  reconnects: {
    title: "Reconnects",
    text: "How often the connection to the server was lost and opened again since the page was loaded. Nothing is lost by it.",
  },
  gaps: {
    title: "Gaps",
    text: "How often a message was missing in a run's numbering and the rest was asked for again.",
  },
  serverAddress: {
    title: "Server address",
    text: "Each Inferno server has its own page and lets in no other. Paste the address that `inferno serve` printed, with its token.",
  },
} as const satisfies Readonly<Record<string, GlossaryEntry>>;

export type GlossaryTerm = keyof typeof kGlossary;
