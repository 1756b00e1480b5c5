// Grammars and schemas to begin with.

export interface GrammarExample {
  readonly title: string;
  readonly language: "gbnf" | "jsonSchema";
  readonly text: string;
}

export const kGrammarExamples: readonly GrammarExample[] = [
  { title: "Yes or no", language: "gbnf", text: 'root ::= "yes" | "no"\n' },
  {
    title: "A list of short items",
    language: "gbnf",
    text: 'root ::= item+\nitem ::= "- " [^\\n]{1,60} "\\n"\n',
  },
  {
    title: "One sentence",
    language: "gbnf",
    text: 'root ::= " "? [A-Z] [a-z ,\']{5,120} [.!?]\n',
  },
  {
    title: "A date",
    language: "gbnf",
    text: 'root ::= year "-" month "-" day\nyear ::= [12] [0-9]{3}\nmonth ::= "0" [1-9] | "1" [0-2]\nday ::= "0" [1-9] | [12] [0-9] | "3" [01]\n',
  },
  {
    title: "Arithmetic",
    language: "gbnf",
    text: 'root ::= expr "=" ws number "\\n"\nexpr ::= number (ws [-+*/] ws number)*\nnumber ::= [0-9]+\nws ::= " "?\n',
  },
  {
    title: "Any JSON object",
    language: "gbnf",
    text: [
      "root ::= object",
      'object ::= "{" ws (pair ("," ws pair)*)? "}" ws',
      'pair ::= string ":" ws value',
      'array ::= "[" ws (value ("," ws value)*)? "]" ws',
      'value ::= object | array | string | number | ("true" | "false" | "null") ws',
      'string ::= "\\"" ([^"\\\\\\x00-\\x1F] | "\\\\" ["\\\\/bfnrt])* "\\"" ws',
      'number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ws',
      "ws ::= [ \\n]?",
      "",
    ].join("\n"),
  },
  {
    title: "A person (schema)",
    language: "jsonSchema",
    text: `{
  "type": "object",
  "properties": {
    "name": { "type": "string" },
    "age": { "type": "integer", "minimum": 0 }
  },
  "required": ["name", "age"]
}
`,
  },
  {
    title: "One of several words (schema)",
    language: "jsonSchema",
    text: '{ "enum": ["red", "green", "blue"] }\n',
  },
];
