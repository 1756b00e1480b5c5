import { formatCount } from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import { decodeWithEscapes } from "../../base/utf8";
import type { Token, TokenizerInfo } from "../../protocol/types";
import { Help } from "../../widgets/help";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./model-details.module.css";

const kSpecial: readonly {
  readonly name: "bos" | "eos" | "eot" | "pad" | "unk";
  readonly words: string;
  readonly help?: GlossaryTerm;
}[] = [
  { name: "bos", words: "beginning of sequence", help: "bos" },
  { name: "eos", words: "end of sequence", help: "eos" },
  { name: "eot", words: "end of turn" },
  { name: "pad", words: "padding" },
  { name: "unk", words: "unknown" },
];

/** How text is cut into tokens, and the tokens with a role. */
export function TokenizerView({ tokenizer }: { readonly tokenizer: TokenizerInfo | undefined }) {
  if (tokenizer === undefined) {
    return (
      <p className={styles["pad"]}>
        This model has no tokenizer. Prompts can be given to it as token ids only.
      </p>
    );
  }
  const rows: readonly [string, string][] = [
    ["method", tokenizer.pre === undefined ? tokenizer.model : `${tokenizer.model} (${tokenizer.pre})`],
    ["tokens", formatCount(tokenizer.nTokens)],
    ["control tokens", formatCount(tokenizer.nControl)],
    ["adds the beginning by itself", tokenizer.addsBos ? "yes" : "no"],
    ["adds the end by itself", tokenizer.addsEos ? "yes" : "no"],
  ];
  return (
    <div className={`${styles["pad"]} ${styles["overview"]}`}>
      <h3 className={styles["heading"]}>
        Tokenizer <Help term="tokenizer" />
      </h3>
      <dl className={styles["facts"]}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3 className={styles["heading"]}>Tokens with a role</h3>
      <dl className={styles["facts"]}>
        {kSpecial.map(({ name, words, help }) => (
          <div key={name}>
            <dt>
              {words} {help !== undefined && <Help term={help} />}
            </dt>
            <dd>
              <SpecialToken token={tokenizer[name]} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function SpecialToken({ token }: { readonly token: Token | undefined }) {
  if (token === undefined) return <>none</>;
  return (
    <>
      <TokenChip text={decodeWithEscapes(token.bytes)} /> {token.id}
    </>
  );
}
